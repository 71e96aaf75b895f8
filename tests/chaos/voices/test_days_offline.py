"""Weeks without a line, with power cuts and a clock that goes on: nothing is purged that the centre does not have."""

import random
import time
from pathlib import Path

import pytest

from tests.chaos.voices.box import VoiceBox
from tests.chaos.voices.run import Options, conclude, running
from tests.support.fake_time import WallClock, sweep_fake_clocks
from tests.support.loop_disk import why_not
from tests.support.processes import wait_until

pytestmark = [
    pytest.mark.full,
    pytest.mark.broker,
    pytest.mark.timeout(600),
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]
DAY_S = 86_400.0
WEEKS = (3, 4, 9, 30)
"""Days that pass between one visit of citizens and the next."""


def told(box: VoiceBox) -> int:
    return sum(len(book.told) for book in box.read())


def test_what_was_said_in_seven_weeks_without_a_line_is_all_at_the_centre_once_and_can_be_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = WallClock(tmp_path)
    for name, value in clock.environment.items():
        monkeypatch.setenv(name, value)
    options = Options(seed=46, real=False, boxes=1, callers=2, per_s=4, answered=6, kinds="plain")
    chance = random.Random(options.seed)
    try:
        with running(options, tmp_path) as this:
            box = this.boxes[0]
            box.proxy.set(refuse=True)
            box.proxy.cut()
            box.call(options.callers, options.seed, options.per_s, options.kinds)
            for days in WEEKS:
                before = told(box)
                wait_until(lambda before=before: _keeps(box) and told(box) >= before + 6, "voices", 120)  # type: ignore[misc]
                assert len(this.town.desk().by_id) == 0, "there is no line"
                box.power_cut(chance)
                clock.step(days * DAY_S)
                box.start()
            before = told(box)
            wait_until(lambda: _keeps(box) and told(box) >= before + 2, "voices after the last pause", 120)
            _let_the_rounds_go_by(box)
            box.proxy.set(refuse=False)
            conclude(this)
            verdict = this.outcome.verdict
            assert verdict.problems == [], (tmp_path / "boxes.log").read_text()[-3000:]
            assert this.outcome.good
            assert verdict.accepted >= 6 * len(WEEKS)
            times_ms = [entry["at_ms"] for book in box.read() for entry in book.told.values()]
            assert max(times_ms) - min(times_ms) > (sum(WEEKS) - 1) * DAY_S * 1000, "the box saw the days pass"
            assert verdict.answers == options.answered
    finally:
        sweep_fake_clocks()


def _keeps(box: VoiceBox) -> bool:
    box.keep()
    return True


def _let_the_rounds_go_by(box: VoiceBox) -> None:
    """The box tidies up at its start: it has when it has answered what it holds, twice."""
    for _ in range(2):
        wait_until(lambda: bool(box.waiting()), "the box to say what it holds", 60)
        time.sleep(0.2)
