"""Storing parcels: one transaction, explicit conflicts, every record accounted for.

Per parcel, inside the transaction of the caller:

1. Read what is known of its numbers: spans (outlive rows) and hashes of rows still there.
2. Sort into new, repeated, conflicting (`center.ingest.lanes`).
3. Insert the new ones with `ON CONFLICT (node, epoch, stream, seq) DO NOTHING`, which forgives exactly one thing:
   the same identity. A NULL or CHECK violation raises.
4. Rows written must equal the new ones, else CountMismatchError rolls everything back.
5. Extend the spans, the lane's head, the node's signs of life; flag the epoch where there was a conflict.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from center.ingest import blobs, quarantine
from center.ingest.acks import Refused
from center.ingest.changes import record_changes
from center.ingest.database import execute, execute_many, select
from center.ingest.decode import Parcel, Poison, StateNews
from center.ingest.epochs import admit
from center.ingest.errors import CountMismatchError
from center.ingest.lanes import EPOCH_CONFLICT, LaneResult, Sorted, result_of, sort_records
from center.ingest.presence import note_life, note_state
from wire import topics
from wire.ranges import Ranges

Item = Parcel | Poison | StateNews
Outcome = LaneResult | Refused
Lane = tuple[str, str, str]  # node, epoch, stream
Held = tuple[int, int, int]  # head, oldest held, received at: the greater one is the newer statement

EPOCH_LIMIT = "epoch_limit"

_LANE = "node = %s AND epoch = %s AND stream = %s"
_INSERT = (
    "INSERT INTO ingest_rawrecord (node, epoch, stream, seq, hash, boot, run, mono_ms, wall_ms, synced, kind, body, "
    "received_ms, rejected) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
    "ON CONFLICT (node, epoch, stream, seq) DO NOTHING"
)
_HEAD = f"""
INSERT INTO ingest_head (node, epoch, stream, oldest_held, head, received_ms)
SELECT %s, %s, %s, %s, %s, %s
WHERE NOT EXISTS (SELECT 1 FROM ingest_head WHERE {_LANE} AND (head > %s OR (head = %s AND oldest_held >= %s)))
ON CONFLICT (node, epoch, stream) DO UPDATE SET
  oldest_held = excluded.oldest_held, head = excluded.head, received_ms = excluded.received_ms
WHERE excluded.head > ingest_head.head
   OR (excluded.head = ingest_head.head AND excluded.oldest_held > ingest_head.oldest_held)
"""  # noqa: S608 - our own words
# A conflict locks the row even where the last WHERE then says no: so the first one asks before.


def store(items: Sequence[Item], data_dir: Path) -> list[Outcome]:
    """Store everything of one transaction; the caller commits.

    Raises:
        errors.UNSTORABLE: the content of something in it cannot be stored.
        FileNotFoundError: the file of a picture or blob is not there: keep it and try again.
        django.db.Error: the database is in trouble.
    """
    outcomes: list[Outcome] = []
    changes: list[tuple[str, str]] = []
    lives: dict[tuple[str, str], int] = {}
    heads: dict[Lane, Held] = {}
    admitted: dict[tuple[str, str], bool] = {}
    poisoned = False
    for item in items:
        if not isinstance(item, Poison) and not _admitted(item, admitted):
            poisoned = True
            changes += _store_unadmitted(item)
        elif isinstance(item, StateNews):
            if note_state(item):
                changes.append(("presence", item.state.node))
        elif isinstance(item, Poison):
            poisoned = True
            changes += _file(item)
            if item.stream:
                outcomes.append(Refused(item.node, item.stream, item.digest, item.code))
        else:
            result = _store_parcel(item, data_dir)
            outcomes.append(result)
            lives[item.node, item.epoch] = item.received_ms
            _newest(heads, item)
            poisoned |= bool(result.rejected)  # each new one of them is a case
            if any(code == EPOCH_CONFLICT for _seq, code in result.rejected):
                changes.append(("conflict", item.node))
    note_heads(heads)
    for (node, epoch), received_ms in sorted(lives.items()):
        note_life(node, epoch, received_ms)
    if poisoned:
        quarantine.prune()
    record_changes(changes)
    return outcomes


def _admitted(item: Parcel | StateNews, known: dict[tuple[str, str], bool]) -> bool:
    node, epoch = (item.node, item.epoch) if isinstance(item, Parcel) else (item.state.node, item.state.epoch)
    if (node, epoch) not in known:
        known[node, epoch] = admit(node, epoch, item.received_ms)
    return known[node, epoch]


def _store_unadmitted(item: Parcel | StateNews) -> list[tuple[str, str]]:
    """One case per node says it; nothing is acknowledged, so the node keeps what it has."""
    if isinstance(item, Parcel):
        node, epoch, topic = item.node, item.epoch, item.topic
    else:
        node, epoch, topic = item.state.node, item.state.epoch, topics.state(item.state.node)
    detail = f"epoch {epoch} is one new epoch too many: nothing of it is stored or acknowledged for now"
    return _file(Poison(topic, node, "", EPOCH_LIMIT, detail, EPOCH_LIMIT.encode(), item.received_ms))


def store_unstorable(parcel: Parcel, data_dir: Path, reason: str) -> list[Outcome]:
    """The last resort for one record the database refuses: it goes to quarantine whole and counts as stored.

    The room for such is bounded per node. When it is full the record is not acknowledged, and the node keeps it.
    """
    (record,) = parcel.records
    if not admit(parcel.node, parcel.epoch, parcel.received_ms):
        record_changes(_store_unadmitted(parcel))
        return []
    if parcel.file is not None:
        blobs.require(data_dir, parcel.file)
    if not quarantine.note_only_copy(parcel, record, reason):
        _file(Poison(parcel.topic, parcel.node, "", "unstorable_full", reason, b"unstorable_full", parcel.received_ms))
        return []
    note_span((parcel.node, parcel.epoch, parcel.stream), Ranges.of([record.seq]))
    record_changes([("quarantine", parcel.node)])
    rejected = ((record.seq, quarantine.ONLY_COPY),)
    return [LaneResult(parcel.node, parcel.epoch, parcel.stream, (record.seq,), rejected)]


def note_head(lane: Lane, held: tuple[int, int], received_ms: int) -> None:
    """Take over what a node says it holds (oldest, head) of a lane; an older statement never overwrites a newer one."""
    note_heads({lane: (held[1], held[0], received_ms)})


def note_heads(heads: Mapping[Lane, Held]) -> None:
    """As `note_head`, for many lanes: in one order, so that two who write them do not wait for each other in a ring."""
    rows = [
        (*lane, oldest_held, head, received_ms, *lane, head, head, oldest_held)
        for lane, (head, oldest_held, received_ms) in sorted(heads.items())
    ]
    if rows:
        execute_many(_HEAD, rows)


def note_span(lane: Lane, numbers: Ranges) -> None:
    """Add numbers to what was ever stored of a lane."""
    for first, last in numbers.pairs:
        where = (*lane, first - 1, last + 1)
        found = select(f"SELECT id, first, last FROM ingest_span WHERE {_LANE} AND last >= %s AND first <= %s", where)  # noqa: S608
        if not found:
            sql = "INSERT INTO ingest_span (node, epoch, stream, first, last) VALUES (%s, %s, %s, %s, %s)"
            execute(sql, (*lane, first, last))
            continue
        keep, *merged = sorted(found, key=lambda row: row[1])
        execute_many("DELETE FROM ingest_span WHERE id = %s", [(row[0],) for row in merged]) if merged else None
        grown = (min(first, keep[1]), max(last, *(row[2] for row in found)), keep[0])
        if grown[:2] != keep[1:]:
            execute("UPDATE ingest_span SET first = %s, last = %s WHERE id = %s", grown)


def _newest(heads: dict[Lane, Held], parcel: Parcel) -> None:
    """Of several statements about a lane in one group only the newest is written."""
    if parcel.head is not None:
        lane = (parcel.node, parcel.epoch, parcel.stream)
        said = (parcel.head, parcel.oldest_held, parcel.received_ms)
        heads[lane] = max(said, heads.get(lane, said))


def _store_parcel(parcel: Parcel, data_dir: Path) -> LaneResult:
    found = _sort(parcel)
    if found.new:
        _insert(parcel, found, data_dir)
    if found.conflicting:
        _note_conflict(parcel, found)
    return result_of(parcel.node, parcel.epoch, parcel.stream, parcel.records, found)


def _sort(parcel: Parcel) -> Sorted:
    if not parcel.records:
        return Sorted((), (), ())
    lane = (parcel.node, parcel.epoch, parcel.stream)
    lowest, highest = parcel.records[0].seq, parcel.records[-1].seq
    spans = select(
        f"SELECT first, last FROM ingest_span WHERE {_LANE} AND last >= %s AND first <= %s",  # noqa: S608
        (*lane, lowest, highest),
    )
    if highest - lowest < 2 * len(parcel.records):
        where, numbers = "seq BETWEEN %s AND %s", [lowest, highest]
    else:  # far apart: the range between them may hold a year of rows
        numbers = [record.seq for record in parcel.records]
        where = f"seq IN ({', '.join(['%s'] * len(numbers))})"
    rows = select(f"SELECT seq, hash FROM ingest_rawrecord WHERE {_LANE} AND {where}", [*lane, *numbers])  # noqa: S608
    return sort_records(parcel.records, Ranges(tuple(sorted(spans))), dict(rows))


def _insert(parcel: Parcel, found: Sorted, data_dir: Path) -> None:
    if parcel.file is not None:
        blobs.require(data_dir, parcel.file)
    lane = (parcel.node, parcel.epoch, parcel.stream)
    rows = [
        (
            *lane,
            record.seq,
            record.hash,
            record.boot,
            record.run,
            record.mono_ms,
            record.wall_ms,
            record.synced,
            record.kind,
            record.body,
            parcel.received_ms,
            record.rejected,
        )
        for record in found.new
    ]
    written = execute_many(_INSERT, rows)
    received = len(found.new) + len(found.repeated) + len(found.conflicting)
    if written != len(found.new) or received != len(parcel.records):
        raise CountMismatchError(
            f"{parcel.topic}: {len(parcel.records)} received, {len(found.repeated)} repeated, "
            f"{len(found.conflicting)} conflicting, {len(found.new)} new but {written} written"
        )
    note_span(lane, Ranges.of(record.seq for record in found.new))
    for record in found.new:
        if record.rejected:
            quarantine.note_record(parcel, record, record.rejected, record.detail)


def _note_conflict(parcel: Parcel, found: Sorted) -> None:
    sql = "UPDATE ingest_epoch SET conflict = %s WHERE node = %s AND epoch = %s AND conflict = %s"
    if execute(sql, (True, parcel.node, parcel.epoch, False)):  # the first time only: a clone repeats itself
        quarantine.note_record(parcel, found.conflicting[0], EPOCH_CONFLICT, "this identity is taken by other content")


def _file(poison: Poison) -> list[tuple[str, str]]:
    if quarantine.known(poison.node, poison.digest):
        return []
    quarantine.note_poison(poison)
    return [("quarantine", poison.node)]
