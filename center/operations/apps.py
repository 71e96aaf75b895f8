"""Django application of `center.operations`."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "center.operations"
    label = "operations"
    default_auto_field = "django.db.models.BigAutoField"
