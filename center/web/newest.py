"""Which rows of a node are its newest: by its own numbering, never by its clock, which may say anything.

A node lives in one epoch after the other, and counts within each. The newest epoch is the one its newest report came
in, then the one of its newest birth, then the others by when they were first heard of.
"""

from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from center.connectivity.models import NodeState
from center.ingest.models import Epoch

MOST_EPOCHS = 20
"""Looked at, newest first: a box that began more without a report has other troubles than an incomplete list."""
M = TypeVar("M", bound=Model)


def newest_epochs(node: str) -> list[str]:
    """The node's epochs, newest first."""
    state = NodeState.objects.filter(pk=node).values_list("report_epoch", "epoch").first() or ()
    heard = Epoch.objects.filter(node=node).order_by("-first_seen_ms", "-epoch").values_list("epoch", flat=True)
    return [epoch for epoch in dict.fromkeys((*state, *heard[:MOST_EPOCHS])) if epoch]


def newest_rows(rows: "QuerySet[M]", node: str, count: int, **fields: Any) -> list[M]:
    """The newest `count` of a table of records (with `node`, `epoch`, `seq`), newest first."""
    found: list[M] = []
    for epoch in newest_epochs(node):
        found += rows.filter(node=node, epoch=epoch, **fields).order_by("-seq")[: count - len(found)]
        if len(found) >= count:
            break
    return found
