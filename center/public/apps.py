"""Django application of `center.public`: wrong PINs as a table, pages and templates."""

from django.apps import AppConfig


class PublicConfig(AppConfig):
    name = "center.public"
    label = "public"
    default_auto_field = "django.db.models.BigAutoField"
