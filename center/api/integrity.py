"""Integrity of the records: what is missing without explanation, and what is missing with one. Zero is normal."""

from dataclasses import asdict
from typing import Annotated

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from center.api.paging import Cursor, Limit, page_of
from center.api.permission import own_nodes, require
from center.connectivity.findings import ORDER, FindingRow, NodeIntegrity, findings
from center.web.views.nodes import SEE_NODES

router = Router(tags=["integrity"])
Word = Annotated[str, Field(max_length=64)]
SEE_QUARANTINE = "ingest.view_quarantined"


class FindingOut(Schema):
    """Missing numbers of one lane. Times are milliseconds since 1970; `from_ms`..`to_ms` when it was lost, if known."""

    node: str
    epoch: str
    stream: str
    kind: str = Field(description="fault, checking, card (perhaps lost with the card) or restore")
    count: int
    ranges: list[tuple[int, int]] = Field(description="the first 20 ranges, inclusive")
    since_ms: int
    from_ms: int | None
    to_ms: int | None


class GapOut(Schema):
    """What the node declared it gave up."""

    stream: str
    first: int
    last: int
    count: int
    reason: str
    reason_class: str
    received_ms: int


class CaseOut(Schema):
    """A payload or record that could not be used; its content is not given out."""

    code: str
    received_ms: int
    size_bytes: int
    digest: str


class IntegrityOut(Schema):
    """`word`: intact, checking, fault, or unknown before the first report. `cases` needs ingest.view_quarantined."""

    word: str
    missing: int
    checking: int
    said_ms: int | None
    conflict: bool
    findings: list[FindingOut]
    declared: list[GapOut]
    quarantined: int
    cases: list[CaseOut]


class FindingPage(Schema):
    """The gravest kinds first."""

    items: list[FindingOut]
    next: str | None


@router.get("", response=FindingPage, summary="Missing records of all nodes; an empty list is normal")
def integrity(
    request: HttpRequest, kind: Word = "", node: Word = "", limit: Limit = 100, cursor: Cursor = ""
) -> FindingPage:
    require(request, SEE_NODES)
    own = own_nodes(request)
    rows = [row for row in findings(node, kind) if own is None or row.node in own]
    page, following = page_of(rows, lambda row: (ORDER.index(row.kind), row.node, row.epoch, row.stream), limit, cursor)
    return FindingPage(items=[_finding(row) for row in page], next=following)


def integrity_out(found: NodeIntegrity, *, cases: bool) -> IntegrityOut:
    """The same as the interface says it; the single cases only to who may see what ingest refused."""
    told = asdict(found)
    return IntegrityOut.model_validate(told if cases else {**told, "cases": []})


def _finding(row: FindingRow) -> FindingOut:
    return FindingOut.model_validate(asdict(row))
