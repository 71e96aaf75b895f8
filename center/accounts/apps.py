"""Django application of `center.accounts`."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """People and roles."""

    name = "center.accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        """Roles follow the permissions each application brings, at every migration."""
        from center.accounts.roles import grant_after_migration

        post_migrate.connect(grant_after_migration, dispatch_uid="center.accounts.roles")
