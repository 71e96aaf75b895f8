"""The commander's keys and book in a backup: all of it comes along, and no restore sets it back on the same machine."""

import json
import shutil
from pathlib import Path

import pytest

from tests.center.backup.conftest import center

pytestmark = pytest.mark.timeout(600)


def told(data: Path, *words: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(center("commander", *words, "--json", data=data).stdout)
    return found


def test_a_restore_on_the_same_machine_leaves_keys_people_and_book_as_they_are(city: Path) -> None:
    data = city / "center"
    before = (data / "commander" / "command.pub").read_bytes()
    center("commander", "person", "add", "later", data=data)
    center("commander", "keys", "prepare", data=data)
    center("commander", "keys", "switch", "--force", data=data)
    after = (data / "commander" / "command.pub").read_bytes()
    center("restore", city / "backup.tar.gz", data=data)
    assert (data / "commander" / "command.pub").read_bytes() == after != before
    assert [person["name"] for person in told(data, "person", "list")] == ["later"]
    center("restore", "--undo", data=data)
    assert (data / "commander" / "command.pub").read_bytes() == after
    assert center("commander", "audit", data=data).returncode == 0


def test_a_new_machine_gets_keys_people_and_book_from_the_backup(city: Path, tmp_path: Path) -> None:
    """Copied while somebody has the book open, as of one moment."""
    from center.commander.book import Book

    data, file = city / "center", tmp_path / "whole.tar.gz"
    center("commander", "person", "add", "sari", data=data)
    book = Book(data / "commander")
    with book.writing():
        book.run("UPDATE person SET last_step = 7 WHERE name = 'sari'")
    kept = (data / "commander" / "command.pub").read_bytes()
    center("backup", file, data=data)
    head = book.head()
    book.close()
    shutil.rmtree(data)
    center("restore", file, data=data)
    center("init", data=data)
    assert (data / "commander" / "command.pub").read_bytes() == kept
    assert (data / "commander" / "command.pub").stat().st_mode & 0o777 == 0o644
    restored = Book(data / "commander")
    assert restored.head() == head
    assert restored.rows("SELECT last_step FROM person") == [(7,)]
    restored.close()
    assert {path.stat().st_mode & 0o777 for path in (data / "commander" / "keys").iterdir()} == {0o600}


def test_a_backup_of_before_there_was_a_commander_brings_a_new_one(city: Path, tmp_path: Path) -> None:
    data, file = city / "center", tmp_path / "old.tar.gz"
    shutil.rmtree(data / "commander")
    center("backup", file, data=data)
    shutil.rmtree(data)
    center("restore", file, data=data)
    center("init", data=data)
    assert len(told(data, "keys", "show")) == 1
