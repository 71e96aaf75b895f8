"""Looking into an open outbox: pages for the uplink, single records, figures for people."""

from collections.abc import Container, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from agent.outbox import files, schema
from agent.outbox.held import BadRowError, Held, from_row
from agent.outbox.opening import Opened


def page(
    opened: Opened, folder: Path, stream: str, want: tuple[int, int, int], passed_over: Container[int] = ()
) -> tuple[list[Held], list[int]]:
    """Records that wait, and the numbers of damaged rows met on the way; none of those `passed_over`.

    `want` is (behind which number, at most so many bytes, at most so many records); the first always fits.
    """
    after, limit_bytes, limit_records = want
    lane = opened.memory.lanes[stream]
    found: list[Held] = []
    bad: list[int] = []
    size = 0
    at = max(after, lane.watermark)
    for row in opened.db.rows(schema.AFTER[stream], (at,)):
        seq = int(str(row[0]))
        in_slot = stream == "health" and seq in opened.memory.slots.held
        if in_slot or seq in passed_over or lane.done.contains(seq):
            continue
        try:
            held = from_row(stream, row, folder)
        except BadRowError:
            bad.append(seq)
            continue
        size += held.size_bytes
        if found and (size > limit_bytes or len(found) >= limit_records):
            return found, bad
        found.append(held)
    if stream == "health":
        for held in opened.memory.slots.ascending():
            seq = held.record.seq
            if seq <= at or seq in passed_over or lane.done.contains(seq):
                continue
            size += held.size_bytes
            if found and (size > limit_bytes or len(found) >= limit_records):
                break
            found.append(held)
    return found, bad


def one(opened: Opened, folder: Path, stream: str, seq: int) -> Held | None:
    """A record by its number; None when it is not here or damaged."""
    if stream == "health" and seq in opened.memory.slots.held:
        return opened.memory.slots.held[seq][0]
    for row in opened.db.rows(schema.ONE[stream], (seq,)):
        try:
            return from_row(stream, row, folder)
        except BadRowError:
            return None
    return None


def status(opened: Opened, folder: Path) -> dict[str, object]:
    """Figures per stream and for the whole."""
    streams = {
        stream: {
            "oldest_held": lane.oldest_held,
            "head": lane.head,
            "pending": lane.pending,
            "kept_rows": lane.rows + (len(opened.memory.slots.held) if stream == "health" else 0),
            "size_bytes": lane.size_bytes,
        }
        for stream, lane in opened.memory.lanes.items()
    }
    return {
        "epoch": opened.epoch,
        "board": opened.board,
        "streams": streams,
        "dead": opened.db.integer("SELECT count(*) FROM dead"),
        "quarantined_files": len(list(folder.parent.glob("outbox.corrupt-*.db"))),
        "file_bytes": opened.db.path.stat().st_size,
        "free_bytes": files.free_bytes(folder),
    }


def ledger(opened: Opened, most: int) -> list[dict[str, object]]:
    """Ledger entries, newest first: what a `gap` event says, when it was filed, whether it is acknowledged."""
    done = opened.memory.lanes["event"].done
    found: list[dict[str, object]] = []
    for held in _events(opened, schema.GAPS, most):
        body = msgspec.json.decode(bytes(held.record.body), type=dict[str, object])
        facts = {
            "seq": held.record.seq,
            "filed_ms": held.record.wall_ms,
            "acknowledged": done.contains(held.record.seq),
        }
        found.append(facts | body)
    return found


def dead(opened: Opened, most: int) -> list[dict[str, object]]:
    """Headstones, newest first. Contents stay where they are."""
    names = ("n", "stream", "epoch", "seq", "code", "kind", "file")
    return [dict(zip(names, row, strict=True)) for row in opened.db.rows(schema.DEAD, (most,))]


def _events(opened: Opened, query: str, most: int) -> Iterator[Held]:
    for row in opened.db.rows(query, (most,)):
        with suppress(BadRowError):
            yield from_row("event", row, Path())
