"""Django application of `center.sites`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SitesConfig(AppConfig):
    """Sites and nodes."""

    name = "center.sites"
    verbose_name = _("Sites and nodes")
