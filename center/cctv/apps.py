"""Django application of `center.cctv`."""

from django.apps import AppConfig


class CctvConfig(AppConfig):
    name = "center.cctv"
    label = "cctv"
    default_auto_field = "django.db.models.BigAutoField"
