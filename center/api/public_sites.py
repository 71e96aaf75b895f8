"""The city's public sites. All times are milliseconds since 1970."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from center.api.paging import Cursor, Limit, page_of
from center.api.permission import own_nodes, require
from center.core.public_sites import SiteRow
from center.publicsites.reading import read_sites
from center.web.live import now_ms
from center.web.views.public_sites import SEE_SITES

router = Router(tags=["public sites"])


class LookOut(Schema):
    """What one node saw at its newest look. `state`: UP, DOWN, or UNKNOWN when the look is too old to speak for now."""

    state: str
    ok: bool
    reason: str
    at_ms: int
    since_ms: int
    total_ms: float | None


class PublicSiteOut(Schema):
    """One site over all nodes. `failing` of `seen` fresh looks fail; one that some nodes reach is DEGRADED."""

    name: str
    url: str
    kind: str
    verified: bool = Field(description="false: nobody has confirmed the address yet")
    state: str = Field(description="UP, DEGRADED, DOWN or UNKNOWN")
    reason: str
    failing: int
    seen: int
    since_ms: int | None
    last_look_ms: int
    certificate_days: float | None
    suspicious: str
    updated: str | None = Field(description="ISO date of the newest content anybody found")
    updated_according_to: str
    not_updated_days: int | None
    stale: bool
    looks: dict[str, LookOut] = Field(description="by node")


class PublicSitePage(Schema):
    """In the order of their names."""

    items: list[PublicSiteOut]
    next: str | None


@router.get("", response=PublicSitePage, summary="All public sites that are watched (by your nodes)")
def public_sites(
    request: HttpRequest,
    state: Annotated[str, Field(max_length=12)] = "",
    kind: Annotated[str, Field(max_length=12)] = "",
    limit: Limit = 100,
    cursor: Cursor = "",
) -> PublicSitePage:
    require(request, SEE_SITES)
    own = own_nodes(request)
    rows = read_sites(now_ms(), None if own is None else set(own))
    chosen = [row for row in rows if (not state or row.state == state) and (not kind or row.kind == kind)]
    page, following = page_of(chosen, lambda row: (row.name,), limit, cursor)
    return PublicSitePage(items=[_out(row) for row in page], next=following)


def _out(row: SiteRow) -> PublicSiteOut:
    return PublicSiteOut(
        name=row.name,
        url=row.url,
        kind=row.kind,
        verified=row.verified,
        state=row.state,
        reason=row.reason,
        failing=row.failing,
        seen=row.seen,
        since_ms=row.since_ms,
        last_look_ms=row.seen_ms,
        certificate_days=row.certificate_days,
        suspicious=row.suspicious,
        updated=row.fresh_date.isoformat() if row.fresh_date else None,
        updated_according_to=row.fresh_source,
        not_updated_days=row.fresh_days,
        stale=row.stale,
        looks={
            node: LookOut(
                state=cell.state,
                ok=cell.look.ok,
                reason=cell.look.reason,
                at_ms=cell.look.seen_ms,
                since_ms=cell.look.since_ms,
                total_ms=cell.look.total_ms,
            )
            for node, cell in sorted(row.cells.items())
        },
    )
