"""Sorting one lane's records into new, repeated and conflicting. Pure: what is known comes in, decisions go out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from center.ingest.decode import Filed
from wire.ranges import Ranges

EPOCH_CONFLICT = "epoch_conflict"


@dataclass(frozen=True, slots=True)
class Sorted:
    """A parcel's records by what becomes of them; each record is in exactly one of the three."""

    new: tuple[Filed, ...]
    repeated: tuple[Filed, ...]
    conflicting: tuple[Filed, ...]


@dataclass(frozen=True, slots=True)
class LaneResult:
    """What was committed of one parcel, as the node will be told."""

    node: str
    epoch: str
    stream: str
    stored: tuple[int, ...]
    rejected: tuple[tuple[int, str], ...] = ()
    new: int = 0


def sort_records(records: Sequence[Filed], spans: Ranges, hashes: Mapping[int, str]) -> Sorted:
    """`spans` were stored at some time, `hashes` are of rows still there.

    A repeat is the same identity with the same content. Where the row has gone, its number in a span is all that
    is known, and it counts as a repeat: counted once is the promise.
    """
    new: list[Filed] = []
    repeated: list[Filed] = []
    conflicting: list[Filed] = []
    for record in records:
        known = hashes.get(record.seq)
        if known is None:
            (repeated if spans.contains(record.seq) else new).append(record)
        elif known == record.hash:
            repeated.append(record)
        else:
            conflicting.append(record)
    return Sorted(tuple(new), tuple(repeated), tuple(conflicting))


def result_of(node: str, epoch: str, stream: str, records: Sequence[Filed], found: Sorted) -> LaneResult:
    """What to tell the node: everything but conflicts is stored; misfits are stored and named."""
    conflicts = {record.seq for record in found.conflicting}
    stored = tuple(record.seq for record in records if record.seq not in conflicts)
    rejected = [(record.seq, EPOCH_CONFLICT) for record in found.conflicting]
    rejected += [(record.seq, record.rejected) for record in records if record.rejected and record.seq not in conflicts]
    return LaneResult(node, epoch, stream, stored, tuple(rejected), len(found.new))
