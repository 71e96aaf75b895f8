"""How the previous run ended, case by case."""

import pytest

from agent.core.endings import Beat, classify


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
