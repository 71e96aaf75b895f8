"""What each database has of the history of tables, and what it lacks."""

from pathlib import Path

import pytest

from center.database_versions import migrate, pending_steps
from center.errors import SetupError


def history(alias: str, app: str = "%") -> set[tuple[str, str]]:
    from django.db import connections

    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations WHERE app LIKE %s", [app])
        return set(cursor.fetchall())


def write(alias: str, sql: str, *values: str) -> None:
    from django.db import connections

    with connections[alias].cursor() as cursor:
        cursor.execute(sql, values)


def test_the_database_of_sessions_has_the_history_of_its_own_tables_alone(center_data: Path) -> None:
    assert {app for app, _name in history("sessions")} == {"sessions", "axes", "public"}
    assert history("default") > history("sessions")
    assert pending_steps() == 0


def test_one_of_an_earlier_version_with_the_whole_history_lacks_nothing(center_data: Path) -> None:
    for step in history("default") - history("sessions"):
        write("sessions", "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, '2026-01-01')", *step)
    assert pending_steps() == 0


@pytest.mark.parametrize(("alias", "app"), [("default", "sites"), ("sessions", "public")])
def test_what_is_missing_is_counted_and_what_is_unknown_refused(center_data: Path, alias: str, app: str) -> None:
    newest = max(name for _app, name in history(alias, app))
    write(alias, "DELETE FROM django_migrations WHERE app = %s AND name = %s", app, newest)
    assert pending_steps() == 1
    write(alias, "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, '2026-01-01')", app, "0099_later")
    with pytest.raises(SetupError, match=f"newer version of Sandi .it has {app}.0099_later"):
        pending_steps()


def test_a_database_of_sessions_that_is_gone_is_made_anew(center_data: Path) -> None:
    from django.contrib.sessions.models import Session
    from django.db import connections

    connections["sessions"].close()
    (center_data / "sessions.db").unlink()
    assert pending_steps() > 3
    migrate()
    assert pending_steps() == 0 and not Session.objects.exists()
