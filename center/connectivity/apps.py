"""Django application of `center.connectivity`."""

from django.apps import AppConfig


class ConnectivityConfig(AppConfig):
    name = "center.connectivity"
    label = "connectivity"
    default_auto_field = "django.db.models.BigAutoField"
