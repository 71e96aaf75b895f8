"""What the chain says of one stored picture, from the rows around it (`center.core.picture_chain`)."""

import json
from typing import Any

from django.db.models import QuerySet

from center.cctv.models import Deletion, Snapshot
from center.core.picture_chain import Finding, Link, findings

TOLD_LATER = 50
"""Later pictures whose lists of given-up ones are looked at: the box repeats a list until it was acknowledged."""


def finding_of(row: Snapshot) -> Finding:
    """Derived when it is asked for: what arrives late, or is deleted, changes what the neighbours say."""
    lane = {"node": row.node, "epoch": row.epoch, "camera": row.camera}
    known: dict[int, Link] = {}
    told: list[str] = []
    for table, is_here in ((Deletion, False), (Snapshot, True)):
        rows: QuerySet[Any] = table.objects.filter(**lane)
        near = [*rows.filter(seq__lt=row.seq).order_by("-seq")[:1]]
        known.update({one.seq: _link(one, is_here=is_here) for one in near})
        later = tellers(rows.filter(seq__gt=row.seq))
        known.update({one.seq: _link(one, is_here=False) for one in later})
        told += [one.evicted for one in later]
    known[row.seq] = _link(row, is_here=True)
    told.append(row.evicted)
    given_up = [
        Link(one["seq"], one["sha256"], one["previous_sha256"], False) for text in told for one in json.loads(text)
    ]
    return findings(known.values(), given_up)[row.seq]


def tellers(rows: "QuerySet[Any]") -> list[Any]:
    """Of these rows the first that tell what the box gave up."""
    return list(rows.exclude(evicted="[]", evicted_more=0).order_by("seq")[:TOLD_LATER])


def _link(row: Any, *, is_here: bool) -> Link:
    first = min((one["seq"] for one in json.loads(row.evicted)), default=0)
    return Link(row.seq, row.sha256, row.previous_sha256, is_here, row.evicted_more, first)
