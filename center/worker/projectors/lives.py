"""A node's lives: epochs, boots with their anchors, starts and stops, reach and warnings."""

from center.ingest.database import execute, select
from center.worker.records import (
    IDENTITY,
    Page,
    StoredRecord,
    identity_columns,
    insert_once,
    json_text,
    time_columns,
)
from wire.bodies import Anchor, EpochNotice, StartNotice


def project_event(record: StoredRecord, _body: object, page: Page) -> None:
    """Any journal entry people may want to read on the node's page."""
    insert_once(
        "connectivity_nodeevent",
        IDENTITY,
        **identity_columns(record),
        **time_columns(record, page.moment(record)),
        run=record.run,
        kind=record.kind,
        json=record.body,
    )
    page.announce("node", record.node)


def project_epoch(record: StoredRecord, body: EpochNotice, page: Page) -> None:
    """Which epoch came before this one, by its own notice: the first one in it.

    The notice of the epoch before may follow it, when it had not been acknowledged and moved along.
    """
    project_event(record, body, page)
    first = select(
        "SELECT MIN(seq) FROM connectivity_nodeevent WHERE node = %s AND epoch = %s AND kind = 'epoch'",
        (record.node, record.epoch),
    )
    if first[0][0] != record.seq:
        return
    sql = (
        "UPDATE ingest_epoch SET predecessor = %s, board = %s, reason = %s, predecessor_heads = %s "
        "WHERE node = %s AND epoch = %s"
    )
    heads = json_text(body.predecessor_heads)
    execute(sql, (body.predecessor or "", body.board, body.reason, heads, record.node, record.epoch))
    page.audit_node(record.node)


def project_anchor(record: StoredRecord, body: Anchor, page: Page) -> None:
    """The clock of a boot: everything of that boot gets its time from it, what is there already included.

    An anchor of the boot it was filed in holds from its own moment on. One that names another boot was found out
    later (by the next boot's start), and holds for the whole of it.
    """
    insert_once(
        "connectivity_anchor",
        IDENTITY,
        **identity_columns(record),
        boot=body.boot,
        mono_ms=record.mono_ms if body.boot == record.boot else 0,
        offset_ms=body.offset_ms,
        error_ms=round(body.error_ms),
        source=body.source,
    )
    page.clocks.anchored(record.node, body.boot)


def project_start(record: StoredRecord, body: StartNotice, page: Page) -> None:
    """A run began; names the boot before it, which bounds both."""
    if body.previous_boot and body.previous_boot != record.boot:
        page.clocks.follows(record.node, record.boot, body.previous_boot)
    project_event(record, body, page)
