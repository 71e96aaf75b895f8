"""Every command, state and code that a box or the centre can say has words in both languages, and a next step."""

import re
from pathlib import Path
from typing import get_args

import pytest

from tests.support.operations import add_operation, tell

ROOT = Path(__file__).resolve().parents[3]
SAYS = re.compile(
    r'(?:CommandError|FetchError|SnapshotError|RefusedError)\(\s*"([a-z_]+)"|ended\("undoing", "([a-z_]+)"'
)
SPEAKERS = ("agent/commands", "agent/update", "agent/picturerequests.py", "systemd/slotguard")
NO_STEP = {"cancelled", "technician", "disk", "part", "starts", "boots", "damaged", "older", "unconfirmed"}
"""Wished for by a person; and of a configuration, whose own page says what to do."""


def spoken() -> set[str]:
    """The codes in the sources of whoever ends a command."""
    found: set[str] = set()
    for name in SPEAKERS:
        path = ROOT / name
        for file in [path] if path.is_file() else path.rglob("*.py"):
            found |= {one or other for one, other in SAYS.findall(file.read_text(encoding="utf-8"))}
    return found


def test_every_code_of_a_box_has_words_and_a_next_step(center_data: Path) -> None:
    from center.web.operation_words import CODE_NEXT, CODES

    assert len(spoken()) > 30
    assert spoken() - set(CODES) == set()
    assert set(CODES) - set(CODE_NEXT) == NO_STEP
    assert set(CODE_NEXT) <= set(CODES)


def test_every_command_state_and_refusal_has_words(center_data: Path) -> None:
    from center.operations.command_models import OperationState, TargetState
    from center.web import operation_words as words
    from wire.commands import COMMANDS, Gravity

    tables = (words.COMMANDS, words.COMMAND_DOES, words.COMMAND_EFFECT)
    assert [set(COMMANDS) ^ set(table) for table in tables] == [set(), set(), set()]
    assert set(words.OPERATION_STATES) == set(OperationState.values)
    assert set(words.TARGET_STATES) == set(TargetState.values)
    assert set(words.GRAVITIES) == set(words.GRAVITY_NEEDS) == set(get_args(Gravity))
    fields = {name for kind in COMMANDS.values() for name in kind.arguments.__struct_fields__}
    assert fields - set(words.ARGUMENTS) == set()
    refusals = "otp person same_person rate command arguments nodes state too_many unavailable busy"
    assert set(refusals.split()) - set(words.REFUSALS) == set()


@pytest.mark.parametrize("code", ["of_tomorrow", ""])
def test_a_code_of_a_later_version_is_shown_as_it_is(code: str, center_data: Path) -> None:
    from center.operations import orders
    from center.web.operation_rows import box_rows
    from center.web.templatetags.sandi import next_of
    from center.web.words import word

    asked = add_operation("ping", {"kel-1": "accepted"})
    tell(asked, "kel-1", "failed", code=code)
    row = orders.operation(asked)
    assert row is not None
    (box,) = box_rows(row, "", "")
    assert word("command_code", box.one.code) == code and next_of(code) == ""


def test_a_stop_is_said_with_its_figures_in_both_languages(center_data: Path) -> None:
    from django.utils import translation

    from center.operations import orders
    from center.web.operation_sentences import why_stopped

    facts = '{"bad": 3, "total": 20, "code": "timeout", "code_count": 2, "node": "kel-1"}'
    nodes = {f"kel-{number}": "failed" if number < 3 else "skipped" for number in range(20)}
    stopped = orders.operation(
        add_operation("reboot", nodes, "aborted", why="threshold", why_facts=facts, abort_pct=10)
    )
    assert stopped is not None
    with translation.override("id"):
        assert why_stopped(stopped) == (
            "3 dari 20 kotak gagal; lebih dari 10% tidak diizinkan. Paling sering: terlalu lama. "
            "17 kotak lainnya dibiarkan seperti semula."
        )
    with translation.override("en"):
        assert why_stopped(stopped).startswith("3 of 20 boxes failed; more than 10% was not allowed.")


def test_changes_of_operations_are_read_once_and_the_newest_kept(center_data: Path) -> None:
    from center.ingest.changes import record_changes
    from center.web.change_reader import open_reader
    from center.web.operation_changes import KEPT, changed_operations

    reader, kept = open_reader(), {}
    record_changes([("operation", "before")])
    assert changed_operations(reader, kept) == {}  # a page that connects asks for everything anyway
    record_changes([("state", "kel-1"), ("operation", "a"), ("operation", "b")])
    first = changed_operations(reader, kept)
    assert list(first) == ["a", "b"]
    record_changes([("operation", "a")])
    second = changed_operations(reader, kept)
    assert list(second) == ["b", "a"] and second["a"] > first["a"] and second["b"] == first["b"]
    record_changes([("operation", f"n{number}") for number in range(KEPT + 5)])
    assert len(changed_operations(reader, kept)) == KEPT
    assert changed_operations(reader, kept) == changed_operations(reader, kept)
    reader.close()
