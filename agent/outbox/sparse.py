"""Thinned stretches of a lane, where the table says what is left: see the prose of `lanes`."""

from collections.abc import Iterator

from agent.outbox import schema
from agent.outbox.database import Database
from agent.outbox.lanes import Lane
from wire.ranges import Ranges
from wire.shape import replace


def settled(db: Database, stream: str, lane: Lane, numbers: Ranges) -> tuple[Lane, Ranges]:
    """The lane after these numbers are done, and which numbers that added: records, and absent numbers behind them.

    How many of them were records is the difference in `pending`. Call it before the rows are deleted.
    """
    border = lane.thinned_to
    news: list[tuple[int, int]] = []
    for first, last in numbers.pairs:
        news += lane.not_done(max(first, border + 1), last).pairs
    records = 0
    below = [(max(first, lane.watermark + 1), min(last, border)) for first, last in numbers.pairs]
    below = [(first, last) for first, last in below if first <= last]
    if below:
        for seq, following in _rows(db, stream, below[0][0], below[-1][1]):
            if numbers.contains(seq) and not lane.done.contains(seq):
                records += 1
                news.append((seq, min(following - 1, border)))
    added = Ranges.from_pairs(news)
    done = lane.done.union(added)
    gone = len(done) - len(lane.done) - records - sum(last - first + 1 for first, last in news if first > border)
    return replace(lane, done=done, absent=lane.absent - gone), added


def newest_waiting(db: Database, stream: str, lane: Lane) -> int:
    """The number of the newest record that waits; 0 when none does."""
    for first, last in reversed(lane.not_done(1, lane.head).pairs):
        if last > lane.thinned_to:
            return last
        newest = db.integer(schema.NEWEST_BETWEEN[stream], (first, last))
        if newest:
            return newest
    return 0


def _rows(db: Database, stream: str, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Each number with a row in first..last, and the number of the row behind it."""
    at: int | None = None
    for (value,) in db.rows(schema.NUMBERS_FROM[stream], (first,)):
        seq = int(str(value))
        if at is not None:
            yield at, seq
        if seq > last:
            return
        at = seq
    if at is not None:
        yield at, 2**53
