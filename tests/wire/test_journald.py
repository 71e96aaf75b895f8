"""Log records reach the journal as fields, and standard error when the journal is away."""

import logging
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire import journald


def parsed(raw: bytes) -> list[tuple[str, bytes]]:
    """As journald reads a datagram."""
    found = []
    while raw:
        line, _, rest = raw.partition(b"\n")
        if b"=" in line:
            name, _, value = line.partition(b"=")
        else:
            name, size = line, int.from_bytes(rest[:8], "little")
            value, rest = rest[8 : 8 + size], rest[8 + size :]
            assert rest[:1] == b"\n"
            rest = rest[1:]
        found.append((name.decode(), value))
        raw = rest
    return found


@given(st.lists(st.tuples(st.sampled_from(["MESSAGE", "SANDI_A", "SANDI_B"]), st.text(max_size=200)), max_size=9))
def test_whatever_a_value_is_the_fields_stay_apart(fields: list[tuple[str, str]]) -> None:
    sent = [(name, value.encode("utf-8", "replace")) for name, value in fields]
    assert parsed(journald.datagram(fields)) == sent


@given(st.text(max_size=200))
def test_a_name_is_one_the_journal_takes(key: str) -> None:
    name = journald.field_name(key)
    assert name.isascii()
    assert len(name) <= 64
    assert set(name) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
    assert name.startswith("SANDI_")


def test_values_are_bounded() -> None:
    raw = journald.datagram([("SANDI_A", "x" * 100_000), ("MESSAGE", "y\n" * 100_000)])
    assert len(raw) < journald.MOST_VALUE_BYTES + journald.MOST_MESSAGE_BYTES + 64


@pytest.fixture
def journal() -> Iterator[socket.socket]:
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(os.path.join(folder, "journal"))  # noqa: PTH118
        listener.settimeout(10)
        yield listener


class Kept(logging.Handler):
    """What did not go to the journal."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def logger(address: str, otherwise: logging.Handler) -> logging.Logger:
    made = logging.Logger("agent.uplink")
    made.addHandler(
        journald.JournalHandler("sandi", lambda record: [("node", str(vars(record)["node"]))], otherwise, address)
    )
    return made


def test_a_record_becomes_fields(journal: socket.socket) -> None:
    kept = Kept()
    logger(journal.getsockname(), kept).warning("uplink-lost", extra={"node": "kel-3673011001\nPRIORITY=0"})
    assert dict(parsed(journal.recv(65536))) == {
        "MESSAGE": b"uplink-lost",
        "PRIORITY": b"4",
        "SYSLOG_IDENTIFIER": b"sandi",
        "SANDI_LOGGER": b"agent.uplink",
        "SANDI_EVENT": b"uplink-lost",
        "SANDI_NODE": b"kel-3673011001\nPRIORITY=0",
    }
    assert kept.records == []


def test_what_is_no_event_name_is_a_message_alone(journal: socket.socket) -> None:
    logger(journal.getsockname(), Kept()).error("Task was destroyed", extra={"node": "x"})
    assert "SANDI_EVENT" not in dict(parsed(journal.recv(65536)))


def test_without_a_journal_the_record_goes_the_other_way_and_later_ones_to_the_journal_again(tmp_path: Path) -> None:
    kept = Kept()
    path = tmp_path / "journal"
    log = logger(str(path), kept)
    log.warning("one", extra={"node": "x"})
    assert [record.getMessage() for record in kept.records] == ["one"]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(path))
        listener.settimeout(10)
        log.warning("two", extra={"node": "x"})
        assert dict(parsed(listener.recv(65536)))["SANDI_EVENT"] == b"two"
    assert len(kept.records) == 1


def test_a_full_journal_holds_nobody_up(journal: socket.socket) -> None:
    """The kernel keeps a few datagrams for who does not read; what is over goes the other way."""
    kept = Kept()
    log = logger(journal.getsockname(), kept)
    for _ in range(5000):
        log.warning("many", extra={"node": "x" * 4000})
    assert kept.records


def test_only_a_stream_that_is_the_journals_counts(tmp_path: Path) -> None:
    with (tmp_path / "stream").open("w") as stream:
        found = os.fstat(stream.fileno())
        assert journald.is_ours({"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"}, stream)
        assert not journald.is_ours({"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino + 1}"}, stream)
        assert not journald.is_ours({}, stream)
