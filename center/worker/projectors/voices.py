"""What citizens say: complaints, requests for information, survey answers, and sealed photographs."""

from center.complaints.receiving import receive_complaint, receive_request, receive_survey
from center.ingest.decode import blob_path
from center.worker.records import (
    ANY_IDENTITY,
    Page,
    StoredRecord,
    identity_columns,
    insert_once,
    time_columns,
)
from wire.attachment import AttachmentRecord
from wire.bodies import Complaint, InformationRequest, SurveyAnswer


def project_complaint(record: StoredRecord, body: Complaint, page: Page) -> None:
    """A citizen's voice, as filed."""
    times = time_columns(record, page.moment(record))
    if receive_complaint(body, {**identity_columns(record), **times}, record.received_ms):
        page.announce("complaint", record.node)


def project_request(record: StoredRecord, body: InformationRequest, page: Page) -> None:
    """A request for public information, as filed."""
    times = time_columns(record, page.moment(record))
    if receive_request(body, {**identity_columns(record), **times}, record.received_ms):
        page.announce("complaint", record.node)


def project_survey(record: StoredRecord, body: SurveyAnswer, page: Page) -> None:
    """One answered survey."""
    times = time_columns(record, page.moment(record))
    if receive_survey(body, {**identity_columns(record), **times}):
        page.announce("survey", record.node)


def project_attachment(record: StoredRecord, body: AttachmentRecord, page: Page) -> None:
    """A sealed blob: only which complaint it belongs to is known here. Offered again in a new epoch it is the same."""
    path = blob_path("attachment", record.node, record.hash)
    size_bytes = (page.data_dir / path).stat().st_size
    insert_once(
        "complaints_attachment",
        ANY_IDENTITY,
        **identity_columns(record),
        service_request_id=body.service_request_id,
        key_id=body.key_id,
        size_bytes=size_bytes,
        path=str(path),
        received_ms=record.received_ms,
        sha256=body.sha256,
    )
    page.announce("complaint", record.node)
