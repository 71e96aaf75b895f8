"""What technicians at the boxes say of their work: a row each, and an entry in the node's journal."""

from center.worker.projectors.lives import project_event
from center.worker.records import IDENTITY, Page, StoredRecord, identity_columns, insert_once, time_columns
from wire.bodies import MaintenanceNotice


def project_maintenance(record: StoredRecord, body: MaintenanceNotice, page: Page) -> None:
    """The end is kept as a length from the record's own moment: both move together when the boot's clock is known."""
    insert_once(
        "operations_maintenance",
        IDENTITY,
        **identity_columns(record),
        **time_columns(record, page.moment(record)),
        active=body.active,
        lasts_ms=body.until_mono_ms - record.mono_ms,
        by=body.by,
        ticket=body.ticket,
        note=body.note,
    )
    project_event(record, body, page)
