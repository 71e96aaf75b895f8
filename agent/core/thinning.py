"""Downsampling health reports before any is dropped: pure arithmetic over their times.

1. Time is cut into slots of boot-time, separately for each boot: first of five minutes, later of an hour. A slot keeps
   its first report, so that applying the rule twice changes nothing, and one hour of a thinned day still looks like
   that hour.
2. The oldest part goes first. Everything that may be thinned to five minutes is, before anything is thinned to an
   hour; everything is, before the oldest report is dropped.
3. The newest quarter of what is held stays as it was made (`spared_from`): what happened just before the line went is
   what somebody will want to see. It is dropped only when nothing else is left.

With the defaults (64 MiB, a report of 2.1 kB every 30 s) that holds, after a year without the centre, the last 3 days
in full, 50 days at five minutes, and an hourly report of all the rest: nothing is dropped at all (`test_thinning.py`).
"""

from collections.abc import Iterable
from typing import Final

from agent.core.reasons import THINNED_1H, THINNED_5MIN
from wire.shape import Struct

SPARED_SHARE: Final = 4
"""One in so many of the held reports, the newest, is not thinned."""


class Level(Struct, frozen=True):
    """Keep the first report of each `slot_ms`; `reason` goes into the ledger."""

    slot_ms: int
    reason: str


LEVELS: Final = (Level(300_000, THINNED_5MIN), Level(3_600_000, THINNED_1H))
"""In the order of giving up."""


class Report(Struct, frozen=True):
    """What thinning knows of a health report."""

    seq: int
    boot: str
    mono_ms: int
    size_bytes: int


class Thinned(Struct, frozen=True):
    """Which numbers to give up, what they weigh, and the last number looked at: the next look begins behind it."""

    given_up: tuple[int, ...]
    size_bytes: int
    upto: int


def thin(reports: Iterable[Report], slot_ms: int, before: Report | None, size_bytes: int) -> Thinned:
    """Walk ascending reports until `size_bytes` are found. `before` is the newest report held in front of them."""
    slot = _slot(before, slot_ms) if before else None
    given_up: list[int] = []
    freed = upto = 0
    for report in reports:
        if freed >= size_bytes:
            break
        upto = report.seq
        if _slot(report, slot_ms) == slot:
            given_up.append(report.seq)
            freed += report.size_bytes
        slot = _slot(report, slot_ms)
    return Thinned(tuple(given_up), freed, upto)


def spared_from(head: int, held: int) -> int:
    """The first number that is not thinned. Near the head every number is held, so numbers count reports."""
    return head - held // SPARED_SHARE + 1


def _slot(report: Report, slot_ms: int) -> tuple[str, int]:
    return (report.boot, report.mono_ms // slot_ms)
