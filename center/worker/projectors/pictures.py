"""Pictures: the row that names the file, with the finding about its signature."""

from center.evidence import examine
from center.ingest.database import select
from center.ingest.decode import blob_path
from center.worker.records import (
    IDENTITY,
    Page,
    StoredRecord,
    identity_columns,
    insert_once,
    time_columns,
)
from wire.snapshot import SnapshotRecord


def project_snapshot(record: StoredRecord, body: SnapshotRecord, page: Page) -> None:
    """A picture whose signature does not fit is kept and flagged: evidence of something is evidence too."""
    path = blob_path("snapshot", record.node, record.hash)
    keys = select("SELECT sign_key FROM sites_node WHERE id = %s", (record.node,))
    evidence = examine((page.data_dir / path).read_bytes(), keys[0][0] if keys else "")
    insert_once(
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
        signature_ok=evidence.genuine,
    )
    page.announce("snapshot", record.node)
