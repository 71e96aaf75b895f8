"""Django application of `center.complaints`."""

from django.apps import AppConfig


class ComplaintsConfig(AppConfig):
    name = "center.complaints"
    label = "complaints"
    default_auto_field = "django.db.models.BigAutoField"
