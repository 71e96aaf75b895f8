"""Stretches of time of which only a lost outbox could have told: after a node's last contact, before its new birth."""

from center.core.replacing import LOST_WITH_THE_OUTBOX, LastHeard, Tail, unknown_tails
from center.ingest.database import select

_EPOCHS = "SELECT node, epoch, predecessor, first_seen_ms, reason FROM ingest_epoch WHERE node = %s"
_ALL = """
SELECT node, epoch, predecessor, first_seen_ms, reason FROM ingest_epoch
WHERE node IN (SELECT node FROM ingest_epoch WHERE reason IN ('card_replaced', 'file_lost'))
"""
_CONTACTS = "SELECT epoch, MIN(born_ms), MAX(heard_ms) FROM ingest_contact WHERE node = %s GROUP BY epoch"
_ALIVE = "SELECT epoch, born_ms, live_ms FROM ingest_presence WHERE node = %s"


def tails(node: str) -> list[Tail]:
    """Those of one node, ascending."""
    return _of(node, select(_EPOCHS, (node,)))


def all_tails() -> dict[str, list[Tail]]:
    """Those of every node that has any."""
    rows: dict[str, list[tuple[str, str, str, int, str]]] = {}
    for row in select(_ALL):
        rows.setdefault(row[0], []).append(row)
    found = {node: _of(node, epochs) for node, epochs in sorted(rows.items())}
    return {node: some for node, some in found.items() if some}


def _of(node: str, epochs: list[tuple[str, str, str, int, str]]) -> list[Tail]:
    if not any(row[-1] in LOST_WITH_THE_OUTBOX for row in epochs):
        return []
    heard = {epoch: (born, last) for epoch, born, last in select(_CONTACTS, (node,))}
    alive = {epoch: (born or 0, live or 0) for epoch, born, live in select(_ALIVE, (node,))}
    rows = []
    for _node, epoch, before, first_seen, reason in epochs:
        born, last = heard.get(epoch, (first_seen, first_seen))
        rows.append(LastHeard(epoch, before, reason, born, max(last, *alive.get(epoch, (0, 0)))))
    return unknown_tails(rows)
