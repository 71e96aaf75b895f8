"""Removal from the registry, which names what goes along, and taking a change back."""

from typing import Final

from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from center.accounts.reach import whole_city
from center.core.registry_plan import Plan, Problem
from center.core.registry_removal import plan_removal
from center.core.registry_tables import Values
from center.sites.registry import RegistryError, change, undo
from center.sites.registry_rows import load
from center.sites.words import sentence
from center.web.registry_since import since_field, since_posted
from center.web.registry_words import ROW_NAMES
from center.web.views.registry_edit import EDIT, by_page, check_allowed, home_of, note_look, row_or_404

REMOVERS: Final = {
    "sites": "sites.delete_site", "providers": "sites.delete_provider", "upstreams": "sites.delete_upstream",
    "links": EDIT, "people": "sites.change_person", "boundaries": EDIT,
}  # fmt: skip
"""What belongs to a site alone may be removed by whoever edits sites; what others hang on, by administrators."""


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@whole_city
def remove_row(request: HttpRequest, table: str, key: str) -> HttpResponse:
    """Ask, naming what goes along; then remove."""
    if table not in REMOVERS:
        raise Http404
    check_allowed(request, table, REMOVERS)
    snapshot = load()
    row = row_or_404(snapshot, table, key)
    note_look(request, table, key)
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        try:
            since = since_posted(table, request.POST)
            change(lambda now: plan_removal(now, table, key), by_page(request), since=since)
            return HttpResponseRedirect(_after_removal(table, row))
        except RegistryError as error:
            problems = error.problems
    plan = plan_removal(snapshot, table, key)
    problems = problems or plan.problems
    context = {
        "table": table, "key": key, "row_name": ROW_NAMES[table], "name": row.get("name", ""),
        "along": [(ROW_NAMES[one.table], one.key) for one in plan.changes if (one.table, one.key) != (table, key)],
        "problems": [sentence(one) for one in problems], "back": home_of(table, row),
        "dated": since_field(table, request.POST),
    }  # fmt: skip
    return render(request, "web/registry_remove.html", context, status=409 if request.method == "POST" else 200)


@require_POST
@never_cache
@login_required
@permission_required(EDIT, raise_exception=True)
@whole_city
def undo_change(request: HttpRequest, change_id: int) -> HttpResponse:
    """Take one change back, or say why not."""
    try:
        plan = undo(change_id, request.user.get_username(), lambda plan: _may_remove(request, plan))
    except RegistryError as error:
        context = {"problems": [sentence(one) for one in error.problems], "back": reverse("registry-history")}
        return render(request, "web/registry_refused.html", context, status=409)
    where = reverse("registry-history")
    for one in plan.changes[-1:]:
        where = home_of(one.table, one.after) if one.after else where
    return HttpResponseRedirect(f"{where}?saved=1")


def _may_remove(request: HttpRequest, plan: Plan) -> None:
    """Undoing an addition is a removal, and needs what a removal needs."""
    if not all(one.after is not None or request.user.has_perm(REMOVERS[one.table]) for one in plan.changes[-1:]):
        raise PermissionDenied


def _after_removal(table: str, row: Values) -> str:
    return home_of(table, {} if table in {"sites", "upstreams"} else row) + "?saved=1"
