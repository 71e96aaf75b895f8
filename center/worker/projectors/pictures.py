"""Pictures: the row that names the file, with the finding about its signature, and the account of what is stored."""

from pathlib import Path, PurePosixPath

from center.cctv.account import note_received
from center.cctv.keys import keys_of
from center.evidence import examine_any
from center.ingest.decode import blob_path
from center.worker.records import (
    IDENTITY,
    Page,
    StoredRecord,
    identity_columns,
    insert_once,
    json_text,
    time_columns,
)
from wire.snapshot import SnapshotRecord


def project_snapshot(record: StoredRecord, body: SnapshotRecord, page: Page) -> None:
    """A picture whose signature does not fit is kept and flagged: evidence of something is evidence too."""
    path = _file_of(page.data_dir, record)
    evidence = examine_any((page.data_dir / path).read_bytes(), keys_of(record.node, record.received_ms))
    is_new = insert_once(
        "cctv_snapshot",
        IDENTITY,
        **identity_columns(record),
        **time_columns(record, page.moment(record)),
        camera=body.camera,
        purpose=body.purpose,
        age_ms=body.taken_age_ms,
        width=body.width,
        height=body.height,
        size_bytes=body.size_bytes,
        sha256=body.sha256,
        previous_sha256=body.previous_sha256,
        key_id=body.key_id,
        path=str(path),
        reason=body.reason or "",
        request_id=body.request_id or "",
        verdict=body.verdict or "",
        mask_version=body.mask_version,
        evicted=json_text(body.evicted),
        evicted_more=body.evicted_more,
        finding=evidence.finding,
        signature_ok=evidence.genuine,
    )
    if is_new:
        note_received(record.node, body.camera, record.received_ms, body.size_bytes)
    page.announce("snapshot", record.node)


def _file_of(data_dir: Path, record: StoredRecord) -> PurePosixPath:
    """Where the picture lies: by its day, or where an earlier version put it."""
    path = blob_path("snapshot", record.node, record.hash, record.wall_ms)
    earlier = blob_path("snapshot", record.node, record.hash)
    return earlier if not (data_dir / path).exists() and (data_dir / earlier).exists() else path
