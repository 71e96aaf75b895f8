"""What to give up when a bound is hit: pure arithmetic over sizes, so that it can be tested without a full disk.

The rules, in this order:
1. A stream over its own bound gives up its oldest records until it is at `KEEP_SHARE` of the bound.
2. While there is less room than the reserve, pictures go first: their files give space back at once.
3. When that is not enough, the database must not grow: health gives up as much as the next records need. (A deleted
   row does not shrink the file, it leaves room inside it; so no more than a step goes at a time.)
4. In the last quarter of the reserve, with no health left to give, the oldest events follow, but for the newest
   `EVENTS_KEPT_BYTES`: what is noted of a full disk must not go with the note that has just been made.
Health reports are thinned before any is dropped (`thinning`). Complaints and attachments are never in the answer. Below
a quarter of the reserve they are refused at the door instead; that quarter is left to events, ledger and log.
"""

from collections.abc import Iterable, Mapping

from agent.core.clock import Stamp
from agent.core.reasons import BOUND, DISK
from wire.shape import Struct

EVICTION_ORDER = ("snapshot", "health", "event")
"""What is given up first. Streams that are not named here are never given up."""
KEEP_SHARE = 0.9
"""Giving up a tenth at a time makes one ledger entry per tenth, not one per record."""
LEAST_STEP_BYTES = 512 * 1024
"""... and of a small bound up to half, because ledger entries are never given up. What they come to, at the worst: a
year offline is 1.05 million reports. A thinning step takes up to 1,000 of them (`giving_up.MOST_ROWS`) into one entry
of some 400 bytes: 2,100 entries, 0.9 MB in a year with the default bound of 64 MiB, and 8,400, 3.4 MB with 1 MiB.
"""
REUSABLE_FLOOR_BYTES = 64 * 1024
REUSABLE_STEP_BYTES = 256 * 1024
PICTURES_STEP_BYTES = 1024 * 1024
"""Pictures go a few at a time, for one ledger entry."""
EVENTS_KEPT_BYTES = 64 * 1024
"""Some two hundred events: hours of a bad day."""
DOOR_SHARE = 0.25


class Eviction(Struct, frozen=True):
    """Give up the oldest records of `stream` worth at least `size_bytes`; `reason` is BOUND or DISK."""

    stream: str
    size_bytes: int
    reason: str


class Disk(Struct, frozen=True):
    """`free_bytes`: free in the file system or held by the reserve's file; `reusable_bytes`: free inside the database
    file; `reserve_bytes`: how large the reserve should be."""

    free_bytes: int
    reusable_bytes: int
    reserve_bytes: int


class Taken(Struct, frozen=True):
    """When a picture was filed, by both clocks."""

    seq: int
    boot: str
    mono_ms: int
    wall_ms: int
    synced: bool


def kept_long_enough(pictures: Iterable[Taken], now: Stamp, keep_ms: int) -> int:
    """The highest number of a picture that is older than `keep_ms`; 0 when none is known to be. `pictures` ascend.

    A wall clock counts only where it was right, then and now; within one boot the other clock always does. Numbers are
    given out in the order of time, so whatever lies below is at least as old, also where no clock can tell.
    """
    upto = 0
    for picture in pictures:
        by_boot = picture.boot == now.boot and now.mono_ms - picture.mono_ms >= keep_ms
        by_wall = picture.synced and now.synced and now.wall_ms - picture.wall_ms >= keep_ms
        if by_boot or by_wall:
            upto = picture.seq
    return upto


def plan(held_bytes: Mapping[str, int], bound_bytes: Mapping[str, int], disk: Disk) -> tuple[Eviction, ...]:
    """What must go now, in the order of giving up; empty almost always."""
    left = dict(held_bytes)
    evictions: list[Eviction] = []
    for stream in EVICTION_ORDER:
        held = left.get(stream, 0)
        if held > bound_bytes[stream]:
            size = min(held, _step(held, bound_bytes[stream]))
            evictions.append(Eviction(stream, size, BOUND))
            left[stream] = held - size
    if disk.free_bytes >= disk.reserve_bytes:
        return tuple(evictions)
    missing = disk.reserve_bytes - disk.free_bytes
    pictures = min(max(missing, PICTURES_STEP_BYTES), left.get("snapshot", 0))
    if pictures > 0:
        evictions.append(Eviction("snapshot", pictures, DISK))
    if pictures < missing and disk.reusable_bytes < REUSABLE_FLOOR_BYTES:
        evictions += _make_room_inside(left, events=disk.free_bytes < disk.reserve_bytes * DOOR_SHARE)
    return tuple(evictions)


def _step(held: int, bound: int) -> int:
    over = held - bound
    return over + max(bound - int(bound * KEEP_SHARE), min(LEAST_STEP_BYTES, bound // 2))


def _make_room_inside(left: Mapping[str, int], *, events: bool) -> list[Eviction]:
    health = min(REUSABLE_STEP_BYTES, left.get("health", 0))
    evictions = [Eviction("health", health, DISK)] if health else []
    oldest = min(REUSABLE_STEP_BYTES - health, left.get("event", 0) - EVENTS_KEPT_BYTES)
    return [*evictions, Eviction("event", oldest, DISK)] if events and oldest > 0 else evictions


def door_open(disk: Disk, incoming_bytes: int) -> bool:
    """Whether a complaint or attachment of this size may still be accepted."""
    return disk.free_bytes - incoming_bytes >= disk.reserve_bytes * DOOR_SHARE
