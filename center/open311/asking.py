"""Which requests a caller asks for: the standard's filters, within its bounds of 90 days and 1,000 requests."""

import re
from dataclasses import dataclass
from typing import Final

from django.db.models import Q, QuerySet

from center.complaints.models import Complaint
from center.core.complaint_cycle import ENDED
from center.open311.form import Form
from center.open311.moments import read_moment
from center.open311.terms import OTHER
from wire.subjects import BY_CODE

DAY_MS: Final = 86_400_000
SPAN_MS: Final = 90 * DAY_MS
MOST: Final = 1_000
OPEN, CLOSED = "open", "closed"
_ID: Final = re.compile(r"[0-9a-f-]{36}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Filters:
    """What was asked for. `ids` overrides the rest; `first_ms` and `last_ms` are inclusive."""

    ids: tuple[str, ...]
    services: tuple[str, ...]
    statuses: tuple[str, ...]
    first_ms: int
    last_ms: int
    unknown: bool = False
    """A service that does not exist was asked for."""


def read_filters(form: Form, now_ms: int) -> Filters:
    """The filters; what is wrong with them goes to `form.problems`."""
    services, statuses = form.choices("service_code", len(BY_CODE)), form.choices("status", 2)
    if set(statuses) - {OPEN, CLOSED}:
        form.problems.append("status: open or closed.")
    first_ms, last_ms = _moment(form, "start_date"), _moment(form, "end_date")
    if last_ms is None:
        last_ms = now_ms if first_ms is None else min(now_ms, first_ms + SPAN_MS)
    if first_ms is None:
        first_ms = last_ms - SPAN_MS
    if last_ms - first_ms > SPAN_MS:
        form.problems.append("start_date, end_date: at most 90 days; ask in several steps.")
    ids = form.choices("service_request_id", MOST)
    return Filters(ids, services, statuses, first_ms, last_ms, unknown=not set(services) <= BY_CODE.keys())


def found(filters: Filters) -> "list[Complaint]":
    """The newest requests that fit, at most MOST of them."""
    rows = requests()
    if filters.ids:
        return list(rows.filter(pk__in=[one for one in filters.ids if _ID.fullmatch(one)]).order_by("-at_ms", "pk"))
    rows = rows.filter(at_ms__gte=filters.first_ms, at_ms__lte=filters.last_ms)
    if filters.services:
        codes = (*filters.services, "") if OTHER in filters.services else filters.services
        rows = rows.filter(subject__in=codes)
    if len(filters.statuses) == 1:
        ended = Q(status__in=ENDED)
        rows = rows.filter(ended if filters.statuses == (CLOSED,) else ~ended)
    return list(rows.order_by("-at_ms", "pk")[:MOST])


def one(request_id: str) -> Complaint | None:
    """The request with this id."""
    return requests().filter(pk=request_id).first()


def requests() -> "QuerySet[Complaint]":
    """All that are requests in the standard's sense: a request for public information is none."""
    return Complaint.objects.exclude(category="ppid")


def _moment(form: Form, name: str) -> int | None:
    text = form.text(name, 40)
    moment = read_moment(text) if text else None
    if text and moment is None:
        form.problems.append(f"{name}: a moment with its zone, as 2026-11-01T00:00:00+07:00 or ...Z")
    return moment
