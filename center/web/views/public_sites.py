"""The city's public sites: who reaches which from where, and which have not been updated, as a page and as a table."""

import csv
from collections.abc import Callable
from typing import Any, Final

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from center.accounts.reach import nodes_of
from center.core import spreadsheet
from center.core.public_sites import STATE_ORDER, SiteRow, vantages
from center.publicsites.reading import read_sites
from center.sites.models import Node
from center.wall.words import site_names
from center.web.live import now_ms
from center.web.templatetags.sandi import iso

SEE_SITES: Final = "publicsites.view_look"
_UNKNOWN_AGE: Final = -1
SORTS: Final[dict[str, Callable[[SiteRow], Any]]] = {
    "state": lambda row: (STATE_ORDER.index(row.state), row.name.casefold()),
    "name": lambda row: row.name.casefold(),
    "kind": lambda row: (row.kind, row.name.casefold()),
    "age": lambda row: (-(row.fresh_days if row.fresh_days is not None else _UNKNOWN_AGE), row.name.casefold()),
    "certificate": lambda row: (row.certificate_days is None, row.certificate_days or 0, row.name.casefold()),
}
"""By what ?sort= says; the worst first."""


@require_safe
@never_cache
@login_required
@permission_required(SEE_SITES, raise_exception=True)
def public_sites(request: HttpRequest) -> HttpResponse:
    """Matrix and ages. ?state= and ?kind= narrow both down, ?sort= and ?by= order them."""
    now = now_ms()
    everything = read_sites(now, nodes_of(request.user))
    rows = _chosen(request, everything)
    matrix = sorted(rows, key=SORTS.get(request.GET.get("sort", ""), SORTS["state"]))
    by_age = sorted(rows, key=SORTS.get(request.GET.get("by", ""), SORTS["age"]))
    places = _places(everything)
    return render(
        request,
        "web/public_sites.html",
        {
            "matrix": [{"row": row, "cells": [row.cells.get(place["node"]) for place in places]} for row in matrix],
            "by_age": by_age,
            "places": places,
            "total": len(everything),
            "faulty": sum(row.state == "DOWN" for row in everything),
            "stale": sum(row.stale for row in everything),
            "newest_ms": max((row.seen_ms for row in everything), default=None),
            "states": [state for state in STATE_ORDER if any(row.state == state for row in everything)],
            "kinds": sorted({row.kind for row in everything}),
            "state": request.GET.get("state", ""),
            "kind": request.GET.get("kind", ""),
            "sort": request.GET.get("sort", "state"),
            "by": request.GET.get("by", "age"),
            "query": request.GET.urlencode(),
        },
    )


@require_safe
@never_cache
@login_required
@permission_required(SEE_SITES, raise_exception=True)
def public_sites_csv(request: HttpRequest) -> HttpResponse:
    """The same rows for a spreadsheet: one line per site, one column more per node that looks."""
    seen = read_sites(now_ms(), nodes_of(request.user))
    rows = sorted(_chosen(request, seen), key=SORTS.get(request.GET.get("sort", ""), SORTS["state"]))
    nodes = vantages(rows)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="situs.csv"'
    answer.write("\ufeff")  # or spreadsheets take UTF-8 for something else
    writer = csv.writer(answer)
    writer.writerow([*_COLUMNS, *nodes])
    for row in rows:
        values = [read(row) for read in _COLUMNS.values()]
        writer.writerow([harmless(value) for value in (*values, *(_seen_from(row, node) for node in nodes))])
    return answer


_COLUMNS: Final[dict[str, Callable[[SiteRow], object]]] = {
    "site": lambda row: row.name,
    "url": lambda row: row.url,
    "kind": lambda row: row.kind,
    "state": lambda row: row.state,
    "failing": lambda row: row.failing,
    "seen_by": lambda row: row.seen,
    "reason": lambda row: row.reason,
    "failing_since": lambda row: iso(row.since_ms),
    "last_look": lambda row: iso(row.seen_ms),
    "updated": lambda row: row.fresh_date.isoformat() if row.fresh_date else "",
    "not_updated_days": lambda row: row.fresh_days,
    "stale": lambda row: int(row.stale),
    "updated_according_to": lambda row: row.fresh_source,
    "certificate_days": lambda row: row.certificate_days,
    "suspicious": lambda row: row.suspicious,
}


def place_names(nodes: list[str]) -> dict[str, str]:
    """What people call the place of each node; the node's id where there is no such node any more."""
    sites = {node.id: node.site for node in Node.objects.select_related("site").filter(id__in=nodes)}
    named = site_names((s.code, s.name, s.short_name, s.kind, s.kecamatan) for s in sites.values())
    return {node: named[sites[node].code].display if node in sites else node for node in nodes}


def _places(rows: list[SiteRow]) -> list[dict[str, Any]]:
    """The columns of the matrix: each node that looks, the name of its place, and when it last looked at anything."""
    names = place_names(vantages(rows))
    seen = {node: max(row.cells[node].look.seen_ms for row in rows if node in row.cells) for node in names}
    return [{"node": node, "name": name, "seen_ms": seen[node]} for node, name in names.items()]


def _chosen(request: HttpRequest, rows: list[SiteRow]) -> list[SiteRow]:
    state, kind = request.GET.get("state", ""), request.GET.get("kind", "")
    return [row for row in rows if (not state or row.state == state) and (not kind or row.kind == kind)]


def _seen_from(row: SiteRow, node: str) -> str:
    cell = row.cells.get(node)
    return "" if cell is None else cell.look.reason or "ok" if cell.state != "UNKNOWN" else "old"


def harmless(value: object) -> object:
    """A text a spreadsheet would take for a formula gets an apostrophe: names come from a node's configuration."""
    if value is None:
        return ""
    return spreadsheet.harmless(value) if isinstance(value, str) else value
