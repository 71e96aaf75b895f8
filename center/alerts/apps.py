"""Django application of `center.alerts`."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "center.alerts"
    label = "alerts"
    default_auto_field = "django.db.models.BigAutoField"
