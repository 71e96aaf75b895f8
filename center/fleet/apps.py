"""The Django application of the fleet."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FleetConfig(AppConfig):
    """Configurations and releases of the boxes."""

    name = "center.fleet"
    label = "fleet"
    verbose_name = _("fleet")
    default_auto_field = "django.db.models.BigAutoField"
