"""Giving records up to make room, a bounded step at a time, each step with its rows in the ledger.

A step looks at no more than `MOST_ROWS` records and is part of one transaction; what is still too much goes with the
next commit. It begins where the step before ended (`Lane.thinned`, written in the same transaction), so a restart
neither repeats nor skips anything, and nothing is held in memory but the numbers of one step.

What is under way to the centre (`under_way`) goes last: it may be stored there before it is given up here.
"""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from agent.core.clock import Stamp
from agent.core.reasons import AGE
from agent.core.retention import Eviction
from agent.core.thinning import LEVELS, Report, spared_from, thin
from agent.outbox import losses, schema
from agent.outbox.draft import Draft
from agent.outbox.weights import Weight, weights
from wire.ranges import Ranges
from wire.shape import replace

PROTECTED_KINDS = ("gap", "epoch")
"""Events that are the ledger itself: never given up to make room."""
MOST_ROWS = 1000
"""Rows looked at per step: some 50 ms on a slow card."""
NONE = Ranges()
MOST_ENTRIES = 4
"""Ledger entries per step. More runs of numbers than that share one entry that covers them all."""


def evict(draft: Draft, eviction: Eviction, files: Path, stamp: Stamp, under_way: Ranges = NONE) -> None:
    """Give up a stream's oldest records; of health, thin them first."""
    stream = eviction.stream
    if stream == "health":
        if draft.lane(stream).rows == 0:
            draft.empty_slots()
        before = draft.lane(stream)
        freed, looked = _thin(draft, eviction.size_bytes, files, stamp, under_way)
        if freed < eviction.size_bytes and looked < MOST_ROWS:
            rest = replace(eviction, size_bytes=eviction.size_bytes - freed)
            _drop(draft, rest, files, stamp, under_way)
    else:
        before = draft.lane(stream)
        _drop(draft, eviction, files, stamp, under_way)
    if draft.lane(stream).pending != before.pending:
        draft.memory.giving_up[stream] = eviction.reason
    if draft.lane(stream) != before:
        draft.save(stream)


def _thin(draft: Draft, size_bytes: int, files: Path, stamp: Stamp, under_way: Ranges) -> tuple[int, int]:
    """One step over the levels, mildest first; returns the bytes freed and how many rows were looked at."""
    freed = looked = 0
    for index, level in enumerate(LEVELS):
        if freed >= size_bytes or looked >= MOST_ROWS:
            break
        lane = draft.lane("health")
        begin = max(lane.thinned[index], lane.watermark)
        # What a milder level has not come to yet is not for this one.
        end = min((spared_from(lane.head, lane.rows) - 1, *lane.thinned[:index]))
        rows = _rows(draft, begin + 1, end, MOST_ROWS - looked)
        if not rows:
            continue
        before = next(draft.db.rows(schema.TIME_BEFORE["health"], (begin,)), None)
        spared = lane.done.union(under_way)
        waiting = [report for report, _ in rows if not spared.contains(report.seq)]
        found = thin(waiting, level.slot_ms, _report(before) if before else None, size_bytes - freed)
        whole = not waiting or found.upto == waiting[-1].seq
        upto = rows[-1][0].seq if whole else found.upto
        chosen = set(found.given_up)
        _take_out(draft, [row for row in rows if row[0].seq in chosen], (index, upto), files, stamp)
        freed += found.size_bytes
        looked += len(rows)
    return freed, looked


def _take_out(draft: Draft, rows: list[tuple[Report, int]], cursor: tuple[int, int], files: Path, stamp: Stamp) -> None:
    """Remove single reports out of a stretch, which from now on is one where absence means given up."""
    index, upto = cursor
    draft.delete("health", ((report.seq, report.size_bytes, None) for report, _ in rows), files)
    lane = draft.lane("health")
    thinned = (upto, lane.thinned[1]) if index == 0 else (lane.thinned[0], upto)
    draft.memory.lanes["health"] = replace(lane, thinned=thinned, absent=lane.absent + len(rows))
    if rows:
        walls = [wall_ms for _, wall_ms in rows]
        lost = (rows[0][0].seq, rows[-1][0].seq, len(rows))
        draft.declare("health", lost, span=(min(walls), max(walls)), why=LEVELS[index].reason, at=stamp)


def _drop(draft: Draft, eviction: Eviction, files: Path, stamp: Stamp, under_way: Ranges) -> None:
    """Give up the oldest. Kept records that are already acknowledged go first, and need no entry."""
    stream = eviction.stream
    lane = draft.lane(stream)
    rows = weights(draft.db, stream, most=MOST_ROWS, but_kinds=PROTECTED_KINDS if stream == "event" else ())
    _let_go(draft, eviction, rows, _chosen(rows, eviction.size_bytes, lane.done, under_way), files=files, stamp=stamp)


def expire_pictures(draft: Draft, upto: int, files: Path, stamp: Stamp) -> bool:
    """Let pictures up to this number go, sent or not: they have been kept long enough. True when there may be more."""
    rows = weights(draft.db, losses.STREAM, (1, upto), most=MOST_ROWS)
    if rows:
        _let_go(draft, Eviction(losses.STREAM, 0, AGE), rows, rows, files=files, stamp=stamp)
        draft.save(losses.STREAM)
    return len(rows) == MOST_ROWS


def _let_go(
    draft: Draft, eviction: Eviction, rows: list[Weight], chosen: list[Weight], *, files: Path, stamp: Stamp
) -> None:
    stream = eviction.stream
    lane = draft.lane(stream)
    lost = [row for row in chosen if not lane.done.contains(row.seq)]
    if lost:
        numbers = Ranges.of(row.seq for row in lost)
        whole = Ranges(((lost[0].seq, lost[-1].seq),))
        staying = {row.seq for row in rows} - {row.seq for row in chosen}
        # Between the oldest and the newest of them nothing stays but those; among the events also the ledger.
        gone = Ranges.of(staying).missing(*whole.pairs[0])
        draft.mark_done(stream, numbers if stream == "event" else gone)
        _declare(draft, eviction, lost, numbers if len(numbers.pairs) <= MOST_ENTRIES else whole, stamp)
        if stream == losses.STREAM:
            losses.give_up(draft, ((row.seq, files / row.file if row.file else None) for row in lost))
    draft.delete(stream, (row.doomed for row in chosen), files)


def _chosen(rows: list[Weight], size_bytes: int, done: Ranges, under_way: Ranges) -> list[Weight]:
    """As many as are needed, ascending: done ones, then waiting ones, and what is under way only when nothing else."""
    ranks: tuple[list[Weight], ...] = ([], [], [])
    for row in rows:
        ranks[0 if done.contains(row.seq) else 2 if under_way.contains(row.seq) else 1].append(row)
    chosen: list[Weight] = []
    freed = 0
    for row in (row for rank in ranks for row in rank):
        if freed >= size_bytes:
            break
        chosen.append(row)
        freed += row.size_bytes
    return sorted(chosen, key=lambda row: row.seq)


def _declare(draft: Draft, eviction: Eviction, lost: list[Weight], numbers: Ranges, stamp: Stamp) -> None:
    for first, last in numbers.pairs:
        walls = [row.wall_ms for row in lost if first <= row.seq <= last]
        entry = (first, last, len(walls))
        draft.declare(eviction.stream, entry, span=(min(walls), max(walls)), why=eviction.reason, at=stamp)


def _rows(draft: Draft, first: int, last: int, most: int) -> list[tuple[Report, int]]:
    """Reports of the table and their wall times."""
    found = islice(draft.db.rows(schema.TIMES["health"], (first, last)), most)
    return [(_report(row), int(str(row[4]))) for row in found]


def _report(row: Sequence[object]) -> Report:
    return Report(int(str(row[0])), str(row[1]), int(str(row[2])), int(str(row[3])))
