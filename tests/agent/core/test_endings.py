"""How the previous run ended, case by case."""

import pytest

from agent.core.clock import Stamp
from agent.core.endings import Beat, classify, latest
from wire.shape import replace


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


def test_a_report_before_the_last_beat_or_beside_its_own_stop_marker_says_nothing_new() -> None:
    assert latest(beat(), Stamp("boot-1", "run-1", 900, 1900, True)) == beat()
    assert latest(beat(stop="SIGTERM"), Stamp("boot-1", "run-1", 5000, 6000, True)) == beat(stop="SIGTERM")


NO_CLOCK = {"wall_ms": 9_999_999, "synced": False}


@pytest.mark.parametrize("stop", ["", "SIGTERM"])
@pytest.mark.parametrize(
    ("left", "report", "later"),
    [
        # The same boot: its clock decides.
        ({}, Stamp("boot-1", "run-2", 5000, 0, False), True),
        ({}, Stamp("boot-1", "run-0", 900, 9_999_999, False), False),
        # Another boot, both clocks synchronised: they decide.
        ({}, Stamp("boot-2", "run-2", 10, 9000, True), True),
        ({}, Stamp("boot-0", "run-0", 70_000, 1000, True), False),
        # Another boot, no clock to trust: whose report was the newest when the beat's run began.
        ({"after": "run-0"}, Stamp("boot-2", "run-2", 10, **NO_CLOCK), True),
        ({"after": ""}, Stamp("boot-2", "run-2", 10, **NO_CLOCK), True),
        ({"after": "run-0"}, Stamp("boot-0", "run-0", 70_000, **NO_CLOCK), False),
        ({"after": None}, Stamp("boot-2", "run-2", 10, **NO_CLOCK), False),
    ],
)
def test_a_report_of_a_run_after_the_one_that_left_the_beat_is_the_later_sign_of_life(
    left: dict[str, str | None], report: Stamp, later: bool, stop: str
) -> None:
    old = replace(beat(stop=stop), **left)  # type: ignore[arg-type]
    found = latest(old, report)
    if later:
        assert found == Beat(report.boot, report.run, report.mono_ms, report.wall_ms, report.synced)
        assert classify(found, "boot-3", None).verdict == "power_or_unknown"
    else:
        assert found == old
