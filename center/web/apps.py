"""Django application of `center.web`."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "center.web"
    label = "web"
