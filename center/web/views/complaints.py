"""The queue of complaints: tabs, filters, pages, and the same rows as a table. Whoever may not read it sees counts."""

import csv
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from center.accounts import audit, reach
from center.complaints.codes import number_meant
from center.core.complaint_cycle import STATUSES, WAITING
from center.web import complaint_desk
from center.web.complaint_acts import DESK
from center.web.complaint_bulk import BULK_STEPS, MOST
from center.web.complaint_filter import TABS, Choice, chosen, counts, visible
from center.web.complaint_rows import rows_of
from center.web.live import now_ms
from center.web.templatetags.sandi import iso
from center.web.views.complaint_page import SEE
from center.web.views.public_sites import harmless

PAGE_ROWS = 50
MOST_EXPORTED = 20_000


@require_safe
@never_cache
@login_required
def complaint_list(request: HttpRequest) -> HttpResponse:
    """What waits, the most pressing first; the address says what else is wanted. Without permission: counts alone."""
    if not request.user.has_perm(SEE):
        return render(request, "web/complaint_counts.html", {"counts": _sums(request)})
    now = now_ms()
    form = Choice(request.user, request.GET)
    found = chosen(form, request.user, now)
    page = Paginator(found, PAGE_ROWS).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    beside = query.copy()
    beside.pop("show", None)
    context = {
        "form": form,
        "rows": rows_of(page.object_list, now),
        "page": page,
        "show": form.shown,
        "tabs": [(name, count) for name, count in counts(request.user, now).items() if name in TABS],
        "statuses": STATUSES,
        "query": query.urlencode(),
        "beside": beside.urlencode(),
        "narrowed": form.narrowed,
        # Numbers only where they are numbers: what did not fit is in no link.
        "during": form.cleaned_data if form.is_valid() else {},
        "unread": _unread(request),
        "may_bulk": request.user.has_perm(DESK) and reach.sites_of(request.user) is None,
        "bulk_steps": BULK_STEPS,
        "most": min(MOST, page.paginator.count),
        "now": now,
    }
    return render(request, "web/complaints.html", context, status=200 if form.is_valid() else 422)


@require_POST
@never_cache
@login_required
@permission_required(SEE, raise_exception=True)
def complaint_find(request: HttpRequest) -> HttpResponse:
    """Look for a number or a citizen's code. It is posted, so that a code stands in no address and no history."""
    number = number_meant(request.POST.get("code", "")[:40], visible(request.user))
    return redirect(f"{reverse('complaints')}?{urlencode({'show': 'all', 'code': number})}")


@require_safe
@never_cache
@login_required
@permission_required(SEE, raise_exception=True)
def complaints_csv(request: HttpRequest) -> HttpResponse:
    """The chosen rows for a spreadsheet, at most 20,000. What is sealed stays sealed: no personal data is in it."""
    now = now_ms()
    form = Choice(request.user, request.GET)
    answer = HttpResponse(content_type="text/csv; charset=utf-8", status=200 if form.is_valid() else 422)
    answer.headers["Content-Disposition"] = 'attachment; filename="pengaduan.csv"'
    answer.write("\ufeff")  # or spreadsheets take UTF-8 for something else
    writer = csv.writer(answer)
    writer.writerow(_COLUMNS)
    for row in rows_of(chosen(form, request.user, now)[:MOST_EXPORTED], now):
        writer.writerow([harmless(read(row)) for read in _COLUMNS.values()])
    audit.note(request, "complaints-table", "", request.GET.urlencode())
    return answer


_COLUMNS: Final[dict[str, Any]] = {
    "number": lambda row: row.complaint.code,
    "filed": lambda row: iso(row.complaint.at_ms),
    "received": lambda row: iso(row.complaint.received_ms),
    "channel": lambda row: row.complaint.channel,
    "category": lambda row: row.complaint.category,
    "subject": lambda row: row.subject,
    "place": lambda row: row.place,
    "about": lambda row: row.about or row.place,
    "urgent": lambda row: int(row.complaint.urgent),
    "suggested_class": lambda row: row.complaint.classification,
    "corrected_class": lambda row: row.complaint.corrected_class,
    "status": lambda row: row.complaint.status,
    "closed_reason": lambda row: row.complaint.closed_reason,
    "agency": lambda row: row.agency,
    "due": lambda row: iso(row.complaint.due_ms),
    "overdue": lambda row: int(row.due is not None and row.due.state == "late"),
    "first_answer": lambda row: iso(row.complaint.first_answer_ms),
    "closed": lambda row: iso(row.complaint.closed_ms),
    "photos": lambda row: row.complaint.photos,
}


def _sums(request: HttpRequest) -> dict[str, int]:
    mine = visible(request.user)
    waiting = mine.filter(status__in=WAITING)
    return {
        "open": waiting.count(),
        "urgent": waiting.filter(urgent=True).count(),
        "all": mine.count(),
        "unread": _unread(request),
    }


def _unread(request: HttpRequest) -> int:
    """Nobody can read whose they are, so only who sees the whole city is told."""
    return complaint_desk.unread_complaints() if reach.sites_of(request.user) is None else 0
