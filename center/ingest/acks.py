"""From committed results to the acknowledgements that tell the nodes. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import TypeVar

from center.ingest.lanes import EPOCH_CONFLICT, LaneResult
from wire import PROTOCOL_VERSION
from wire.messages import Ack, Refusal, Rejection
from wire.ranges import Ranges

# An acknowledgement fits MAX_CONTROL_BYTES (64 KiB) also with the longest numbers and codes.
RANGES_PER_ACK = 800
REJECTIONS_PER_ACK = 200
REFUSALS_PER_ACK = 100
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Refused:
    """A payload that could not be decoded and is filed in quarantine."""

    node: str
    stream: str
    digest: str
    code: str


def acks(outcomes: Iterable[LaneResult | Refused]) -> list[tuple[str, Ack]]:
    """(node, acknowledgement) pairs: one per lane that had anything, more only where one would be too long.

    Two boxes with one identity are both told: a number in conflict is named as such and as nothing else, or the box
    whose record was not taken would forget it over the other one's `stored`.
    """
    stored: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
    rejected: defaultdict[tuple[str, str, str], dict[int, str]] = defaultdict(dict)
    refused: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for outcome in outcomes:
        if isinstance(outcome, Refused):
            refused[outcome.node, outcome.stream][outcome.digest] = outcome.code
        else:
            lane = (outcome.node, outcome.epoch, outcome.stream)
            stored[lane] += outcome.stored
            for seq, code in outcome.rejected:
                if rejected[lane].get(seq) != EPOCH_CONFLICT:
                    rejected[lane][seq] = code
    told: list[tuple[str, Ack]] = []
    for lane in dict.fromkeys((*stored, *rejected)):
        node, epoch, stream = lane
        taken = Ranges.of(seq for seq in stored[lane] if rejected[lane].get(seq) != EPOCH_CONFLICT)
        ranges = _chunks(taken.pairs, RANGES_PER_ACK)
        rejections = _chunks((Rejection(seq, code) for seq, code in sorted(rejected[lane].items())), REJECTIONS_PER_ACK)
        for pairs, codes in zip_longest(ranges, rejections, fillvalue=()):
            told.append((node, Ack(PROTOCOL_VERSION, epoch, stream, tuple(pairs), tuple(codes))))  # type: ignore[arg-type]
    for (node, stream), digests in refused.items():
        parts = _chunks((Refusal(digest, code) for digest, code in digests.items()), REFUSALS_PER_ACK)
        told += [(node, Ack(PROTOCOL_VERSION, "", stream, refused=part)) for part in parts]  # type: ignore[arg-type]
    return told


def _chunks(items: Iterable[T], size: int) -> list[tuple[T, ...]]:
    iterator = iter(items)
    parts = []
    while part := tuple(islice(iterator, size)):
        parts.append(part)
    return parts
