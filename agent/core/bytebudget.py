"""A hard cap on the bytes of line tests: so many in any 24 hours, so many in any 30 days, and when there is room again.

The rules:
1. What was spent is kept with its age. A test may start when its worst case fits into both windows; the worst case is
   set aside and saved before the first byte goes, and replaced by the real figure afterwards. A crash in between thus
   counts too much, never too little.
2. Ages grow by boot-time. A step of the wall clock, in either direction, changes nothing.
3. Across boots at least the present uptime has passed. More is believed only when the kernel held the wall clock for
   synchronised both at the saving and now; otherwise the spending stays young: the safe side.
4. What was spent within one hour is one entry, as young as its youngest part; the hour runs from its oldest, so that
   steady spending grows old too. A month is at most 1,440 entries.
"""

from agent.core.budget import DAY_S, Moment
from wire.shape import Struct, replace

MONTH_DAYS = 30
MONTH_S = MONTH_DAYS * DAY_S
TOGETHER_S = 3600.0
MAX_ENTRIES = 2 * int(MONTH_S / TOGETHER_S)
"""Two neighbours span more than an hour together."""


class Spent(Struct, frozen=True):
    """`size_bytes` that went at least `age_s` before the ledger's moment, the oldest of them `span_s` earlier."""

    age_s: float
    size_bytes: int
    span_s: float = 0.0


class ByteLedger(Struct, frozen=True):
    """What is saved: the spending, youngest first, and the moment its ages count back from."""

    boot: str = ""
    mono_s: float = 0.0
    wall_s: float = 0.0
    synced: bool = False
    spent: tuple[Spent, ...] = ()


class Caps(Struct, frozen=True):
    """Bytes in any 24 hours and in any 30 days."""

    day_bytes: int
    month_bytes: int


class Answer(Struct, frozen=True):
    """Whether a test may start. `window` ("day" or "month") stands in its way for `free_in_s` more; None: for ever,
    the cap is smaller than the test. `left_bytes`: what fits now."""

    allowed: bool
    left_bytes: int
    window: str = ""
    free_in_s: float | None = None


def aged(ledger: ByteLedger, now: Moment) -> ByteLedger:
    """The ledger as it stands now: older, and without what is older than a month."""
    passed_s = _passed_s(ledger, now)
    spent = tuple(
        replace(item, age_s=item.age_s + passed_s) for item in ledger.spent if item.age_s + passed_s < MONTH_S
    )
    return ByteLedger(now.boot, now.mono_s, now.wall_s, now.synced, spent)


def ask(ledger: ByteLedger, caps: Caps, wanted_bytes: int) -> Answer:
    """May `wanted_bytes` more go at the ledger's moment?"""
    left_bytes = max(0, min(caps.day_bytes - used(ledger, DAY_S), caps.month_bytes - used(ledger, MONTH_S)))
    if wanted_bytes <= left_bytes:
        return Answer(True, left_bytes)
    waits = [
        (name, _free_in_s(ledger, cap_bytes, span_s, wanted_bytes))
        for name, cap_bytes, span_s in (("day", caps.day_bytes, DAY_S), ("month", caps.month_bytes, MONTH_S))
    ]
    window, wait_s = max(waits, key=lambda item: float("inf") if item[1] is None else item[1])
    return Answer(False, left_bytes, window, wait_s)


def spend(ledger: ByteLedger, size_bytes: int) -> ByteLedger:
    """`size_bytes` go at the ledger's moment."""
    if size_bytes <= 0:
        return ledger
    first = ledger.spent[0] if ledger.spent else None
    if first is not None and first.age_s + first.span_s < TOGETHER_S:
        grown = Spent(0.0, first.size_bytes + size_bytes, first.age_s + first.span_s)
        return replace(ledger, spent=(grown, *ledger.spent[1:]))
    return replace(ledger, spent=(Spent(0.0, size_bytes), *ledger.spent)[:MAX_ENTRIES])


def settle(ledger: ByteLedger, reserved_bytes: int, used_bytes: int) -> ByteLedger:
    """Of the `reserved_bytes` spent last, `used_bytes` really went: give the rest back, to the youngest entry."""
    if not ledger.spent:
        return ledger
    first = ledger.spent[0]
    back = min(first.size_bytes, max(0, reserved_bytes - used_bytes))
    return replace(ledger, spent=(replace(first, size_bytes=first.size_bytes - back), *ledger.spent[1:]))


def used(ledger: ByteLedger, span_s: float) -> int:
    """Bytes of the last `span_s` before the ledger's moment."""
    return sum(item.size_bytes for item in ledger.spent if item.age_s < span_s)


def _passed_s(ledger: ByteLedger, now: Moment) -> float:
    if not ledger.boot:
        return 0.0
    if ledger.boot == now.boot:
        return max(0.0, now.mono_s - ledger.mono_s)
    uptime_s = max(0.0, now.mono_s)
    return max(uptime_s, now.wall_s - ledger.wall_s) if ledger.synced and now.synced else uptime_s


def _free_in_s(ledger: ByteLedger, cap_bytes: int, span_s: float, wanted_bytes: int) -> float | None:
    """Until enough of this window's spending is too old to count: 0 when it fits now, None when it never will."""
    if wanted_bytes > cap_bytes:
        return None
    over_bytes = used(ledger, span_s) + wanted_bytes - cap_bytes
    wait_s = 0.0
    for item in sorted(ledger.spent, key=lambda item: -item.age_s):
        if over_bytes <= 0:
            break
        if item.age_s < span_s:
            over_bytes -= item.size_bytes
            wait_s = span_s - item.age_s
    return wait_s
