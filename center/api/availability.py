"""Availability as added seconds: of the nodes, or of whatever they belong to."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from ninja.errors import HttpError
from pydantic import Field

from center.api.paging import Cursor, Limit, page_of
from center.api.permission import own_nodes, require
from center.availability.lines import seconds_of_providers
from center.availability.reading import Figures, days
from center.core.facts import Seconds
from center.sites.models import Node
from center.web.city import month_now

router = Router(tags=["availability"])
SEE_DAYS = "availability.view_day"
MOST_DAYS = 400
By = Literal["city", "kind", "kecamatan", "agency", "provider", "site", "node"]
FOR_ALL_LEVELS = frozenset({"city", "kind", "kecamatan"})
Day = Annotated[int, Field(ge=20000101, le=29991231)]


class FiguresOut(Schema):
    """Seconds, and what follows: `pct` = up / (up + down), null under 80 % coverage: there is not enough data then;
    between `worst_pct` and `best_pct` in any case."""

    up_s: int
    down_s: int
    maintenance_s: int = Field(description="of a provider's promise: what is not its matter")
    unknown_s: int
    pct: float | None
    coverage_pct: float | None
    worst_pct: float | None
    best_pct: float | None
    causes: dict[str, int] = Field(description="seconds down, by cause")


class AvailabilityOut(Schema):
    """Of one thing (`key`: its code; empty: of all that belong to none): what its people had, and what its providers
    delivered in contract hours."""

    key: str
    nodes: int
    service: FiguresOut
    isp: FiguresOut


class AvailabilityPage(Schema):
    """In the order of their codes; `first` and `last` are days of Asia/Jakarta, both included."""

    first: int
    last: int
    items: list[AvailabilityOut]
    next: str | None


class Choice(Schema):
    """What is added up, and over which days (20261101); this month so far without them."""

    by: By = "city"
    first: Day | None = None
    last: Day | None = None
    kecamatan: Annotated[str, Field(max_length=64)] = ""
    site: Annotated[str, Field(max_length=64)] = ""


@router.get("", response=AvailabilityPage, summary="Availability of nodes, or added up")
def availability(
    request: HttpRequest, choice: Query[Choice], limit: Limit = 100, cursor: Cursor = ""
) -> AvailabilityPage:
    require(request, SEE_DAYS, sums=choice.by in FOR_ALL_LEVELS and not choice.site)
    first, last = _days(choice)
    chosen = _nodes(request, choice)
    groups: dict[str, list[Seconds]] = defaultdict(list)
    of_group: dict[str, set[str]] = defaultdict(set)
    found = days(set(chosen), first, last)
    keyed = seconds_of_providers(found) if choice.by == "provider" else ((chosen[day.node], day) for day in found)
    for key, day in keyed:
        groups[key].append(day)
        of_group[key].add(day.node)
    page, following = page_of(groups, lambda key: (key,), limit, cursor)
    items = [_out(key, len(of_group[key]), groups[key]) for key in page]
    return AvailabilityPage(first=first, last=last, items=items, next=following)


def _days(choice: Choice) -> tuple[int, int]:
    first_so_far, last_so_far = month_now()
    first, last = choice.first or first_so_far, choice.last or last_so_far
    try:
        span = (_date(last) - _date(first)).days
    except ValueError as error:
        raise HttpError(422, "first and last are days such as 20261101") from error
    if not 0 <= span < MOST_DAYS:
        raise HttpError(422, f"first comes before last, and at most {MOST_DAYS} days are asked for at once")
    return first, last


def _date(day: int) -> date:
    return date(day // 10_000, day // 100 % 100, day % 100)


def _nodes(request: HttpRequest, choice: Choice) -> Mapping[str, str]:
    """Node -> the key its seconds are added to; by provider each second has its own."""
    own = own_nodes(request)
    rows = Node.objects.values_list("id", "site_id", "site__kind", "site__kecamatan", "site__agency_id")
    if choice.kecamatan:
        rows = rows.filter(site__kecamatan=choice.kecamatan)
    if choice.site:
        rows = rows.filter(site_id=choice.site)
    found: dict[str, str] = {}
    for node, site, kind, kecamatan, agency in rows:
        if own is None or node in own:
            keys = {
                "city": "city", "kind": kind, "kecamatan": kecamatan, "site": site, "node": node,
                "agency": site if kind == "opd" else agency or "", "provider": "",
            }  # fmt: skip
            found[node] = keys[choice.by]
    return found


def _out(key: str, nodes: int, found: list[Seconds]) -> AvailabilityOut:
    return AvailabilityOut(
        key=key, nodes=nodes, service=_figures(Figures.of(found)), isp=_figures(Figures.of_isp(found))
    )


def _figures(found: Figures) -> FiguresOut:
    return FiguresOut(
        up_s=found.up_s, down_s=found.down_s, maintenance_s=found.maintenance_s, unknown_s=found.unknown_s,
        pct=found.pct if found.enough else None, coverage_pct=found.coverage_pct, worst_pct=found.worst_pct,
        best_pct=found.best_pct, causes=dict(found.causes),
    )  # fmt: skip
