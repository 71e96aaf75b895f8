"""Following the raw table by id: each record is projected once, in the transaction that moves the cursor.

A page is tried as a whole. When anything in it fails, the page is done again record by record, each in a savepoint: the
one at fault is noted in quarantine (it stays in the raw table) and the follower goes on. It never sticks.
"""

import logging
from pathlib import Path

import msgspec
from django.db import Error as AnyDatabaseError
from django.db import InterfaceError, InternalError, OperationalError, ProgrammingError, transaction

from center.ingest import quarantine
from center.ingest.changes import record_changes
from center.ingest.database import execute, select
from center.ingest.models import Cursor
from center.worker.audit import Auditor
from center.worker.projectors import projector
from center.worker.records import Page, StoredRecord
from wire import codec
from wire.attachment import AttachmentRecord
from wire.errors import WireError
from wire.snapshot import SnapshotRecord

CURSOR = "projection"
PAGE_RECORDS = 200
"""About 15 ms in one transaction (measured with reports of 1 kB): ingest and web wait no longer than that."""
TROUBLE = (OperationalError, InterfaceError, InternalError, ProgrammingError)
"""The database itself (locked, gone, a table missing): no record's fault; wait and try again."""
_CARRIED: dict[str, msgspec.json.Decoder[SnapshotRecord] | msgspec.json.Decoder[AttachmentRecord]] = {
    "snapshot": msgspec.json.Decoder(SnapshotRecord),
    "attachment": msgspec.json.Decoder(AttachmentRecord),
}
_COLUMNS = "id, node, epoch, stream, seq, hash, boot, run, mono_ms, wall_ms, synced, kind, body, received_ms"
_log = logging.getLogger("center.worker")


def project_page(data_dir: Path, auditor: Auditor | None = None) -> int:
    """Project the next page; returns how many records it had (0 = nothing new). The auditor is told what to look at.

    Raises:
        django.db.OperationalError and its like: the database is in trouble; nothing moved.
    """
    try:
        count, touched = _project(data_dir, one_by_one=False)
    except TROUBLE:
        raise
    except Exception as error:  # noqa: BLE001 - one record's fault, found in the second round
        _log.info("page-done-singly", extra={"error": repr(error)})
        count, touched = _project(data_dir, one_by_one=True)
    if auditor is not None:
        auditor.mark(touched)
    return count


def _project(data_dir: Path, *, one_by_one: bool) -> tuple[int, set[tuple[str, str]]]:
    with transaction.atomic():
        Cursor.objects.get_or_create(name=CURSOR)
        position = Cursor.objects.select_for_update().get(name=CURSOR).position
        rows = select(
            f"SELECT {_COLUMNS}, rejected FROM ingest_rawrecord WHERE id > %s ORDER BY id LIMIT %s",  # noqa: S608
            (position, PAGE_RECORDS),
        )
        if not rows:
            return 0, set()
        page = Page(data_dir)
        for *values, rejected in rows:
            record = StoredRecord(*values)
            if rejected:
                continue  # in quarantine since it arrived
            if one_by_one:
                _project_alone(record, page)
            else:
                _project_record(record, page)
        page.clocks.settle()
        execute("UPDATE ingest_cursor SET position = %s WHERE name = %s", (rows[-1][0], CURSOR))
        record_changes(page.changes)
    return len(rows), page.to_audit


def _project_record(record: StoredRecord, page: Page) -> None:
    project = projector(record.stream, record.kind)
    if project is None:
        return
    body = record.body.encode()
    decoder = _CARRIED.get(record.stream)
    decoded = decoder.decode(body) if decoder else codec.decode_body(record.stream, record.kind, body)
    project(record, decoded, page)


def _project_alone(record: StoredRecord, page: Page) -> None:
    try:
        with transaction.atomic():
            _project_record(record, page)
    except TROUBLE:
        raise
    except (AnyDatabaseError, WireError, OSError, ValueError, TypeError, LookupError, ArithmeticError) as error:
        _log.error(
            "record-not-projected",
            extra={"node": record.node, "stream": record.stream, "kind": record.kind, "error": type(error).__name__},
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
