"""What a start of the centre's programs loads: what it needs, and nothing to see that nothing is to be done."""

import gc
import sqlite3
import subprocess
import sys
from pathlib import Path

import click
import pytest

from center.cli import command
from center.collector import uncollected
from center.steps import is_current, steps_on_disk
from tests.support.made_center import made_center


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A centre that was set up."""
    made_center(tmp_path / "center")
    return tmp_path / "center"


def loaded(program: str) -> set[str]:
    """The modules a fresh Python has loaded after this program."""
    words = [sys.executable, "-c", f"{program}\nimport sys\nprint(*sys.modules)"]
    return set(subprocess.run(words, capture_output=True, text=True, check=True, timeout=120).stdout.split())


def test_every_command_is_found_under_its_own_name() -> None:
    def names(group: click.Group, context: click.Context) -> None:
        for name in group.list_commands(context):
            found = group.get_command(context, name)
            assert found is not None and found.name == name
            if isinstance(found, click.Group):
                names(found, click.Context(found, parent=context))

    names(command, click.Context(command))
    assert command.get_command(click.Context(command), "no-such-command") is None


def test_completion_offers_commands_that_nobody_has_asked_for_yet() -> None:
    from click.shell_completion import BashComplete

    offered = BashComplete(command, {}, "sandi-center", "_C").get_completions([], "re")
    assert {one.value for one in offered} >= {"replace", "report", "restore", "revoke"}


def test_a_command_loads_its_own_module_and_no_other_command() -> None:
    found = loaded("from center.cli import main\nmain(['enroll', '--help'])")
    assert {name for name in found if name.startswith("center.commands.")} == {
        "center.commands.late", "center.commands.nodes", "center.commands.common",
    }  # fmt: skip
    assert not found & {"django", "cryptography"}


def test_the_steps_told_without_django_are_those_its_loader_finds(center_data: Path) -> None:
    from django.db.migrations.loader import MigrationLoader

    assert steps_on_disk() == frozenset(MigrationLoader(None).disk_migrations or ())


def test_a_database_of_this_version_is_seen_to_be_one(data: Path) -> None:
    assert is_current(data)


@pytest.mark.parametrize("file", ["center.db", "sessions.db"])
@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations)",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('sites', '9999_later', '2030-01-01')",
        "DROP TABLE django_migrations",
    ],
)
def test_one_of_another_version_is_looked_at_closer(data: Path, file: str, change: str) -> None:
    with sqlite3.connect(data / file) as database:
        database.execute(change)
    database.close()
    assert not is_current(data)


def test_a_file_that_is_no_database_or_not_there_is_looked_at_closer(data: Path) -> None:
    (data / "sessions.db").unlink()
    assert not is_current(data)
    assert not (data / "sessions.db").exists()
    (data / "sessions.db").write_bytes(b"no database" * 500)
    assert not is_current(data)


def test_a_process_that_finds_its_database_current_loads_no_migration(data: Path) -> None:
    program = f"""
import os
os.environ["SANDI_CENTER_DATA"] = {str(data)!r}
from center.database import open_database
open_database()"""
    found = loaded(program)
    assert "django" in found
    assert not {name for name in found if ".migrations.0" in name}


def test_the_collector_is_afterwards_as_it_was() -> None:
    with uncollected():
        assert not gc.isenabled()
        with uncollected():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
