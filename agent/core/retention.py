"""What to give up when a bound is hit: pure arithmetic over sizes, so that it can be tested without a full disk.

The rules, in this order:
1. A stream over its own bound gives up its oldest records until it is at `KEEP_SHARE` of the bound.
2. While the disk has less than the reserve free, pictures go first: their files give space back at once.
3. When that is not enough, the database must not grow: health, then events, give up as much as the next records need.
   (A deleted row does not shrink the file, it leaves room inside it; so no more than a step goes at a time.)
Complaints and attachments are never in the answer. Below a quarter of the reserve they are refused at the door instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass

EVICTION_ORDER = ("snapshot", "health", "event")
"""What is given up first. Streams that are not named here are never given up."""
KEEP_SHARE = 0.9
"""Giving up a tenth at a time makes one ledger entry per tenth, not one per record."""
REUSABLE_FLOOR_BYTES = 64 * 1024
REUSABLE_STEP_BYTES = 256 * 1024
DOOR_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Eviction:
    """Give up the oldest records of `stream` worth at least `size_bytes`; `reason` goes into the gap ledger."""

    stream: str
    size_bytes: int
    reason: str  # "bound" | "disk"


@dataclass(frozen=True, slots=True)
class Disk:
    """`free_bytes` of the file system, `reusable_bytes` already inside the database file, `reserve_bytes` to keep."""

    free_bytes: int
    reusable_bytes: int
    reserve_bytes: int


def plan(held_bytes: Mapping[str, int], bound_bytes: Mapping[str, int], disk: Disk) -> tuple[Eviction, ...]:
    """What must go now, in the order of giving up; empty almost always."""
    left = dict(held_bytes)
    evictions: list[Eviction] = []
    for stream in EVICTION_ORDER:
        held = left.get(stream, 0)
        if held > bound_bytes[stream]:
            size = held - int(bound_bytes[stream] * KEEP_SHARE)
            evictions.append(Eviction(stream, size, "bound"))
            left[stream] = held - size
    if disk.free_bytes >= disk.reserve_bytes:
        return tuple(evictions)
    missing = disk.reserve_bytes - disk.free_bytes
    pictures = min(missing, left.get("snapshot", 0))
    if pictures > 0:
        evictions.append(Eviction("snapshot", pictures, "disk"))
    if pictures < missing and disk.reusable_bytes < REUSABLE_FLOOR_BYTES:
        evictions += _make_room_inside(left)
    return tuple(evictions)


def _make_room_inside(left: Mapping[str, int]) -> list[Eviction]:
    wanted = REUSABLE_STEP_BYTES
    evictions = []
    for stream in EVICTION_ORDER[1:]:
        size = min(wanted, left.get(stream, 0))
        if size > 0:
            evictions.append(Eviction(stream, size, "disk"))
            wanted -= size
    return evictions


def door_open(disk: Disk, incoming_bytes: int) -> bool:
    """Whether a complaint or attachment of this size may still be accepted."""
    return disk.free_bytes - incoming_bytes >= disk.reserve_bytes * DOOR_SHARE
