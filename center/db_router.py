"""Sessions, failed log-ins and wrong PINs live in a second SQLite file: pages never wait for a writer of records."""

from typing import Any

from django.conf import settings

from center.apps import APART

SESSIONS = "sessions"


class SessionsRouter:
    """Routes by application; with one database (PostgreSQL) everything is in it."""

    def db_for_read(self, model: Any, **_hints: Any) -> str | None:
        """The database of a model, None = the default one."""
        return _place(model._meta.app_label)

    def db_for_write(self, model: Any, **_hints: Any) -> str | None:
        """As for reading."""
        return _place(model._meta.app_label)

    def allow_relation(self, first: Any, second: Any, **_hints: Any) -> bool:
        """Foreign keys cannot cross files."""
        return _place(first._meta.app_label) == _place(second._meta.app_label)

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> bool:
        """Each table is made in one place only."""
        return db == (_place(app_label) or "default")


def _place(app_label: str) -> str | None:
    return SESSIONS if app_label in APART and SESSIONS in settings.DATABASES else None
