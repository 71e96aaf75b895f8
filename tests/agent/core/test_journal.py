"""The journal of an outage: what is written is read again exactly, and nothing else is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.evidence import Evidence
from agent.core.journal import (
    MAX_FILE_BYTES,
    End,
    Entry,
    Header,
    JournalError,
    Recorded,
    end_line,
    entry_line,
    header_line,
    parse,
)
from agent.core.observation import Observation, Reason

HEADER = Header(
    "1d93ca1f-4300", "kel-3673011001", "boot", "run", "0.1.0", 4300, 15_000, 15_010, 1_800_000_000_000, True
)
LOST = Observation("icmp", "center", 9000, False, Reason.NO_REPLY, (None,) * 6, detail={"address": "10.9.1.2"})
ENTRY = Entry(15_000, 14_000, "begun", "L5d", 0.7, (Evidence(LOST, "down", 3, 40, 0.2),), (0,), ("D1",))
END = End(60_000, "seen", "L5d", 0.7, "boot", 75_000, 1_800_000_060_000, True, 60, 45, 2)


def lines(*more: bytes) -> bytes:
    return b"".join((header_line(HEADER), *more))


def test_a_journal_is_read_as_it_was_written() -> None:
    raw = lines(entry_line(ENTRY), entry_line(ENTRY), end_line(END))
    assert parse(raw) == Recorded(HEADER, (ENTRY, ENTRY), END)


def test_without_its_end_it_is_an_outage_that_was_interrupted() -> None:
    assert parse(lines(entry_line(ENTRY))) == Recorded(HEADER, (ENTRY,))


def test_a_last_line_that_was_torn_off_is_no_loss_to_what_stands_before_it() -> None:
    whole = lines(entry_line(ENTRY))
    added = entry_line(ENTRY)
    for cut in range(len(added) - 1):
        assert parse(whole + added[:cut]).entries == (ENTRY,), cut
        assert parse(whole + added[:cut]).torn == 0


def test_a_torn_line_in_the_middle_is_passed_over_and_counted() -> None:
    found = parse(lines(b'{"mono_ms": 3, "ki\n', entry_line(ENTRY), b"\xff\xfe\n", end_line(END)))
    assert (found.entries, found.end, found.torn) == ((ENTRY,), END, 2)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"journal": 2}, "no journal"),
        ({"id": ""}, "id must be"),
        ({"onset_ms": True}, "onset_ms must be"),
        ({"wall_ms": 10**30}, "wall_ms must be"),
        ({"node": "x" * 300}, "node must be"),
    ],
)
def test_a_header_that_is_none_is_refused(change: dict[str, object], says: str) -> None:
    raw = json.dumps({**json.loads(header_line(HEADER)), **change}).encode()
    with pytest.raises(JournalError, match=says):
        parse(raw)


@pytest.mark.parametrize(
    "change",
    [
        {"items": {}},
        {"items": [{"seen": 3}]},
        {"because": [1]},
        {"because": [-1]},
        {"because": [True]},
        {"also": [1]},
        {"confidence": 2},
        {"confidence": "much"},
        {"mono_ms": None},
        {"code": None},
    ],
)
def test_an_entry_that_is_none_is_counted_as_torn(change: dict[str, object]) -> None:
    raw = json.dumps({**json.loads(entry_line(ENTRY)), **change}).encode() + b"\n"
    assert parse(lines(raw, end_line(END))) == Recorded(HEADER, (), END, 1)


@given(st.binary(max_size=400))
def test_bytes_that_are_no_journal_are_refused(raw: bytes) -> None:
    with pytest.raises(JournalError):
        parse(raw)


@given(st.lists(st.binary(max_size=60).filter(lambda line: b"\n" not in line), max_size=8))
def test_nothing_between_header_and_end_can_do_harm(between: list[bytes]) -> None:
    found = parse(lines(*(line + b"\n" for line in between), end_line(END)))
    assert (found.header, found.end) == (HEADER, END)
    assert found.torn == sum(1 for line in between if line)


def test_what_never_ends_is_refused() -> None:
    with pytest.raises(JournalError, match="longer"):
        parse(b"x" * (MAX_FILE_BYTES + 1))
