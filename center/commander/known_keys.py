"""Which boxes know which command key, as the main database tells it: for people who change a key, not for signing.

A box knows a key when it has carried out a `keys` command that named it, or when it got its certificate (which comes
with command.pub) after the key was published.
"""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from center.commander.keys import Ring
from center.enrolment.models import Renewal
from center.operations.command_models import OperationTarget
from center.sites.models import Node


@dataclass(frozen=True, slots=True)
class Boxes:
    """How many boxes there are, and how many know each key (by id)."""

    total: int
    knowing: dict[str, int]
    missing: dict[str, tuple[str, ...]]


def count(ring: Ring) -> Boxes:
    """Over all nodes that are not retired."""
    since_ms = {node: _ms(at) for node, at in Node.objects.filter(retired=False).values_list("pk", "enrolled_at")}
    for node, at in Renewal.objects.values_list("node").annotate(newest=Max("at")):
        if node in since_ms:
            since_ms[node] = max(since_ms[node], _ms(at))
    told = _told()
    knowing: dict[str, set[str]] = {}
    for held in ring.keys:
        by_certificate = {node for node, at_ms in since_ms.items() if at_ms >= held.made_ms}
        knowing[held.id] = by_certificate | (told[held.public] & set(since_ms))
    return Boxes(
        len(since_ms),
        {key: len(nodes) for key, nodes in knowing.items()},
        {key: tuple(sorted(set(since_ms) - nodes)) for key, nodes in knowing.items()},
    )


def _told() -> dict[str, set[str]]:
    """Public key -> nodes that said they have taken it."""
    told: dict[str, set[str]] = defaultdict(set)
    done = OperationTarget.objects.filter(operation__command="keys", state="done", by_node=True)
    for node, common, own in done.values_list("node", "operation__arguments", "arguments"):
        for public in str({**json.loads(common), **json.loads(own or "{}")}.get("keys", "")).split():
            told[public].add(node)
    return told


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
