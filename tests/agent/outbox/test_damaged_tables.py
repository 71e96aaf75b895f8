"""A changed bit in a table's definition or in the file's header: the outbox opens, and nothing that waited is lost."""

from pathlib import Path

import pytest

from tests.agent.outbox.conftest import Box

NAMES = (b"seq", b"boot", b"run", b"mono_ms", b"wall_ms", b"synced", b"kind", b"body", b"hash", b"size_bytes", b"file")
DEFINITIONS = (
    *((b"CREATE TABLE complaint_record", name) for name in NAMES),
    (b"CREATE TABLE complaint_record", b"complaint_record"),
    (b"CREATE TABLE complaint_record", b"INTEGER"),
    (b"CREATE TABLE stream", b"state"),
    (b"CREATE TABLE note", b"value"),
    (b"CREATE TABLE acked", b"first"),
    (b"CREATE TABLE receipt", b"outcome"),
    (b"CREATE TABLE dead", b"epoch"),
    (b"CREATE TABLE slot", b"data"),
    (b"CREATE TABLE health_record", b"mono_ms"),
    (b"CREATE TABLE event_record", b"STRICT"),
)
BITS = (0, 3, 5, 7)
"""Another letter, another letter, a capital, and no text any more."""
HEADER = {
    "the format says read-only": (18, 4),
    "the format says unreadable": (19, 4),
    "the length of a page": (16, 0),
    "room kept back": (20, 3),
    "a newer schema": (47, 3),
    "another encoding": (59, 1),
    "a version that cannot be": (60, 0),
    "no version": (63, 0),
}


@pytest.mark.parametrize(("table", "word"), DEFINITIONS)
def test_a_changed_word_of_a_definition_costs_nothing(box: Box, table: bytes, word: bytes) -> None:
    for bit in BITS:
        old = _filled(box)
        path = box.directory / "outbox.db"
        # The last of them: where the first page was cut in two as it filled, a copy that nobody reads is left over.
        start = path.read_bytes().rindex(table) + (0 if word in table else len(table))
        _flip(path, path.read_bytes().index(word, start), bit)
        box.outbox = box.open()
        assert box.outbox.epoch != old, "what else is damaged nobody knows"
        _assert_whole(box)
        _empty(box)


@pytest.mark.parametrize(("at", "bit"), HEADER.values(), ids=HEADER)
def test_a_changed_bit_of_the_header_costs_nothing(box: Box, at: int, bit: int) -> None:
    _filled(box)
    _flip(box.directory / "outbox.db", at, bit)
    box.outbox = box.open()
    _assert_whole(box)


def test_a_definition_lost_while_running_is_damage(box: Box) -> None:
    """Until it is read again SQLite goes by what it remembers."""
    box.add("complaint", n=0)
    db = box.outbox._opened.db
    for sql in (
        "PRAGMA writable_schema=ON",
        "UPDATE sqlite_master SET sql = replace(sql, 'mono_ms', 'mono_ls') WHERE name LIKE '%_record'",
        "PRAGMA writable_schema=RESET",
    ):
        db.execute(sql)
    assert box.bodies("complaint") == [{"n": 0}]
    assert box.outbox.conditions()["outbox_damaged"]
    assert box.add("complaint", n=1)


def test_the_damaged_file_is_kept_as_it_was_found(box: Box) -> None:
    _filled(box)
    path = box.directory / "outbox.db"
    _flip(path, path.read_bytes().rindex(b"mono_ms"), 0)
    found = path.read_bytes()
    box.outbox = box.open()
    (kept,) = box.directory.glob("outbox.corrupt-*.db")
    assert kept.read_bytes() == found


def _filled(box: Box) -> str:
    """Twenty complaints, a report and an event wait; the file is closed. Its epoch."""
    for number in range(20):
        box.add("complaint", n=number)
    box.add("health", n=20)
    box.add("event", n=21)
    box.outbox.flush()
    epoch = box.outbox.epoch
    box.outbox.close()
    return epoch


def _assert_whole(box: Box) -> None:
    assert [body["n"] for body in box.bodies("complaint")] == list(range(20))
    assert [body["n"] for body in box.bodies("health")] == [20]
    assert {"n": 21} in box.bodies("event")
    assert box.add("complaint", n=22)
    box.reopen()
    assert box.bodies("complaint")[-1] == {"n": 22}


def _empty(box: Box) -> None:
    box.outbox.close()
    for path in box.directory.glob("outbox.*"):
        path.unlink()
    box.outbox = box.open()


def _flip(path: Path, at: int, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1 << bit
    path.write_bytes(content)
