"""The registry to change: one form for every table."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.core.validators import slug_re
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from center.accounts.audit import note
from center.accounts.reach import whole_city
from center.core.registry_plan import Plan, Problem, Row, Snapshot, plan_rows
from center.core.registry_tables import TABLES, Values
from center.sites.registry import By, RegistryError, StaleError, change, read_row
from center.sites.registry_rows import load
from center.sites.words import sentence
from center.web.registry_forms import default_texts, form_fields, seen_mark, texts_of
from center.web.registry_since import since_field, since_posted
from center.web.registry_words import ROW_NAMES, TABLE_NAMES

EDIT: Final = "sites.change_site"
_ADD: Final = {"sites": "sites.add_site", "providers": "sites.add_provider", "upstreams": "sites.add_upstream",
               "links": "sites.add_link", "people": "sites.add_person"}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@permission_required(EDIT, raise_exception=True)
@whole_city
def new_row(request: HttpRequest, table: str) -> HttpResponse:
    """A new row; GET's query (?site=...) fills fields in beforehand."""
    check_allowed(request, table, _ADD)
    if request.method == "POST":
        texts = {**dict.fromkeys(TABLES[table].key, ""), **_posted(request, table)}
        return _save(request, table, "", texts, lambda values: _new(table, values))
    known = TABLES[table].names
    texts = {**default_texts(table), **{name: request.GET[name] for name in known if name in request.GET}}
    if table == "people" and texts["site"] and "order" not in request.GET:
        texts["order"] = _next_order(load("people"), texts["site"])
    return _form(request, table, "", texts)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@permission_required(EDIT, raise_exception=True)
@whole_city
def edit_row(request: HttpRequest, table: str, key: str) -> HttpResponse:
    """One row; its key stays."""
    check_allowed(request, table, _ADD)
    now = row_or_404(load(table), table, key)
    note_look(request, table, key)
    if request.method == "POST":
        seen = request.POST.get("seen", "")
        texts = {**_posted(request, table), **{name: texts_of(table, now)[name] for name in TABLES[table].key}}
        return _save(request, table, key, texts, lambda values: _edited(table, key, values, seen))
    return _form(request, table, key, texts_of(table, now), seen=seen_mark(now))


def _save(
    request: HttpRequest,
    table: str,
    key: str,
    texts: dict[str, str],
    plan: Callable[[Values], Callable[[Snapshot], Plan]],
) -> HttpResponse:
    try:
        values = read_row(table, texts)
        since = since_posted(table, request.POST, str(values["site"]) if table == "links" else "")
        change(plan(values), by_page(request), since=since)
    except RegistryError as error:
        return _form(request, table, key, texts, problems=error.problems, seen=request.POST.get("seen", ""))
    except StaleError:
        now = load(table).tables[table].get(key)
        return _form(request, table, key, texts, seen=seen_mark(now), stale=now)
    return HttpResponseRedirect(home_of(table, values) + "?saved=1")


def _new(table: str, values: Values) -> Callable[[Snapshot], Plan]:
    def make(snapshot: Snapshot) -> Plan:
        spec = TABLES[table]
        if spec.key_of(values) in snapshot.tables[table]:
            return Plan(problems=(Problem("exists", 0, spec.key[-1], spec.key_of(values)),))
        return plan_rows(snapshot, table, [Row(values)])

    return make


def _edited(table: str, key: str, values: Values, seen: str) -> Callable[[Snapshot], Plan]:
    def make(snapshot: Snapshot) -> Plan:
        if seen_mark(snapshot.tables[table].get(key)) != seen:
            raise StaleError
        return plan_rows(snapshot, table, [Row(values)])

    return make


def _form(
    request: HttpRequest, table: str, key: str, texts: dict[str, str], *, problems: tuple[Problem, ...] = (),
    seen: str = "", stale: Values | None = None,
) -> HttpResponse:  # fmt: skip
    fixed = TABLES[table].key if key else ()
    referred = {field.refers for field in TABLES[table].fields if field.refers} or {table}
    fields = form_fields(table, texts, load(*referred), problems, fixed)
    fields += since_field(table, request.POST, problems)
    named = {field.name for field in fields}
    status = 409 if stale is not None else 422 if problems else 200
    context = {
        "table": table, "table_name": TABLE_NAMES[table], "row_name": ROW_NAMES[table], "key": key, "fields": fields,
        "name": texts.get("name", ""), "seen": seen, "stale": stale is not None,
        "others": [sentence(one) for one in problems if one.column not in named], "wrong": len(problems),
        "back": home_of(table, texts),
    }  # fmt: skip
    return render(request, "web/registry_form.html", context, status=status)


def _posted(request: HttpRequest, table: str) -> dict[str, str]:
    """What was typed; a choice left open stays out, so that its default holds."""
    texts = {name: request.POST[name] for name in TABLES[table].names if name in request.POST}
    return {name: text for name, text in texts.items() if text or name != "primary"}


def check_allowed(request: HttpRequest, table: str, needed: dict[str, str]) -> None:
    if table not in needed:
        raise Http404
    if not request.user.has_perm(needed[table]):
        raise PermissionDenied
    if TABLES[table].personal and not request.user.has_perm("sites.view_person"):
        raise PermissionDenied


def row_or_404(snapshot: Snapshot, table: str, key: str) -> Values:
    row = snapshot.tables[table].get(key)
    if row is None:
        raise Http404
    return row


def note_look(request: HttpRequest, table: str, key: str) -> None:
    if TABLES[table].personal:
        note(request, "view_person", key)


def by_page(request: HttpRequest) -> By:
    return By(request.user.get_username(), "page")


def _next_order(snapshot: Snapshot, site: str) -> str:
    taken = [row["order"] for row in snapshot.tables["people"].values() if row["site"] == site]
    return str(int(max((one for one in taken if isinstance(one, float)), default=0)) + 1)


def home_of(table: str, row: Mapping[str, Any]) -> str:
    """The page on which a row is looked at; the list, while what was typed cannot be part of an address."""
    site, code = (slug_re.fullmatch(str(row.get(name, ""))) for name in ("site", "code"))
    if table in {"links", "people", "boundaries"} and site:
        return reverse("site-people" if table == "people" else "site", args=[site[0]])
    if table in {"sites", "upstreams"} and code:
        return reverse("site" if table == "sites" else "upstream", args=[code[0]])
    return reverse({"providers": "providers", "upstreams": "upstreams"}.get(table, "sites"))
