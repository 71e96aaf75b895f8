"""What nodes say of commands from afar, and what those printed."""

from collections.abc import Callable

from center.ingest import quarantine
from center.ingest.database import select
from center.operations import told
from center.worker.records import Page, StoredRecord
from wire.bodies import CommandNotice, OutputNotice

FOREIGN = "foreign_command"
"""The code under which it is noted that a node spoke of another one's command."""
MOST_NOTED = 20
"""Per node: enough to see it, and a node that does nothing else costs nothing more."""
_NOTED = "SELECT COUNT(*) FROM ingest_quarantined WHERE node = %s AND code = %s"


def project_command(record: StoredRecord, body: CommandNotice, page: Page) -> None:
    """A command is in another state."""
    _project(record, page, lambda: told.note_command(record.node, body, record.received_ms))


def project_output(record: StoredRecord, body: OutputNotice, page: Page) -> None:
    """A part of what a command printed."""
    _project(record, page, lambda: told.note_output(record.node, body))


def _project(record: StoredRecord, page: Page, take: Callable[[], str]) -> None:
    try:
        operation = take()
    except told.ForeignIdError as error:
        _note(record, str(error))
        return
    if operation:
        page.announce("operation", operation)


def _note(record: StoredRecord, why: str) -> None:
    if int(select(_NOTED, (record.node, FOREIGN))[0][0]) >= MOST_NOTED:
        return
    quarantine.note(
        node=record.node,
        topic=f"raw/{record.id}",
        code=FOREIGN,
        detail=f"{record.epoch} {record.stream} {record.seq} {record.kind}: {why}",
        payload=record.body.encode(),
        received_ms=record.received_ms,
    )
    quarantine.prune()
