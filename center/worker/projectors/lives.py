"""A node's lives: epochs, boots with their anchors, starts and stops, reach and warnings."""

from center.core import times
from center.worker.facts import start_of
from center.worker.records import (
    IDENTITY,
    Page,
    StoredRecord,
    identity_columns,
    insert_once,
    run_of,
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


def project_epoch(record: StoredRecord, _body: EpochNotice, page: Page) -> None:
    """Which epoch came before this one; `center.worker.lineage` makes the whole line of it, at the end of the page."""
    project_event(record, _body, page)
    page.lineage(record.node, record.received_ms)
    page.audit_node(record.node)


def project_anchor(record: StoredRecord, body: Anchor, page: Page) -> None:
    """The clock of a boot: everything of that boot gets its time from it, what is there already included.

    An anchor of the boot it was filed in holds from its own moment on. One that names another boot was found out
    later (by the next boot's start), and holds for the whole of it. One that puts its own filing after its arrival is a
    clock that runs ahead, and pins nothing.
    """
    mono_ms = record.mono_ms if body.boot == record.boot else 0
    if not times.is_possible(mono_ms + body.offset_ms, record.received_ms):
        return
    error_ms = round(body.error_ms)
    insert_once(
        "connectivity_anchor",
        IDENTITY,
        **identity_columns(record),
        boot=body.boot,
        mono_ms=mono_ms,
        offset_ms=body.offset_ms,
        error_ms=error_ms,
        source=body.source,
        standing=False,
    )
    page.clocks.anchored(record.node, body.boot, times.Anchor(mono_ms, body.offset_ms, error_ms))


def project_start(record: StoredRecord, body: StartNotice, page: Page) -> None:
    """A run began; names the boot before it, which bounds both."""
    if body.previous_boot and body.previous_boot != record.boot:
        page.clocks.follows(record.node, record.boot, body.previous_boot)
    project_event(record, body, page)
    page.facts.started(run_of(record), start_of(record.mono_ms, body))


def project_stop(record: StoredRecord, body: object, page: Page) -> None:
    """The agent was asked to stop: what follows is planned."""
    project_event(record, body, page)
    page.facts.stopped(run_of(record), record.mono_ms)
