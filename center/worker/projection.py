"""Following the raw table by id: each record is projected once, in the transaction that moves the cursor.

A page is tried as a whole. When anything in it fails, the page is halved until the record at fault stands alone: that
one is noted in quarantine (it stays in the raw table) and the follower goes on. It never sticks. What nothing was
projected from is listed, for a later version to read again (`center.worker.second_reading`).
"""

import logging
from pathlib import Path

import msgspec

from center.ingest import quarantine
from center.ingest.changes import record_changes
from center.ingest.database import execute, select, writing
from center.ingest.models import Cursor
from center.worker.audit import Auditor
from center.worker.projectors import projector
from center.worker.records import Page, StoredRecord
from center.worker.trouble import in_halves
from wire import codec
from wire.attachment import AttachmentRecord
from wire.snapshot import SnapshotRecord

CURSOR = "projection"
PAGE_RECORDS = 200
"""About 15 ms in one transaction (measured with reports of 1 kB): ingest and web wait no longer than that."""
CARRIED: dict[str, msgspec.json.Decoder[SnapshotRecord] | msgspec.json.Decoder[AttachmentRecord]] = {
    "snapshot": msgspec.json.Decoder(SnapshotRecord),
    "attachment": msgspec.json.Decoder(AttachmentRecord),
}
COLUMNS = "id, node, epoch, stream, seq, hash, boot, run, mono_ms, wall_ms, synced, kind, body, received_ms"
_PASSED_OVER = (
    "INSERT INTO connectivity_passedover (record_id, node, stream, kind, reason, received_ms) "
    "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (record_id) DO UPDATE SET reason = excluded.reason"
)
_log = logging.getLogger("center.worker")


def project_page(data_dir: Path, auditor: Auditor | None = None) -> int:
    """Project the next records; returns how many (0 = nothing new). The auditor is told what to look at.

    Raises:
        TROUBLE: the database is in trouble; nothing moved.
    """
    count, touched = in_halves(
        PAGE_RECORDS,
        lambda size: _project(data_dir, size),
        lambda error: (_give_up_next(error), set[tuple[str, str]]()),
    )
    if auditor is not None:
        auditor.mark(touched)
    return count


def project_record(record: StoredRecord, page: Page) -> bool:
    """Project one record; False when its kind is unknown here. Raises whatever is wrong with it."""
    page.lived(record)
    project = projector(record.stream, record.kind)
    if project is None:
        return False
    body = record.body.encode()
    decoder = CARRIED.get(record.stream)
    decoded = decoder.decode(body) if decoder else codec.decode_body(record.stream, record.kind, body)
    project(record, decoded, page)
    return True


def _project(data_dir: Path, size: int) -> tuple[int, set[tuple[str, str]]]:
    with writing():
        rows = _next(size)
        page = Page(data_dir)
        for record, rejected in rows:
            page.audit(record.node, record.epoch)  # whatever arrives, however late, makes less missing
            if rejected:  # in quarantine since it arrived
                page.lived(record)
                _pass_over(record, rejected)
            elif not project_record(record, page):
                _pass_over(record, "kind")
        if rows:
            page.finish()
            _move_on(rows[-1][0])
            record_changes(page.changes)
    return len(rows), page.to_audit


def _next(size: int) -> list[tuple[StoredRecord, str]]:
    """The records behind the cursor, with ingest's own finding about each."""
    Cursor.objects.get_or_create(name=CURSOR)
    position = Cursor.objects.select_for_update().get(name=CURSOR).position
    rows = select(
        f"SELECT {COLUMNS}, rejected FROM ingest_rawrecord WHERE id > %s ORDER BY id LIMIT %s",  # noqa: S608
        (position, size),
    )
    return [(StoredRecord(*values), rejected) for *values, rejected in rows]


def _move_on(record: StoredRecord) -> None:
    execute("UPDATE ingest_cursor SET position = %s WHERE name = %s", (record.id, CURSOR))


def _pass_over(record: StoredRecord, reason: str) -> None:
    execute(_PASSED_OVER, (record.id, record.node, record.stream, record.kind, reason, record.received_ms))


def _give_up_next(error: Exception) -> int:
    """Note the record behind the cursor, at which projecting failed, and go past it."""
    with writing():
        rows = _next(1)
        for record, _rejected in rows:
            _log.error(
                "record-not-projected",
                extra={"node": record.node, "stream": record.stream, "kind": record.kind, "error": repr(error)},
            )
            quarantine.note(
                node=record.node,
                topic=f"raw/{record.id}",
                code="projection",
                detail=f"{record.epoch} {record.stream} {record.seq} {record.kind}: {error!r}",
                payload=record.body.encode(),
                received_ms=record.received_ms,
            )
            quarantine.prune()
            _pass_over(record, "projection")
            _move_on(record)
    return len(rows)
