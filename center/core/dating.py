"""Between which bounds something happened, by what is known of its boot's clock (`center.core.times`). Pure.

`center.core.times.derive` gives the best single account; here is how far the truth can lie from it:

1. an anchor: to within its error. Where it contradicts the live ceiling (2) and another anchor of the boot does not,
   that one takes its place, for a boot's offset is one. Without such an anchor one that is behind the ceiling stands
   (perhaps nothing came live), and one ahead of it leaves all that either of the two allows;
2. the live ceiling: nothing is received before it happened, and live delivery of at least one record of the boot took
   no longer than DELIVERY_MS;
3. neither: between the end of the boot before and the start of the boot after it, and never after it was received.
"""

import math

from center.core.facts import When
from center.core.times import Anchor, BootClock, anchor_at, is_possible

SKEW_MS = 1_000
"""What the clocks of the centre and of an honest node differ by, and the ceiling is rounded by."""
DELIVERY_MS = 5_000
"""A live record is committed on the node and stored at the centre within this, at least once in a boot."""


def bounds(clock: BootClock, mono_ms: int, received_ms: int | None = None) -> When:
    """When a moment of this boot was. Without any knowledge it reaches back to 1970."""
    anchor = _believed(clock, mono_ms)
    if anchor is not None:
        moment = _anchored(anchor, mono_ms)
        if received_ms is not None and not is_possible(mono_ms + anchor.offset_ms, received_ms):
            return _between(clock, received_ms)
        return meet(moment, _live(clock, mono_ms, received_ms)) if _is_ahead(clock, anchor) else moment
    if clock.ceiling_ms is not None:
        return _live(clock, mono_ms, received_ms)
    return _between(clock, received_ms)


def _believed(clock: BootClock, mono_ms: int) -> Anchor | None:
    """The anchor in force, or, if the ceiling speaks against it, the one in force among those it does not."""
    anchor = anchor_at(clock.anchors, mono_ms)
    if anchor is None or _agrees(clock, anchor):
        return anchor
    return anchor_at([other for other in clock.anchors if _agrees(clock, other)], mono_ms) or anchor


def _agrees(clock: BootClock, anchor: Anchor) -> bool:
    if clock.ceiling_ms is None:
        return True
    error_ms = math.ceil(max(anchor.error_ms, 0.0)) + SKEW_MS
    return clock.ceiling_ms - DELIVERY_MS - error_ms <= anchor.offset_ms <= clock.ceiling_ms + error_ms


def _is_ahead(clock: BootClock, anchor: Anchor) -> bool:
    """Whether records arrived before they were made, by this anchor."""
    if clock.ceiling_ms is None:
        return False
    return anchor.offset_ms - math.ceil(max(anchor.error_ms, 0.0)) - SKEW_MS > clock.ceiling_ms


def _anchored(anchor: Anchor, mono_ms: int) -> When:
    at_ms, error_ms = mono_ms + anchor.offset_ms, math.ceil(max(anchor.error_ms, 0.0))
    return When(at_ms - error_ms, at_ms + error_ms)


def _live(clock: BootClock, mono_ms: int, received_ms: int | None) -> When:
    """By the live ceiling, which must be known."""
    latest_ms = mono_ms + (clock.ceiling_ms or 0)
    hi_ms = latest_ms if received_ms is None else min(latest_ms, received_ms)
    return When(min(latest_ms - DELIVERY_MS, hi_ms), hi_ms)


def _between(clock: BootClock, received_ms: int | None) -> When:
    limits = [limit for limit in (clock.not_after_ms, received_ms) if limit is not None]
    lo_ms = clock.not_before_ms or 0
    hi_ms = max(min(limits), lo_ms) if limits else max(lo_ms, FAR_MS)
    return When(lo_ms, hi_ms)


FAR_MS = 4_102_444_800_000
"""The year 2100: later than anything."""


def exact(at_ms: int) -> When:
    """A moment of the centre's own clock."""
    return When(at_ms, at_ms)


def meet(one: When, other: When) -> When:
    """What two accounts of one moment leave; where they contradict each other, all that either of them allows."""
    lo_ms, hi_ms = max(one.lo_ms, other.lo_ms), min(one.hi_ms, other.hi_ms)
    if lo_ms <= hi_ms:
        return When(lo_ms, hi_ms)
    return When(min(one.lo_ms, other.lo_ms), max(one.hi_ms, other.hi_ms))


def within(moment: When, lo_ms: int, hi_ms: int) -> When:
    """The moment pushed into [lo, hi]."""
    return When(min(max(moment.lo_ms, lo_ms), hi_ms), min(max(moment.hi_ms, lo_ms), hi_ms))
