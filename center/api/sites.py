"""The places of the registry, without the people."""

from typing import Annotated, Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import Field

from center.api.paging import Cursor, Limit, page_of
from center.api.permission import own_sites, require
from center.sites.models import Site

router = Router(tags=["sites"])
SEE_PLACES = "sites.view_site"
Word = Annotated[str, Field(max_length=64)]


class LinkOut(Schema):
    """What a site hangs on; several of one kind are redundant where `needs` is any."""

    upstream: str
    kind: str = Field(description="line, feeder, area or core")
    circuit: str
    needs: str
    primary: bool


class SiteOut(Schema):
    """One place. `office_hours` is weekly text such as "Mon-Fri 07:30-16:00"; empty: always."""

    code: str
    name: str
    short_name: str
    kind: str = Field(description="kel, kec, opd or cctv")
    kecamatan: str
    latitude: float | None
    longitude: float | None
    postal_code: str
    address: str
    office_hours: str
    agency: str | None
    verified: bool
    nodes: list[str]
    links: list[LinkOut]


class SitePage(Schema):
    """In the order of their codes."""

    items: list[SiteOut]
    next: str | None


@router.get("", response=SitePage, summary="Sites")
def sites(
    request: HttpRequest,
    *,
    kind: Word = "",
    kecamatan: Word = "",
    agency: Word = "",
    limit: Limit = 100,
    cursor: Cursor = "",
) -> SitePage:
    require(request, SEE_PLACES)
    rows = _within(request)
    for field, wanted in (("kind", kind), ("kecamatan", kecamatan), ("agency_id", agency)):
        if wanted:
            rows = rows.filter(**{field: wanted})
    page, following = page_of(rows, lambda row: (row.code,), limit, cursor)
    return SitePage(items=[_out(row) for row in page], next=following)


@router.get("/{code}", response=SiteOut, summary="One site")
def site(request: HttpRequest, code: str) -> SiteOut:
    require(request, SEE_PLACES)
    return _out(get_object_or_404(_within(request), pk=code[:64]))


def _within(request: HttpRequest) -> Any:
    own = own_sites(request)
    rows = Site.objects.prefetch_related("nodes", "links__upstream")
    return rows if own is None else rows.filter(code__in=own)


def _out(row: Site) -> SiteOut:
    return SiteOut(
        code=row.code, name=row.name, short_name=row.short_name, kind=row.kind, kecamatan=row.kecamatan,
        latitude=row.latitude, longitude=row.longitude, postal_code=row.postal_code, address=row.address,
        office_hours=row.office_hours, agency=row.agency_id, verified=row.verified,
        nodes=sorted(node.id for node in row.nodes.all() if not node.retired),
        links=[
            LinkOut(upstream=link.upstream_id, kind=link.upstream.kind, circuit=link.circuit, needs=link.needs,
                    primary=link.primary)
            for link in sorted(row.links.all(), key=lambda link: link.upstream_id)
        ],
    )  # fmt: skip
