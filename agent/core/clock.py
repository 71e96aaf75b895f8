"""What the clocks of one boot mean: stamps for records, when to file an anchor, when the wall clock stepped.

A Pi has no clock battery. So every record carries `(boot, mono_ms)`, where `mono_ms` counts from the start of the boot
and never steps, and the wall clock only as a remark. `wall = mono + offset` holds for the whole boot once the kernel's
clock is synchronised; that offset is filed as an `anchor`, and the centre derives every time of the boot from it,
also of records made before it.

Rules for an anchor, in this order:
1. never while the kernel says the clock is not synchronised, nor while the wall clock is before 2020 (no node existed);
2. at the first synchronised reading of the boot (of the process, in fact: a second one for the same boot is harmless);
3. when the offset moved by more than `moved_ms` since the last anchor (the clock was stepped);
4. otherwise once per `refresh_ms`, so that a reader of any day's records finds one near.

Slewing (ntpd, chronyd, timesyncd below their step threshold) turns the same knob for CLOCK_BOOTTIME and CLOCK_REALTIME,
so the offset does not drift by itself: a change of the offset is a step, whoever made it.
"""

from wire.shape import Struct, replace

EARLIEST_WALL_MS = 1_577_836_800_000  # 2020-01-01T00:00:00Z: certificates start here, nothing real is older


UNSYNCHRONISED_US = 16_000_000
"""The kernel's NTP_PHASE_LIMIT: what it says of the error at boot, after somebody set the clock, and when nobody has
disciplined it for about nine hours (the bound grows by 500 ppm)."""


class Timex(Struct, frozen=True):
    """What the kernel says of its clock (adjtimex): its own bound of the error, in microseconds."""

    maxerror_us: int = UNSYNCHRONISED_US

    @property
    def synced(self) -> bool:
        """Whether somebody disciplines the clock. The bound is asked, not the flag STA_UNSYNC, as timedatectl does.

        The flag also tells the kernel whether it may set the battery clock, and is therefore left standing by chronyd
        without `rtcsync` and by systemd-timesyncd where the battery clock keeps local time, although both have set the
        clock. All of them write the bound: timesyncd 0, chronyd and ntpd the root distance. Where the flag is cleared
        the bound is below the limit too, so nothing is lost.
        """
        return self.maxerror_us < UNSYNCHRONISED_US


class Stamp(Struct, frozen=True):
    """When a record was made: boot and run it belongs to, boot-time, and the wall clock as a remark."""

    boot: str
    run: str
    mono_ms: int
    wall_ms: int
    synced: bool


class ClockReading(Struct, frozen=True):
    """Both clocks read together. `error_ms` is the kernel's own bound of the wall clock's error."""

    mono_ms: int
    wall_ms: int
    synced: bool
    error_ms: int

    @property
    def offset_ms(self) -> int:
        return self.wall_ms - self.mono_ms


class AnchorPolicy(Struct, frozen=True):
    """`moved_ms`: below it the two readings' own scatter on a loaded single-core Pi (tens of ms) would file anchors."""

    moved_ms: int = 250
    refresh_ms: int = 3_600_000


class AnchorDecision(Struct, frozen=True):
    """An anchor to file: `wall = mono + offset_ms`, wrong by at most `error_ms`; `reason` is for the log."""

    offset_ms: int
    error_ms: int
    reason: str  # "first" | "moved" | "refresh"


class ClockWatch(Struct, frozen=True):
    """What is remembered between two readings. Start with `ClockWatch()`."""

    last_offset_ms: int | None = None
    anchor_offset_ms: int | None = None
    anchor_mono_ms: int | None = None
    synced: bool = False


class ClockVerdict(Struct, frozen=True):
    """What one reading led to. `step_ms`: the wall clock jumped by that much (negative: backwards), None if not."""

    watch: ClockWatch
    anchor: AnchorDecision | None
    step_ms: int | None
    sync_changed: bool


def trusted(reading: ClockReading) -> bool:
    """True when this wall clock may date records: synchronised, and not before any node existed."""
    return reading.synced and reading.wall_ms >= EARLIEST_WALL_MS


def observe(watch: ClockWatch, reading: ClockReading, policy: AnchorPolicy | None = None) -> ClockVerdict:
    """Take one reading and say what follows from it; call it every few seconds to minutes, in order of time."""
    policy = policy or AnchorPolicy()
    good = trusted(reading)
    step_ms = _step(watch, reading, policy)
    anchor = _anchor(watch, reading, policy) if good else None
    following = replace(watch, last_offset_ms=reading.offset_ms, synced=good)
    if anchor is not None:
        following = replace(following, anchor_offset_ms=anchor.offset_ms, anchor_mono_ms=reading.mono_ms)
    return ClockVerdict(following, anchor, step_ms, sync_changed=good != watch.synced)


def _step(watch: ClockWatch, reading: ClockReading, policy: AnchorPolicy) -> int | None:
    if watch.last_offset_ms is None:
        return None
    moved_ms = reading.offset_ms - watch.last_offset_ms
    return moved_ms if abs(moved_ms) > policy.moved_ms else None


def _anchor(watch: ClockWatch, reading: ClockReading, policy: AnchorPolicy) -> AnchorDecision | None:
    if watch.anchor_offset_ms is None or watch.anchor_mono_ms is None:
        reason = "first"
    elif abs(reading.offset_ms - watch.anchor_offset_ms) > policy.moved_ms:
        reason = "moved"
    elif reading.mono_ms - watch.anchor_mono_ms >= policy.refresh_ms:
        reason = "refresh"
    else:
        return None
    return AnchorDecision(reading.offset_ms, reading.error_ms, reason)
