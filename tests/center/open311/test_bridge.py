"""Taking in what other channels collected: shown first, once however often, errors by line, taken back by number."""

import csv
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROWS = [
    {"external_id": "RB-1", "at": "2026-11-23 08:15", "category": "laporan", "subject": "jalan", "area": "3673011001",
     "text": "Rahasia-satu", "name": "Rahasia-nama", "contact": "0812-9", "identity": "confidential"},
    {"external_id": "=RB-2", "text": "Rahasia-dua", "class": "prank_suspect"},
]  # fmt: skip


@pytest.fixture
def take(city: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """take(rows, *options): (exit code, what was said, what was complained about) of the command."""
    from center.cli import main

    def run(rows: list[dict[str, str]] | bytes, *options: str, channel: str = "rabeg") -> tuple[int, str, str]:
        content = rows if isinstance(rows, bytes) else "\n".join(map(json.dumps, rows)).encode()
        (tmp_path / "file").write_bytes(content)
        capsys.readouterr()
        code = main(["--lang", "en", "complaints", "import", str(tmp_path / "file"), "--channel", channel, *options])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def complaints() -> Any:
    from center.complaints.models import Complaint

    return Complaint.objects.order_by("received_ms", "pk")


def test_without_yes_it_only_says_what_would_happen(take: Callable[..., Any]) -> None:
    assert take(ROWS) == (0, "2 new, 0 here already, 0 with problems. Nothing was done; do it with --yes\n", "")
    assert not complaints().exists()


def test_rows_become_complaints_sealed_dated_and_logged(take: Callable[..., Any], city: Path) -> None:
    from center.accounts.models import Act
    from center.complaints.disclosure import open_box
    from center.complaints.models import Event

    code, said, _ = take(ROWS, "--yes")
    assert code == 0 and said.startswith("2 new, 0 here already, 0 with problems. Undo: sandi-center complaints")
    number = said.split()[-1]
    first = complaints().get(external_id="RB-1")
    assert (first.channel, first.category, first.subject, first.area) == ("rabeg", "laporan", "jalan", "kel-3673011001")
    assert (first.at_ms, first.identity) == (1_795_396_500_000, "confidential")
    plain = open_box(first)
    assert (plain.text, plain.name, plain.contact) == ("Rahasia-satu", "Rahasia-nama", "0812-9")
    second = complaints().get(external_id="=RB-2")
    assert (second.category, second.corrected_class, second.area) == ("aduan", "prank_suspect", "")
    assert Event.objects.filter(kind="note", about=number).count() == 2
    assert [(act.what, act.subject, act.detail) for act in Act.objects.all()] == [
        ("complaints-import", "rabeg", number)
    ]
    assert not [path for path in city.rglob("*") if path.is_file() and b"ahasia" in path.read_bytes()]


def test_the_same_file_again_brings_nothing_and_a_longer_one_the_rest(take: Callable[..., Any]) -> None:
    take(ROWS[:1], "--yes")
    assert take(ROWS)[1].startswith("1 new, 1 here already, 0 with problems.")
    assert take(ROWS, "--yes")[1].startswith("1 new, 1 here already, 0 with problems.")
    assert take(ROWS, "--yes")[1].startswith("0 new, 2 here already, 0 with problems.")
    assert complaints().count() == 2
    assert take(ROWS, "--yes", channel="social")[1].startswith("2 new")  # another channel's numbers are its own


def test_what_was_erased_is_not_brought_again(take: Callable[..., Any]) -> None:
    from center.complaints.erasure import erase

    take(ROWS, "--yes")
    erase(complaints().get(external_id="RB-1").pk, actor="operator", reason="diminta warga")
    assert take(ROWS)[1].startswith("0 new, 2 here already")
    assert take(ROWS, "--yes")[1].startswith("0 new, 2 here already")


def test_problems_are_named_by_line_without_what_stands_there_and_nothing_is_taken(take: Callable[..., Any]) -> None:
    rows = [*ROWS, {"external_id": "RB-3", "text": "c", "subject": "rahasia"}, {"external_id": "RB-4"},
            {"external_id": "RB-5", "text": "e", "area": "999", "at": "rahasia"}]  # fmt: skip
    code, said, complained = take(rows, "--yes")
    assert code == 2 and said == "" and "ahasia" not in complained
    assert complained.splitlines()[:-1] == [
        "4:text: must be filled in",
        "5:at: no moment; write it like 2026-11-23 08:15",
        "3:subject: unknown word or code",
    ]
    assert not complaints().exists()
    code, said, _ = take(rows, "--yes", "--partial")
    assert code == 0 and said.startswith("2 new, 0 here already, 3 with problems.")


def test_a_file_that_cannot_be_read_is_one_sentence(take: Callable[..., Any], tmp_path: Path) -> None:
    code, said, complained = take(b"\xff\xfe", "--yes", "--partial")
    assert (code, said) == (2, "") and "not UTF-8" in complained
    from center.cli import main

    assert main(["complaints", "import", str(tmp_path / "gone"), "--channel", "rabeg"]) == 2


def test_codes_and_pins_go_to_a_file_of_the_owner_alone(take: Callable[..., Any], tmp_path: Path) -> None:
    from center.complaints.disclosure import pin_fits

    path = tmp_path / "codes.csv"
    code, said, complained = take(ROWS, "--yes", "--codes", str(path))
    assert code == 0 and stat.S_IMODE(path.stat().st_mode) == 0o600
    told = list(csv.DictReader(path.open(encoding="utf-8")))
    assert [row["external_id"] for row in told] == ["RB-1", "'=RB-2"]  # no spreadsheet calculates it
    by_code = {row["code"]: row["pin"] for row in told}
    for row in complaints():
        pin = by_code[row.code]
        assert len(pin) == 4 and pin_fits(row, pin) and not pin_fits(row, pin[::-1] + "0")
        assert pin not in said.split() and row.code not in said + complained
    assert take(ROWS, "--yes", "--codes", str(path))[0] == 2  # never over another file


def test_an_import_is_taken_back_except_for_what_is_being_worked_on(
    take: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    from center.cli import main
    from center.complaints.steps import verify

    number = take(ROWS, "--yes")[1].split()[-1]
    verify(complaints().get(external_id="RB-1").pk, actor="operator")
    capsys.readouterr()
    assert main(["--lang", "en", "complaints", "import-undo", number]) == 0
    assert capsys.readouterr().out == "1 complaints archived; 1 left alone, somebody has worked on them.\n"
    assert [(row.external_id, row.status, row.closed_reason) for row in complaints().order_by("-external_id")] == [
        ("RB-1", "verified", ""), ("=RB-2", "archived", "withdrawn"),
    ]  # fmt: skip
    assert main(["complaints", "import-undo", "rabeg-20261127-000000-0000"]) == 2


REFUSED = [
    {"external_id": "RB-7", "text": "a", "at": "1999-01-01 00:00"},  # too long ago to be true
    {"external_id": "RB\ud800", "text": "a"},  # half a character, as JSON can write it
    {"external_id": "RB-9", "text": "\ufeff"},
]


def test_what_the_desk_refuses_is_named_before_anything_is_taken(take: Callable[..., Any]) -> None:
    rows = [*REFUSED, *ROWS]
    lines = "1:at: refused\n2:external_id: refused\n3:text: refused\n"
    for options in ((), ("--yes",)):
        code, said, complained = take(rows, *options)
        assert code == 2 and said == "" and complained.startswith(lines) and "--partial" in complained
        assert not complaints().exists()
    assert take(rows, "--partial")[1].startswith("2 new, 0 here already, 3 with problems.")
    code, said, complained = take(rows, "--yes", "--partial")
    assert code == 0 and complained == lines
    assert said.startswith("2 new, 0 here already, 3 with problems.")


@pytest.mark.parametrize("number", ["", " ", "rabeg", "rabeg-20261127-000000-000%"])
def test_what_is_no_imports_number_takes_nothing_back(number: str, take: Callable[..., Any]) -> None:
    from center.cli import main
    from center.complaints.notes import add_note

    take(ROWS[:1], "--yes")
    add_note(complaints().get().pk, "Sudah ditelepon", actor="operator")
    assert main(["complaints", "import-undo", number]) == 2
    assert complaints().get().status == "received"
