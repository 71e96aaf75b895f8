"""Django application of `center.availability`."""

from django.apps import AppConfig


class AvailabilityConfig(AppConfig):
    name = "center.availability"
    label = "availability"
    default_auto_field = "django.db.models.BigAutoField"
