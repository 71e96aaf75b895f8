"""Promises of seconds on a machine that others keep busy: what it had no processor or disk for is nobody's delay."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

PRESSURE = Path("/proc/pressure")
STAT = Path("/proc/stat")
TICKS_A_SECOND = 100
WITHOUT_FIGURES = 4
"""So many times the promise where the kernel does not tell what it kept waiting (CONFIG_PSI)."""
LONGEST_S = 60.0
ROBBED = 0.1
T = TypeVar("T")


@contextmanager
def within(promised_s: float) -> Iterator[None]:
    """What the block does takes less than `promised_s`, not counting the time in which the machine let somebody who
    could have gone on wait for a processor or a disk, or was not run itself. AssertionError with both figures."""
    began_s, lost_before_s = time.monotonic(), lost_s()
    yield
    took_s, lost_after_s = time.monotonic() - began_s, lost_s()
    if lost_before_s is None or lost_after_s is None:
        assert took_s < WITHOUT_FIGURES * promised_s, f"took {took_s:.2f} s"
        return
    lost = lost_after_s - lost_before_s
    assert took_s - lost < promised_s, f"took {took_s:.2f} s, of which the machine lost {lost:.2f} s"


@contextmanager
def own_s(took: list[float]) -> Iterator[None]:
    """Add to `took` what the block takes, counted as `within` does: for a promise that is judged over many of them."""
    began_s, lost_before_s = time.monotonic(), lost_s()
    yield
    took_s, lost_after_s = time.monotonic() - began_s, lost_s()
    if lost_before_s is None or lost_after_s is None:
        took.append(took_s / WITHOUT_FIGURES)
    else:
        took.append(max(0.0, took_s - (lost_after_s - lost_before_s)))


def told_within(deadline_s: float, ask: Callable[[float], T], right: Callable[[T], bool]) -> T:
    """What `ask` tells with this deadline, not a second later than that, counted as `within` does. What was not right
    while the machine lost a tenth of the deadline is asked once more with four times as long, up to a minute."""
    while True:
        lost_before_s = lost_s()
        with within(deadline_s + 1):
            told = ask(deadline_s)
        if right(told) or deadline_s >= LONGEST_S or not robbed_of(deadline_s, lost_before_s):
            return told
        deadline_s = min(LONGEST_S, 4 * deadline_s)


def robbed_of(deadline_s: float, lost_before_s: float | None) -> bool:
    """Whether the machine lost a tenth of such a deadline since `lost_s` told `lost_before_s`, or may have."""
    lost_after_s = lost_s()
    return lost_before_s is None or lost_after_s is None or lost_after_s - lost_before_s >= ROBBED * deadline_s


def lost_s() -> float | None:
    """Seconds since the machine started in which somebody waited for a processor or a disk, and in which a machine
    below it ran others (Documentation/accounting/psi.rst, proc(5)); None where the kernel does not count them."""
    try:
        waited = sum(_waited_s(PRESSURE / what) for what in ("cpu", "io"))
    except OSError:
        return None
    return waited + int(STAT.read_text().split(maxsplit=9)[8]) / TICKS_A_SECOND


def _waited_s(path: Path) -> float:
    some = path.read_text().partition("\n")[0]
    return int(some.rpartition("total=")[2]) / 1e6
