"""When did it happen? The centre's derivation of wall time from what a boot is known by. Pure.

A record carries `(boot, mono_ms)`, which never lies, and `wall_ms`, which is a remark. In order of trust:

1. The boot has an anchor: wall = mono + offset of the anchor in force at that moment (the last one at or before
   `mono_ms`; the boot's first one for everything earlier). Quality `ntp`.
2. No anchor, but the kernel's clock was synchronised when the record was stamped: `wall_ms`. Quality `ntp`.
   Nothing is made after it arrived: where rule 1 says so (by more than CLOCK_OFF_MS, which the two clocks may differ),
   the arrival is taken instead, quality `bounded`; a remark that says so counts as not synchronised.
3. The boot was current while the centre heard from it: nothing is received before it happened, so received - mono,
   taken at its least over the boot, is the offset to within one delivery. Quality `estimated`.
4. Otherwise the boot lies between its neighbours: not before the end of the boot before it, not after the start
   of the one after it, never after it was received. The remark is taken when it lies inside, else the nearer bound.
   Quality `bounded`.

A node may file any number of anchors. Those that agree with the one before them within their own error say nothing
new; `standing` leaves them out, so that a clock is a few numbers however long its boot lasted.

Because rules 1, 3 and 4 only add an offset or clamp, knowing more later means deriving again, never asking the node.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Quality = Literal["ntp", "estimated", "bounded"]
CLOCK_OFF_MS = 60_000
"""A node's wall clock further off than this is flagged; its records are kept."""
MOST_ANCHORS = 64
"""Of one boot that are told apart. A clock stepped more often than that is dated coarser, not slower."""
STEP_MS = 250
"""The agent's own threshold for a moved clock: where to begin when anchors must be told apart less finely."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """From `mono_ms` of its boot on: wall = mono + `offset_ms`."""

    mono_ms: int
    offset_ms: int
    error_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class BootClock:
    """What is known of one boot's clock. `anchors` ascend by `mono_ms`; the rest is Unix time or an offset in ms."""

    anchors: tuple[Anchor, ...] = ()
    ceiling_ms: int | None = None
    not_before_ms: int | None = None
    not_after_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """Unix time in milliseconds, and how well it is known."""

    at_ms: int
    quality: Quality


def derive(clock: BootClock, *, mono_ms: int, wall_ms: int, synced: bool, received_ms: int) -> Moment:
    """The best account of when a record of this boot was made."""
    anchor = anchor_at(clock.anchors, mono_ms)
    if anchor is not None:
        at_ms = mono_ms + anchor.offset_ms
        return Moment(at_ms, "ntp") if is_possible(at_ms, received_ms) else Moment(received_ms, "bounded")
    if synced and is_possible(wall_ms, received_ms):
        return Moment(wall_ms, "ntp")
    if clock.ceiling_ms is not None:
        return Moment(min(mono_ms + clock.ceiling_ms, received_ms), "estimated")
    highest = received_ms if clock.not_after_ms is None else min(received_ms, clock.not_after_ms)
    lowest = highest if clock.not_before_ms is None else min(clock.not_before_ms, highest)
    at_ms = min(wall_ms, highest) if clock.not_before_ms is None else min(max(wall_ms, lowest), highest)
    return Moment(at_ms, "bounded")


def anchor_at(anchors: Sequence[Anchor], mono_ms: int) -> Anchor | None:
    """The anchor in force at a moment of its boot: the last at or before it, else the first."""
    found = None
    for anchor in anchors:
        if found is not None and anchor.mono_ms > mono_ms:
            break
        found = anchor
    return found


def is_possible(at_ms: int, received_ms: int) -> bool:
    """Whether something that arrived at `received_ms` can have happened at `at_ms`, as far as clocks agree."""
    return at_ms <= received_ms + CLOCK_OFF_MS


def standing(anchors: Sequence[Anchor], most: int = MOST_ANCHORS) -> list[int]:
    """Indexes of the anchors that determine a boot's clock, the first always among them; at most `most`.

    One that the anchor kept before it agrees with, within its own error, is left out. The answer depends on the set
    alone, so any order of arrival leads to the same one.
    """
    tolerance_ms = 0
    kept = _differing(anchors, tolerance_ms)
    while len(kept) > most:
        tolerance_ms = max(STEP_MS, 2 * tolerance_ms)
        kept = _differing(anchors, tolerance_ms)
    return kept


def _differing(anchors: Sequence[Anchor], tolerance_ms: int) -> list[int]:
    kept: list[int] = []
    for index, anchor in enumerate(anchors):
        if not kept or abs(anchor.offset_ms - anchors[kept[-1]].offset_ms) > anchor.error_ms + tolerance_ms:
            kept.append(index)
    return kept


def boot_start_ms(clock: BootClock) -> Moment | None:
    """When the boot began, when that is known better than by its neighbours."""
    if clock.anchors:
        return Moment(clock.anchors[0].offset_ms, "ntp")
    if clock.ceiling_ms is not None:
        return Moment(clock.ceiling_ms, "estimated")
    return None


def clock_is_off(moment: Moment, wall_ms: int, received_ms: int) -> bool:
    """Whether a node's wall clock is too far from when the thing happened: ahead of its arrival, or of its moment."""
    if not is_possible(wall_ms, received_ms):
        return True
    return moment.quality != "bounded" and abs(wall_ms - moment.at_ms) > CLOCK_OFF_MS
