"""What the sites hang on: lines of providers, power feeders, the kecamatan, the core."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from center.api.paging import Cursor, Limit, page_of
from center.api.permission import own_sites, require
from center.sites.models import Link, Upstream

router = Router(tags=["upstreams"])
SEE_UPSTREAMS = "sites.view_upstream"


class UpstreamOut(Schema):
    """One of them. `above`: what it hangs on itself; `sites`: which (of yours) hang on it directly."""

    code: str
    name: str
    kind: str = Field(description="line, feeder, area or core")
    provider: str | None
    above: str | None
    sites: list[str]


class UpstreamPage(Schema):
    """In the order of their codes."""

    items: list[UpstreamOut]
    next: str | None


@router.get("", response=UpstreamPage, summary="Upstreams")
def upstreams(
    request: HttpRequest,
    kind: Annotated[str, Field(max_length=8)] = "",
    provider: Annotated[str, Field(max_length=32)] = "",
    limit: Limit = 100,
    cursor: Cursor = "",
) -> UpstreamPage:
    require(request, SEE_UPSTREAMS)
    own = own_sites(request)
    links = Link.objects.all() if own is None else Link.objects.filter(site_id__in=own)
    below: dict[str, list[str]] = {}
    for upstream, site in links.order_by("site_id").values_list("upstream_id", "site_id"):
        below.setdefault(upstream, []).append(site)
    rows = {row.code: row for row in Upstream.objects.all()}
    seen = set(rows) if own is None else _with_above(below, rows)
    chosen = [
        row
        for code, row in rows.items()
        if code in seen and (not kind or row.kind == kind) and (not provider or row.provider_id == provider)
    ]
    page, following = page_of(chosen, lambda row: (row.code,), limit, cursor)
    items = [
        UpstreamOut(code=row.code, name=row.name, kind=row.kind, provider=row.provider_id, above=row.above_id,
                    sites=below.get(row.code, []))
        for row in page
    ]  # fmt: skip
    return UpstreamPage(items=items, next=following)


def _with_above(codes: "dict[str, list[str]]", rows: dict[str, Upstream]) -> set[str]:
    """These and all they hang on themselves; a ring somebody made by mistake ends."""
    seen: set[str] = set()
    for code in codes:
        at: str | None = code
        while at is not None and at not in seen:
            seen.add(at)
            at = rows[at].above_id
    return seen
