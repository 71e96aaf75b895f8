"""A node's lives: epochs, boots with their anchors, starts and stops, reach and warnings."""

import msgspec

from center.ingest.database import execute, select
from center.ingest.epochs import admit
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

MOST_NOTICES = 1000
"""Looked at per node: far more than the epochs it may have."""
_NOTICE = msgspec.json.Decoder(EpochNotice)


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

    Notices that follow it belong to the epochs before, newest first: they had not been acknowledged and moved along.
    Those of which the notice did arrive in its own epoch are passed over. Done anew with each notice, in order of
    their numbers, so that the order of arrival makes no difference.
    """
    project_event(record, body, page)
    known = _own_notices(record.node)
    owner = record.epoch
    for notice in _notices(record.node, record.epoch):
        while owner != record.epoch and owner in known:
            owner = known[owner]
        if not owner or not admit(record.node, owner, record.received_ms):
            break
        _note_epoch(record.node, owner, notice)
        owner = notice.predecessor or ""
    page.audit_node(record.node)


def _notices(node: str, epoch: str) -> list[EpochNotice]:
    """The notices that stand in one epoch, in order."""
    rows = select(
        "SELECT json FROM connectivity_nodeevent WHERE node = %s AND epoch = %s AND kind = 'epoch' "
        "ORDER BY seq LIMIT %s",
        (node, epoch, MOST_NOTICES),
    )
    return [_NOTICE.decode(text.encode()) for (text,) in rows]


def _own_notices(node: str) -> dict[str, str]:
    """Epoch -> predecessor, for epochs whose notice arrived in themselves."""
    rows = select(
        "SELECT epoch, json FROM connectivity_nodeevent WHERE node = %s AND kind = 'epoch' ORDER BY seq DESC LIMIT %s",
        (node, MOST_NOTICES),
    )
    return {epoch: _NOTICE.decode(text.encode()).predecessor or "" for epoch, text in rows}


def _note_epoch(node: str, epoch: str, notice: EpochNotice) -> None:
    sql = (
        "UPDATE ingest_epoch SET predecessor = %s, board = %s, reason = %s, predecessor_heads = %s "
        "WHERE node = %s AND epoch = %s"
    )
    heads = json_text(notice.predecessor_heads)
    execute(sql, (notice.predecessor or "", notice.board, notice.reason, heads, node, epoch))


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
