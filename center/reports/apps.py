"""Django application of `center.reports`."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "center.reports"
    label = "reports"
    default_auto_field = "django.db.models.BigAutoField"
