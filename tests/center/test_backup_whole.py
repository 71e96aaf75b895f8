"""Everything the centre keeps comes back out of a backup: every table, the key of the reports, secrets of channels."""

import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from center.alerts.secret_files import read_secret, write_secret
from center.reports.keys import load_key, public_keys
from tests.support.made_center import made_center

NAMED = {
    "availability_outage", "availability_outagerevision", "availability_day", "availability_daypart", "ingest_contact",
    "ingest_hearing", "operations_incident", "operations_incidententry", "operations_incidentmember",
    "operations_alarm", "operations_work", "operations_stayended", "operations_handover", "sites_site", "sites_person",
    "sites_provider", "sites_upstream", "sites_link", "sites_lineterm", "sites_boundary", "sites_registrychange",
    "accounts_apitoken", "accounts_act", "accounts_user_sites", "otp_totp_totpdevice", "otp_static_statictoken",
    "otp_static_staticdevice", "wall_display",
    "wall_publicnotice", "reports_frozenmonth", "alerts_channel", "alerts_route", "alerts_delivery",
    "operations_operation", "operations_operationtarget", "operations_operationoutput",
}  # fmt: skip
"""What people wrote and what the centre concluded; the records themselves are the matter of `tests/center/backup/`."""
RENEWED = {"ingest_generation", "ingest_restore"}
"""A restored centre is another generation, and knows that it was restored."""


def center(*words: str | Path) -> None:
    command = [sys.executable, "-m", "center.cli", "--lang", "en", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr


def tables(database: sqlite3.Connection) -> list[str]:
    rows = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    return [name for (name,) in rows]


def fill(database: sqlite3.Connection) -> None:
    """One row into each of the named tables that is empty, those that others refer to first."""
    empty = {name for name in NAMED if not database.execute(f'SELECT 1 FROM "{name}"').fetchone()}
    while empty:
        ready = [name for name in sorted(empty) if not (_parents(database, name) & (empty - {name}))]
        assert ready, f"these refer to each other: {empty}"
        for name in ready:
            _add_row(database, name)
        empty -= set(ready)


def _parents(database: sqlite3.Connection, table: str) -> set[str]:
    return {row[2] for row in database.execute(f'PRAGMA foreign_key_list("{table}")')}


def _add_row(database: sqlite3.Connection, table: str) -> None:
    referred = {row[3]: (row[2], row[4]) for row in database.execute(f'PRAGMA foreign_key_list("{table}")')}
    values: dict[str, object] = {}
    for number, name, kind, required, _, key in database.execute(f'PRAGMA table_info("{table}")').fetchall():
        if name in referred and referred[name][0] != table:
            parent, column = referred[name]
            (values[name],) = database.execute(f'SELECT "{column}" FROM "{parent}"').fetchone()
        elif required and not (key and kind.lower() == "integer"):
            numeric = any(word in kind.lower() for word in ("int", "real", "decimal"))
            values[name] = (
                True if "bool" in kind.lower() else number if numeric else "[]"
            )  # from_ms before until_ms; readable JSON
    columns = ", ".join(f'"{name}"' for name in values)
    database.execute(f'INSERT INTO "{table}" ({columns}) VALUES ({", ".join("?" * len(values))})', [*values.values()])


def content(data: Path) -> dict[str, list[tuple[object, ...]]]:
    with contextlib.closing(sqlite3.connect(data / "center.db")) as database:
        return {
            name: sorted(database.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr) for name in tables(database)
        }


@pytest.mark.full
def test_every_table_the_report_key_and_the_secrets_of_channels_come_back(tmp_path: Path) -> None:
    data, new = tmp_path / "center", tmp_path / "new"
    made_center(data)
    with contextlib.closing(sqlite3.connect(data / "center.db")) as database:
        fill(database)
        database.commit()
    signing = load_key(data)
    write_secret(data, "telegram", b"123:rahasia")
    before = content(data)
    assert {name for name, rows in before.items() if rows} >= NAMED
    center("backup", tmp_path / "backup.tar.gz", "--data", data)
    assert (tmp_path / "backup.tar.gz").stat().st_mode & 0o777 == 0o600
    center("restore", tmp_path / "backup.tar.gz", "--data", new)
    after = content(new)
    differing = {name for name in before if before[name] != after.get(name)}
    assert differing <= RENEWED
    assert public_keys(new) == public_keys(data) and signing.public in public_keys(new)[0]
    assert load_key(new).sign(b"x") == signing.sign(b"x")
    assert read_secret(new, "telegram") == "123:rahasia"
    assert all(path.stat().st_mode & 0o077 == 0 for path in new.rglob("*"))
