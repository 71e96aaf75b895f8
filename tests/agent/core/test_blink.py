"""What the LED says: every verdict has a class, and the classes cannot be taken for each other."""

import re
from itertools import combinations
from pathlib import Path

import pytest

from agent.core.blink import FLASHES, fault_class, pattern
from wire.verdicts import VERDICTS

HANDBOOK = (Path(__file__).parents[3] / "docs" / "perintah.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", VERDICTS)
def test_a_verdict_that_cuts_the_line_blinks_a_number_and_a_note_does_not(code: str) -> None:
    verdict = VERDICTS[code]
    counted = fault_class(code) in FLASHES
    if verdict.severity == "down":
        assert counted
    if verdict.severity in ("ok", "note"):
        assert not counted


def test_the_distance_of_the_fault_is_the_number_of_flashes() -> None:
    assert [len(pattern(code).steps_ms) for code in ("L1", "L4", "L5b", "B1", "Q2")] == [1, 2, 3, 4, 5]


def test_no_two_classes_look_alike() -> None:
    codes = ("OK", "U0", "L1", "L4", "L5b", "B1", "Q2")
    assert all(pattern(one) != pattern(other) for one, other in combinations(codes, 2))
    for code in codes[2:]:
        *_, (_, pause_ms) = pattern(code).steps_ms
        assert pause_ms >= 3 * pattern(code).steps_ms[0][0]


def test_a_code_of_a_newer_version_is_not_called_fine() -> None:
    assert fault_class("X9") == "unknown"


def test_the_handbook_says_what_to_count() -> None:
    rows = dict(re.findall(r"^\| (\d) kedip \| ([^|]+?) \|", HANDBOOK, re.M))
    assert [int(count) for count in rows] == sorted(FLASHES.values())
