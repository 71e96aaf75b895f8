"""Complaints and their sealed attachments."""

from center.complaints.services import receive_complaint
from center.ingest.decode import blob_path
from center.worker.records import (
    IDENTITY,
    Page,
    StoredRecord,
    identity_columns,
    insert_once,
    time_columns,
)
from wire.attachment import AttachmentRecord
from wire.bodies import Complaint


def project_complaint(record: StoredRecord, body: Complaint, page: Page) -> None:
    """A citizen's voice, as filed."""
    times = time_columns(record, page.moment(record))
    if receive_complaint(body, {**identity_columns(record), **times}, record.received_ms):
        page.announce("complaint", record.node)


def project_attachment(record: StoredRecord, body: AttachmentRecord, page: Page) -> None:
    """A sealed blob: only which complaint it belongs to is known here."""
    path = blob_path("attachment", record.node, record.hash)
    size_bytes = (page.data_dir / path).stat().st_size
    insert_once(
        "complaints_attachment",
        IDENTITY,
        **identity_columns(record),
        service_request_id=body.service_request_id,
        key_id=body.key_id,
        size_bytes=size_bytes,
        path=str(path),
        received_ms=record.received_ms,
    )
    page.announce("complaint", record.node)
