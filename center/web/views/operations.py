"""The pages of operations: what was asked of boxes from afar, how far it is, and one operation as it happens."""

import csv
import json
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from center.accounts.reach import whole_city
from center.operations import orders
from center.operations.models import OperationTarget
from center.operations.orders import OperationRow
from center.sites.models import Node
from center.web import operation_rows as rows
from center.web.operation_asking import PERMISSION_OF, SEE, may_order
from center.web.operation_words import COMMANDS
from center.web.templatetags.sandi import iso
from center.web.views.public_sites import harmless

MOST: Final = 100
COLUMNS: Final = (
    "id", "command", "state", "why", "ordered_by", "ordered_at", "approved_by", "ended_at", "boxes", "done", "failed",
    "open", "skipped", "note",
)  # fmt: skip
STATES: Final = ("", "open", "done", "aborted", "cancelled")


@require_safe
@never_cache
@login_required
@permission_required(SEE, raise_exception=True)
@whole_city
def operation_list(request: HttpRequest) -> HttpResponse:
    """What runs or waits first, then the newest; ?state=, ?command= and ?node= narrow it down."""
    return render(request, "web/operations.html", _listed(request))


@require_safe
@never_cache
@login_required
@permission_required(SEE, raise_exception=True)
@whole_city
def operation_list_now(request: HttpRequest) -> HttpResponse:
    """The list alone, for the page's script."""
    return render(request, "web/operations_now.html", _listed(request))


@require_safe
@never_cache
@login_required
@permission_required(SEE, raise_exception=True)
@whole_city
def operations_csv(request: HttpRequest) -> HttpResponse:
    """What the list shows, for a spreadsheet."""
    answer = _table("perintah.csv")
    writer = csv.writer(answer)
    writer.writerow(COLUMNS)
    for row in _listed(request)["rows"]:
        one, counts = row.one, row.one.counts
        values = (one.id, one.command, one.state, row.why, one.made_by, iso(one.made_ms), one.second_by,
                  iso(one.ended_ms), counts.total, counts.done, counts.bad, counts.open, counts.skipped,
                  one.note)  # fmt: skip
        writer.writerow([harmless(value) for value in values])
    return answer


def _table(name: str) -> HttpResponse:
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.write("\ufeff")  # or spreadsheets take UTF-8 for something else
    return answer


def _listed(request: HttpRequest) -> dict[str, Any]:
    state, node, command = (request.GET.get(name, "")[:64] for name in ("state", "node", "command"))
    state = state if state in STATES else ""
    node = node if Node.objects.filter(pk=node).exists() else ""
    found = orders.operations(orders.MOST, node, state)
    if command in COMMANDS:
        found = [row for row in found if row.command == command]
    return {
        "rows": rows.list_rows(found)[:MOST], "state": state, "states": STATES, "node": node, "command": command,
        "may_order": any(request.user.has_perm(one) for one in PERMISSION_OF.values()),
        "query": _query(state=state, node=node, command=command if command in COMMANDS else ""),
    }  # fmt: skip


def _query(**asked: str) -> str:
    """What was asked for, of what this page knows: nothing else of an address is repeated in the page."""
    return urlencode({name: value for name, value in asked.items() if value})


@gzip_page
@require_safe
@never_cache
@login_required
@permission_required(SEE, raise_exception=True)
@whole_city
def operation_page(request: HttpRequest, operation_id: str) -> HttpResponse:
    """One operation."""
    return render(request, "web/operation.html", context_of(request, found(operation_id)))


@gzip_page
@require_safe
@never_cache
@login_required
@permission_required(SEE, raise_exception=True)
@whole_city
def operation_now(request: HttpRequest, operation_id: str) -> HttpResponse:
    """The parts of the page that change, for the page's script."""
    return render(request, "web/operation_now.html", context_of(request, found(operation_id)))


@require_safe
@never_cache
@login_required
@permission_required(SEE, raise_exception=True)
@whole_city
def operation_csv(request: HttpRequest, operation_id: str) -> HttpResponse:
    """The boxes of one operation for a spreadsheet."""
    row = found(operation_id)
    answer = _table(f"{row.command}-{row.id[:8]}.csv")
    writer = csv.writer(answer)
    writer.writerow(("node", "site", "state", "code", "detail", "wave", "sent_at", "accepted_at", "ended_at", "result"))
    for box in rows.box_rows(row, "", ""):
        one = box.one
        result = "; ".join(f"{name} {value}" for name, value in box.figures)
        values = (one.node, box.name, one.state, one.code, one.detail, one.wave, iso(one.sent_ms),
                  iso(one.accepted_ms), iso(one.ended_ms), result)  # fmt: skip
        writer.writerow([harmless(value) for value in values])
    return answer


@require_safe
@never_cache
@login_required
@permission_required(SEE, raise_exception=True)
@whole_city
def operation_json(request: HttpRequest, operation_id: str) -> HttpResponse:
    """One operation with all its boxes and what they printed."""
    text = json.dumps(rows.as_json(found(operation_id)), ensure_ascii=False, indent=1)
    return HttpResponse(text, content_type="application/json; charset=utf-8")


def found(operation_id: str) -> OperationRow:
    """The operation, or 404."""
    row = orders.operation(operation_id)
    if row is None:
        raise Http404
    return row


def context_of(request: HttpRequest, row: OperationRow, problem: str = "") -> dict[str, Any]:
    """What the page of one operation shows; `problem`: what became of an act on it."""
    show, node = request.GET.get("show", ""), request.GET.get("node", "")[:64]
    show = show if show in rows.SHOWS else ""
    node = node if OperationTarget.objects.filter(operation=row.id, node=node).exists() else ""
    mine, may = row.made_by == request.user.get_username(), may_order(request.user, row.command)
    boxes = rows.box_rows(row, show, node)
    return {
        "row": rows.list_row(row), "one": row, "boxes": boxes, "show": show, "node": node,
        "filters": rows.filters(row), "problem": problem, "verdict": rows.verdict_said(row),
        "single": Node.objects.filter(pk=row.sole_node).exists() if row.sole_node else False,
        "may_approve": may and row.state == "waiting" and not mine, "is_mine": mine and row.state == "waiting",
        "may_stop": may and not row.over, "query": _query(show=show, node=node),
    }  # fmt: skip
