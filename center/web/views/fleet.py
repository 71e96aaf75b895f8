"""All boxes on one page: versions, configurations, certificates, faults; and what is being rolled out."""

import csv
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from center.accounts.reach import whole_city
from center.operations import orders
from center.web import fleet_rows as rows
from center.web.live import now_ms
from center.web.operation_asking import SEE as SEE_OPERATIONS
from center.web.operation_rows import list_rows
from center.web.templatetags.sandi import iso
from center.web.views.public_sites import harmless

SEE: Final = "fleet.view_nodeconfig"
ROLLED: Final = frozenset({"config", "update", "keys"})
COLUMNS: Final = (
    "node", "site", "kecamatan", "state", "last_heard_at", "version", "release_state", "config_revision",
    "config_wanted", "config_drift", "overrides", "certificate_days", "missing_records", "cloned", "warnings",
)  # fmt: skip


@gzip_page
@require_safe
@never_cache
@login_required
@permission_required(SEE, raise_exception=True)
@whole_city
def fleet(request: HttpRequest) -> HttpResponse:
    """A row per box; ?show=, ?kecamatan= and ?sort= choose and order them."""
    everything = rows.fleet(now_ms())
    chosen = _asked(request, everything)
    see = request.user.has_perm(SEE_OPERATIONS)
    running = [row for row in orders.operations(orders.MOST, state="open") if row.command in ROLLED] if see else []
    context = {
        **chosen, "rows": rows.chosen(everything, **chosen), "sums": rows.sums(everything),
        "kecamatans": sorted({row.node.site.kecamatan for row in everything if row.node.site.kecamatan}),
        "rolling": list_rows(running), "query": urlencode({name: value for name, value in chosen.items() if value}),
        "sorts": {name: urlencode({**{k: v for k, v in chosen.items() if v}, "sort": name}) for name in rows.SORTS},
    }  # fmt: skip
    return render(request, "web/fleet.html", context)


@require_safe
@never_cache
@login_required
@permission_required(SEE, raise_exception=True)
@whole_city
def fleet_csv(request: HttpRequest) -> HttpResponse:
    """The same rows for a spreadsheet."""
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="kotak.csv"'
    answer.write("\ufeff")  # or spreadsheets take UTF-8 for something else
    writer = csv.writer(answer)
    writer.writerow(COLUMNS)
    everything = rows.fleet(now_ms())
    for row in rows.chosen(everything, **_asked(request, everything)):
        writer.writerow([harmless(value) for value in _values(row)])
    return answer


def _values(row: rows.FleetRow) -> tuple[Any, ...]:
    site = row.node.site
    return (
        row.node.pk, site.display_name, site.kecamatan, row.state, iso(row.seen_ms), row.version,
        row.release.state if row.release else "", row.config.revision, row.config.wanted, row.config.kind,
        " ".join(row.config.overrides), row.certificate.days if row.certificate else "", row.missing,
        "yes" if row.cloned else "", "; ".join(title for _severity, title in row.warnings),
    )  # fmt: skip


def _asked(request: HttpRequest, everything: list[rows.FleetRow]) -> dict[str, str]:
    """What the address asks for, as far as it is known here: nothing else of it is repeated in the page."""
    show, kecamatan, sort = (request.GET.get(name, "")[:64] for name in ("show", "kecamatan", "sort"))
    known = {row.node.site.kecamatan for row in everything}
    return {
        "show": show if show in rows.SHOWS else "", "kecamatan": kecamatan if kecamatan in known else "",
        "sort": sort if sort in rows.SORTS else "",
    }  # fmt: skip
