"""Voices under fire: what callers were told is accepted is what the desk can open, once, and answers find their way."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.voices.__main__ import main
from tests.chaos.voices.run import Least, Options, Outcome, run
from tests.support.city import ROOT
from tests.support.voice_kinds import KINDS

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]


def fired_at(folder: Path, **options: object) -> Outcome:
    outcome = run(Options(**options), folder, print)  # type: ignore[arg-type]
    log = (folder / "boxes.log").read_text()[-3000:]
    assert outcome.verdict.problems == [], log
    assert outcome.good, log
    assert outcome.verdict.answers == min(options["answered"], outcome.verdict.accepted)  # type: ignore[call-overload]
    return outcome


def test_in_some_seconds_of_kills_and_cuts_no_voice_is_lost_or_doubled(tmp_path: Path) -> None:
    outcome = fired_at(
        tmp_path, seed=20261127, duration_s=2, real=False, boxes=1, callers=3, per_s=6, every_s=0.35, answered=2,
        least=Least(faults=2, told=8),
    )  # fmt: skip
    assert outcome.faults.total() >= 2
    assert outcome.verdict.accepted >= 8


@pytest.mark.full
def test_a_minute_of_it_with_the_whole_centre_and_every_kind_of_voice(tmp_path: Path) -> None:
    outcome = fired_at(
        tmp_path, seed=3, duration_s=35, real=True, boxes=2, callers=3, per_s=2, every_s=1, answered=8,
        least=Least(faults=15, told=60, photos=3, repeats=10, kinds=len(KINDS)),
    )  # fmt: skip
    assert set(outcome.verdict.kinds) == set(KINDS)
    assert outcome.verdict.photos >= 3
    assert outcome.verdict.repeats >= 10
    assert outcome.faults.total() >= 15


@pytest.mark.full
def test_the_command_prints_what_it_counted(tmp_path: Path) -> None:
    words = ("--minutes", "0.05", "--small", "--boxes", "1", "--seed", "5", "--json")
    command = [sys.executable, "-m", "tests.chaos.voices", *words]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=570, check=False)
    assert said.returncode == 0, said.stderr[-3000:]
    result = json.loads(said.stdout)
    assert result["accepted"] > 0
    assert [result[name] for name in ("lost", "altered", "doubled", "invented", "fell")] == [0] * 5


def test_a_kind_that_does_not_exist_is_named_with_those_that_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["voices", "--kinds", "plain,song"])
    assert main() == 2
    assert capsys.readouterr().err.startswith("unknown: song; there are: plain,")
