"""Django application of `center.publicsites`."""

from django.apps import AppConfig


class PublicSitesConfig(AppConfig):
    name = "center.publicsites"
    label = "publicsites"
    default_auto_field = "django.db.models.BigAutoField"
