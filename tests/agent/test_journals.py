"""The journal's files: numbered, bounded in every way, the oldest giving way, the one being written never."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent import journals
from agent.core.evidence import Evidence
from agent.core.journal import End, Entry, Header
from agent.core.observation import Observation
from agent.journals import MOST_AGE_S, MOST_BYTES, MOST_FILES, Journals, numbered, read

WALL_S = 1_800_000_000.0
LONG = Observation("icmp", "center", 1, False, rtts_ms=(None,) * 100, detail={"address": "10.9.1.2", "said": "x" * 900})
ENTRY = Entry(1, 1, "step", "L5d", 0.5, (Evidence(LONG),))
END = End(2, "seen", "L5d", 0.5, "b", 2, 2, False)


def header(ident: str = "1d93ca1f-1") -> Header:
    return Header(ident, "kel-3673011001", "b", "r", "0", 1, 1, 1, 1, False)


def names(folder: Path) -> list[str]:
    return [path.name for _, path in numbered(folder)]


def test_each_outage_has_the_next_number_and_what_others_put_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "000007-old.jsonl").write_bytes(b"")
    (tmp_path / "notes.jsonl").write_bytes(b"by hand")
    book = Journals(tmp_path).begin(header(), WALL_S)
    assert book.path.name == "000008-1d93ca1f-1.jsonl"
    assert names(tmp_path) == ["000007-old.jsonl", "000008-1d93ca1f-1.jsonl"]
    assert book.path.stat().st_mode & 0o777 == 0o640


def test_a_full_file_takes_no_more_entries_but_its_end(tmp_path: Path) -> None:
    book = Journals(tmp_path).begin(header(), WALL_S)
    taken = 0
    while book.entry(ENTRY):
        taken += 1
    assert taken > 50
    book.end(END)
    assert book.path.stat().st_size <= MOST_BYTES + 1000
    found = read(book.path)
    assert (len(found.entries), found.end) == (taken, END)


def test_of_many_files_the_oldest_give_way(tmp_path: Path) -> None:
    book = Journals(tmp_path)
    for number in range(MOST_FILES + 20):
        book.begin(header(f"o-{number}"), WALL_S)
    left = names(tmp_path)
    assert len(left) == MOST_FILES
    assert left[-1] == f"{MOST_FILES + 20:06d}-o-{MOST_FILES + 19}.jsonl"


def test_of_large_files_the_oldest_give_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "MOST_TOTAL_BYTES", 4 * MOST_BYTES)
    book = Journals(tmp_path)
    for number in range(10):
        one = book.begin(header(f"o-{number}"), WALL_S)
        while one.entry(ENTRY):
            pass
    assert sum(path.stat().st_size for _, path in numbered(tmp_path)) <= 4 * MOST_BYTES
    assert names(tmp_path)[-1].endswith("-o-9.jsonl")


def test_what_is_older_than_a_year_and_a_month_goes_but_only_by_a_clock_that_is_set(tmp_path: Path) -> None:
    book = Journals(tmp_path)
    old = book.begin(header("old"), WALL_S).path
    os.utime(old, (WALL_S - MOST_AGE_S - 10, WALL_S - MOST_AGE_S - 10))
    young = book.begin(header("young"), None).path
    assert old.exists()
    os.utime(young, (WALL_S - 10, WALL_S - 10))
    book.begin(header("new"), WALL_S)
    assert names(tmp_path) == [young.name, "000003-new.jsonl"]


def test_a_line_the_disk_refuses_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Journals(tmp_path).begin(header(), WALL_S)
    before = book.path.read_bytes()

    def half(handle: int, line: bytes) -> None:
        os.write(handle, line[: len(line) // 2])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(journals, "_write", half)
        with pytest.raises(OSError, match="No space"):
            book.entry(ENTRY)
        assert book.path.read_bytes() == before
        with pytest.raises(OSError, match="No space"):
            Journals(tmp_path).begin(header("second"), WALL_S)
    assert names(tmp_path) == [book.path.name]
    book.entry(ENTRY)
    assert read(book.path).entries == (ENTRY,)


def test_only_what_has_no_end_is_unfinished(tmp_path: Path) -> None:
    book = Journals(tmp_path)
    book.begin(header("a-1"), WALL_S).end(END)
    open_one = book.begin(header("b-2"), WALL_S)
    open_one.entry(ENTRY)
    found = list(book.unfinished())
    assert [(one.path, recorded.header.id) for one, recorded in found] == [(open_one.path, "b-2")]
    found[0][0].end(END)
    assert list(book.unfinished()) == []


def test_a_finished_journal_is_known_by_its_last_line_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = End(2**52, "restart", "L5d", 0.5, "b" * 200, 2**52, 2**52, False, 2**52, 2**52, 2**52)
    for number, end in enumerate((END, long)):
        Journals(tmp_path).begin(header(f"a-{number}"), WALL_S).end(end)
    monkeypatch.setattr(journals, "parse", lambda _: pytest.fail("it was read whole"))
    assert list(Journals(tmp_path).unfinished()) == []


def test_an_outage_that_begins_loads_nothing_that_the_daemon_keeps_out() -> None:
    """It may be the first of a daemon's life: the journal comes into it only then."""
    code = "import sys; from agent.cli import load_lean; load_lean(); import agent.service, agent.journals"
    done = subprocess.run(
        [sys.executable, "-c", code + "; print({'dis', 'inspect', 'dataclasses'} & {*sys.modules})"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "set()"
