"""Django application of `center.ingest`."""

from django.apps import AppConfig


class IngestConfig(AppConfig):
    name = "center.ingest"
    label = "ingest"
    default_auto_field = "django.db.models.BigAutoField"
