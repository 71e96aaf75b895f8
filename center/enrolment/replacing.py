"""Replacing a node's box by another: what its card says of the one before, what is taken back and when.

The lost box cannot be asked any more. What the centre knows of it is on the new card (`predecessor`), so that history
goes on; what it does not know is a stretch of time that pages and the audit name (`center.connectivity.tails`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from center.core.replacing import Known, Predecessor, as_sidecar, predecessor
from center.enrolment.models import Token
from center.errors import CenterError
from center.ingest.database import select
from center.sites.enrolment import revoke_node
from center.sites.models import Node

_LANES = msgspec.json.Decoder(dict[str, tuple[int, int]])
_EPOCHS = "SELECT epoch, board, predecessor, first_seen_ms, reason FROM ingest_epoch WHERE node = %s"
_ALIVE = "SELECT epoch, born_ms, live_ms FROM ingest_presence WHERE node = %s"
_STORED = "SELECT epoch, stream, MAX(last) FROM ingest_span WHERE node = %s GROUP BY epoch, stream"
_NAMED = "SELECT epoch, stream, head FROM ingest_head WHERE node = %s"
_SAID = "SELECT epoch, newest FROM connectivity_heldstatement WHERE node = %s"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a replacement would do. `before` None: the centre has never heard this node, its history begins now."""

    node: str
    site: str
    role: str
    model: str
    before: Predecessor | None
    unknown_since_ms: int | None
    """From then on the lost box may have held what nobody knows; None where it was never heard."""

    @property
    def sidecar(self) -> str:
        """`predecessor.json`; "" where there is nothing to continue."""
        return "" if self.before is None else json.dumps(as_sidecar(self.before), separators=(",", ":"))


def plan(node: str, *, role: str = "", model: str = "") -> Plan:
    """Look at a node and decide; changes nothing. Role and model are those of its last card unless said.

    Raises:
        CenterError: no such node, or nobody ever made a card for it and role or model is not said.
    """
    row = Node.objects.select_related("site").filter(pk=node).first()
    if row is None:
        raise CenterError(
            f"{node} is not enrolled, so there is nothing to replace; make its first card with: sandi-center provision",
            f"{node} belum terdaftar, tidak ada yang diganti; buat kartu pertamanya dengan: sandi-center provision",
        )
    last = Token.objects.filter(node=node).order_by("-made_at", "-id").first()
    role, model = role or (last.role if last else ""), model or (last.model if last else "")
    if not (role and model):
        raise CenterError(
            f"no card was ever made for {node}; say which box it gets: --model pi-4b --role kelurahan-kiosk",
            f"belum pernah ada kartu untuk {node}; sebutkan kotaknya: --model pi-4b --role kelurahan-kiosk",
        )
    before = last_epoch(node)
    return Plan(node, str(row.site), role, model, before, before.heard_ms if before else None)


def last_epoch(node: str) -> Predecessor | None:
    """The epoch that a replacement continues, with the heads the centre has heard of."""
    alive = {epoch: max(born or 0, live or 0) for epoch, born, live in select(_ALIVE, (node,))}
    stored, named, said = _heads_by_epoch(node)
    known = [
        Known(
            epoch,
            board,
            before,
            first_seen,
            alive.get(epoch, 0),
            (stored.get(epoch, {}), named.get(epoch, {}), said.get(epoch, {})),
        )
        for epoch, board, before, first_seen, _reason in select(_EPOCHS, (node,))
    ]
    return predecessor(known)


def take_back(node: str, data: Path) -> int:
    """Revoke every certificate of the box that is replaced; how many are newly on the list.

    The node counts again once its next box enrols.
    """
    return revoke_node(node, data).count


def _heads_by_epoch(
    node: str,
) -> tuple[Mapping[str, dict[str, int]], Mapping[str, dict[str, int]], Mapping[str, dict[str, int]]]:
    """Per epoch: what is stored, what batches named, what the newest report said."""
    stored: dict[str, dict[str, int]] = {}
    for epoch, stream, last in select(_STORED, (node,)):
        stored.setdefault(epoch, {})[stream] = int(last)
    named: dict[str, dict[str, int]] = {}
    for epoch, stream, head in select(_NAMED, (node,)):
        named.setdefault(epoch, {})[stream] = int(head)
    said = {
        epoch: {stream: head for stream, (_oldest, head) in _LANES.decode(text.encode()).items()}
        for epoch, text in select(_SAID, (node,))
    }
    return stored, named, said
