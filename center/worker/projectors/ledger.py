"""What nodes gave up, and what they received."""

from center.complaints.services import note_receipt
from center.ingest.database import select
from center.operations import downlink
from center.worker.records import IDENTITY, Page, StoredRecord, identity_columns, insert_once
from wire.bodies import Gap, Receipt


def project_gap(record: StoredRecord, body: Gap, page: Page) -> None:
    """One entry of the gap ledger."""
    insert_once(
        "connectivity_gapledger",
        IDENTITY,
        **identity_columns(record),
        of_epoch=body.epoch or record.epoch,
        stream=body.stream,
        first=body.first,
        last=body.last,
        count=body.count,
        reason=body.reason,
        from_ms=body.from_ms,
        to_ms=body.to_ms,
        received_ms=record.received_ms,
    )
    if body.stream == "health":
        page.facts.changed(record.node, body.from_ms)
    page.audit_node(record.node)
    page.announce("node", record.node)


def project_receipt(record: StoredRecord, body: Receipt, page: Page) -> None:
    """The node has a downlink: stop offering it, and note in the complaint's log that its answer arrived."""
    if not downlink.close(body.id, record.node, body.outcome, record.received_ms):
        return
    page.announce("downlink", record.node)
    row = select("SELECT leaf, body FROM operations_downlink WHERE id = %s", (body.id,))[0]
    if row[0] == "reply":
        note_receipt(row[1], node=record.node, outcome=body.outcome, at_ms=record.received_ms)
        page.announce("complaint", record.node)
