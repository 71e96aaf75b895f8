"""Months as they were published; what amended them keeps the versions before."""

import json
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from ninja import Router, Schema
from pydantic import Field

from center.api.paging import Cursor, Limit, page_of
from center.api.permission import require, whole_city
from center.reports.models import FrozenMonth

router = Router(tags=["reports"])
SEE_REPORTS = "reports.view_frozenmonth"


class ReportOut(Schema):
    """One version of a month (202611). `digest`: SHA-256 of the document; `signature`: the report key's, Ed25519."""

    month: int
    version: int
    frozen_ms: int
    reason: str
    digest: str
    signature: str


class ReportDetail(ReportOut):
    """The same with the document."""

    document: dict[str, Any]


class ReportPage(Schema):
    """By month and version."""

    items: list[ReportOut]
    next: str | None


@router.get("", response=ReportPage, summary="Published months")
def reports(request: HttpRequest, limit: Limit = 100, cursor: Cursor = "") -> ReportPage:
    require(request, SEE_REPORTS)
    whole_city(request)
    rows = FrozenMonth.objects.defer("document")
    page, following = page_of(rows, lambda row: (row.month, row.version), limit, cursor)
    return ReportPage(items=[ReportOut.model_validate(_values(row)) for row in page], next=following)


@router.get(
    "/{int:month}", response=ReportDetail, summary="One published month; its newest version unless one is named"
)
def report(request: HttpRequest, month: int, version: Annotated[int, Field(ge=0, le=10_000)] = 0) -> ReportDetail:
    require(request, SEE_REPORTS)
    whole_city(request)
    rows = FrozenMonth.objects.filter(month=min(month, 999_999))
    row = (rows.filter(version=version) if version else rows.order_by("-version")).first()
    if row is None:
        raise Http404
    return ReportDetail.model_validate({**_values(row), "document": json.loads(row.document)})


def _values(row: FrozenMonth) -> dict[str, Any]:
    return {
        "month": row.month, "version": row.version, "frozen_ms": row.frozen_ms, "reason": row.reason,
        "digest": row.digest, "signature": row.signature,
    }  # fmt: skip
