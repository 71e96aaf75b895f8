"""How the previous run ended, case by case."""

import pytest

from agent.core.clock import Stamp
from agent.core.endings import Beat, classify, latest


def beat(boot: str = "boot-1", stop: str = "") -> Beat:
    return Beat(boot, "run-1", 1000, 2000, True, stop)


@pytest.mark.parametrize(
    ("previous", "boot", "reset_reason", "left_something", "verdict"),
    [
        (None, "boot-1", None, False, "first"),
        (None, "boot-1", "power_on", True, "power_or_unknown"),
        (beat(stop="SIGTERM"), "boot-1", None, True, "stopped"),
        (beat(stop="SIGTERM"), "boot-2", "watchdog", True, "stopped"),
        (beat(), "boot-1", "watchdog", True, "agent_crashed"),
        (beat(), "boot-2", "watchdog", True, "box_reset"),
        (beat(), "boot-2", "panic", True, "box_reset"),
        (beat(), "boot-2", "warm_reset", True, "box_reset"),
        (beat(), "boot-2", "power_on", True, "power_or_unknown"),
        (beat(), "boot-2", "undervoltage", True, "power_or_unknown"),
        (beat(), "boot-2", None, True, "power_or_unknown"),
    ],
)
def test_the_ending_is_judged_from_what_was_left(
    previous: Beat | None, boot: str, reset_reason: str | None, left_something: bool, verdict: str
) -> None:
    ending = classify(previous, boot, reset_reason, left_something=left_something)
    assert ending.verdict == verdict
    assert ending.last == previous


def test_the_later_sign_of_life_of_one_run_bounds_its_end() -> None:
    report = Stamp("boot-1", "run-1", 5000, 6000, True)
    assert latest(beat(), report) == Beat("boot-1", "run-1", 5000, 6000, True)
    assert latest(None, report) == Beat("boot-1", "run-1", 5000, 6000, True)
    assert latest(beat(), None) == beat()
    assert latest(None, None) is None


def test_a_report_of_another_run_or_before_the_last_beat_or_a_stop_says_nothing_new() -> None:
    for stamp in (Stamp("boot-1", "run-0", 5000, 6000, True), Stamp("boot-1", "run-1", 900, 1900, True)):
        assert latest(beat(), stamp) == beat()
    assert latest(beat(stop="SIGTERM"), Stamp("boot-1", "run-1", 5000, 6000, True)) == beat(stop="SIGTERM")
