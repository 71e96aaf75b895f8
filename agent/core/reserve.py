"""How much of the preallocated reserve to hold or to give back: pure arithmetic over free and held bytes.

The reserve is a real file, so that nobody else can use its room. Before each commit there must be as much free as the
commit may need (`needed`): a disk that turns out full in the middle of an fsync leaves nobody knowing what is on it.
What is missing is cut off the reserve, in small steps, since whatever filled the disk may take that room as well: a
program that eats all it finds needs 256 commits, two hours at a report every 30 s, to eat 64 MiB that way.
"""

from typing import Final

STEP_BYTES: Final = 256 * 1024
MARGIN_BYTES: Final = 256 * 1024
"""Room kept free for one ordinary commit. Most commits need none: the log is overwritten in place, and rows go into
pages that are free inside the file. What may grow is the log (some 3 kB per commit) and the file when it is copied."""
RESCUE_BYTES: Final = 4 * 1024 * 1024
"""Given back at once when a commit still found no room: twice the longest log (`database.LOG_LIMIT_BYTES`)."""
MOST_SHARE: Final = 2
"""A card smaller than expected: the reserve takes at most half of the file system."""


def needed(incoming_bytes: int) -> int:
    """What must be free before a commit of this size: once for the log, once for the file."""
    return MARGIN_BYTES + 2 * incoming_bytes


def target(configured_bytes: int, total_bytes: int) -> int:
    """How large the reserve should be on a file system of this size."""
    return min(configured_bytes, total_bytes // MOST_SHARE)


def to_give_back(free_bytes: int, held_bytes: int, wanted_bytes: int) -> int:
    """How much to cut off, so that `wanted_bytes` are free; whole steps, and never more than is held."""
    short = wanted_bytes - free_bytes
    if short <= 0:
        return 0
    return min(held_bytes, -(-short // STEP_BYTES) * STEP_BYTES)


def to_take(free_bytes: int, held_bytes: int, target_bytes: int) -> int:
    """How much to grow; 0 when there is no room to spare. Leaves two margins free, so that it does not swing."""
    missing = target_bytes - held_bytes
    spare = free_bytes - 2 * MARGIN_BYTES
    if missing <= 0 or spare < min(missing, STEP_BYTES):
        return 0
    return min(missing, spare)
