"""The registry as files: exports for spreadsheets and maps, and imports that are looked at before anything is done."""

from typing import Any, Final

from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from center.accounts.audit import note
from center.accounts.reach import sites_of, whole_city
from center.core.registry_csv import write_csv
from center.core.registry_outlines import registry_geojson
from center.core.registry_plan import Plan, Problem
from center.core.registry_tables import FILE_TABLES, TABLES
from center.sites.importing import OUTLINES, Prepared, confirm, forget, keep, kept, plan_of, prepare, size_limit
from center.sites.registry import RegistryError, StaleError
from center.sites.registry_rows import derived, load
from center.sites.words import sentence
from center.web.registry_rows import changed_fields, site_states
from center.web.registry_since import NAME, since_field, since_posted
from center.web.registry_words import LABELS, ROW_NAMES, TABLE_NAMES
from center.web.site_map import Spot, draw

IMPORT: Final = ("sites.change_site", "sites.add_site")
SEE_PEOPLE: Final = "sites.view_person"
SHOWN_CHANGES: Final = 200
_SEE: Final = {"sites": "sites.view_site", "providers": "sites.view_provider", "upstreams": "sites.view_upstream",
               "links": "sites.view_link", "people": SEE_PEOPLE}  # fmt: skip


@require_safe
@never_cache
@login_required
@whole_city
def export_csv(request: HttpRequest, table: str) -> HttpResponse:
    """One table as its file; contacts are personal data, and so the look is written into the audit log."""
    if table not in FILE_TABLES:
        raise Http404
    if not request.user.has_perm(_SEE[table]):
        raise PermissionDenied
    rows = load(table).tables[table].values()
    if TABLES[table].personal:
        note(request, "export_person", table, str(len(rows)))
    answer = HttpResponse(
        write_csv(TABLES[table], [{**row, **derived(table, row)} for row in rows]),
        content_type="text/csv; charset=utf-8",
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="{table}.csv"'
    return answer


@require_safe
@never_cache
@login_required
@permission_required("sites.view_site", raise_exception=True)
def export_geojson(request: HttpRequest) -> HttpResponse:
    """The sites within reach as GeoJSON, with their outlines and how they are now."""
    text = registry_geojson(load("sites", "boundaries"), site_states(), sites_of(request.user))
    answer = HttpResponse(text, content_type="application/geo+json")
    answer.headers["Content-Disposition"] = 'attachment; filename="sites.geojson"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@permission_required(IMPORT, raise_exception=True)
@whole_city
def import_file(request: HttpRequest) -> HttpResponse:
    """Choose a file. One that cannot be read, or breaks a rule, is answered row by row; nothing of it is kept."""
    if request.method != "POST":
        return _choose(request)
    table, file = request.POST.get("table", ""), request.FILES.get("file")
    if table not in (*FILE_TABLES, OUTLINES):
        raise Http404
    _may_import(request, table)
    if file is None:
        return _choose(request, (Problem("empty_file"),), table)
    if (file.size or 0) > size_limit(table):
        return _choose(request, (Problem("file_too_big", right=str(size_limit(table) // 1000)),), table)
    try:
        wanted = request.POST.get("property", "")[:100].strip()
        prepared = prepare(table, file.name or "", file.read(), wanted, others="others" in request.POST)
    except RegistryError as error:
        return _choose(request, error.problems, table)
    problems = plan_of(prepared)(load()).problems
    if problems:
        return _choose(request, problems, table)
    number = keep(prepared, request.user.get_username())
    return HttpResponseRedirect(reverse("registry-preview", args=[number]))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@permission_required(IMPORT, raise_exception=True)
@whole_city
def preview(request: HttpRequest, number: int) -> HttpResponse:
    """What the file would change, row by row; confirmed, exactly that is done."""
    who = request.user.get_username()
    prepared = kept(number, who)
    if prepared is None:
        return render(
            request, "web/registry_refused.html", {"expired": True, "back": reverse("registry-import")}, status=404
        )
    _may_import(request, prepared.table)
    if TABLES[prepared.table].personal:
        note(request, "view_person", "import")
    stale = False
    problems: tuple[Problem, ...] = ()
    if request.method == "POST":
        if "cancel" in request.POST:
            forget(number)
            return HttpResponseRedirect(reverse("registry-import"))
        try:
            since = since_posted(prepared.table, request.POST)
            confirm(prepared, who, request.POST.get("digest", "") or "-", since)
            forget(number)
            return HttpResponseRedirect(reverse("registry-history") + "?saved=1")
        except StaleError:
            stale = True
        except RegistryError as error:
            if error.problems[0].column != NAME:
                return _choose(request, error.problems, prepared.table)
            problems = error.problems
    return _preview(request, prepared, plan_of(prepared)(load()), stale, problems)


def _preview(
    request: HttpRequest, prepared: Prepared, plan: Plan, stale: bool, problems: tuple[Problem, ...]
) -> HttpResponse:
    if plan.problems:
        return _choose(request, plan.problems, prepared.table)
    changes = [
        {
            "row": ROW_NAMES[one.table], "key": one.key, "came": one.before is None,
            "fields": changed_fields(one.table, *({name: side[name] for name in one.fields} if side else {}
                                                  for side in (one.before, one.after))),
        }
        for one in plan.changes[:SHOWN_CHANGES]
    ]  # fmt: skip
    outlines = [Spot(one.key, one.key, "absent", None, str(one.after["rings"])) for one in plan.changes
                if one.table == OUTLINES and one.after]  # fmt: skip
    context = {
        "drawing": draw(outlines), "table_name": TABLE_NAMES[prepared.table], "file": prepared.name,
        "changes": changes, "stale": stale,
        "new": sum(one.before is None for one in plan.changes), "digest": plan.digest, "same": plan.same,
        "changed": sum(one.before is not None for one in plan.changes), "left_out": len(plan.changes) - len(changes),
        "dated": since_field(prepared.table, request.POST), "problems": [sentence(one) for one in problems],
    }  # fmt: skip
    status = 409 if stale else 422 if problems else 200
    return render(request, "web/registry_preview.html", context, status=status)


def _choose(request: HttpRequest, problems: tuple[Problem, ...] = (), table: str = "sites") -> HttpResponse:
    tables = [name for name in (*FILE_TABLES, OUTLINES) if _importable(request, name)]
    rows: list[dict[str, Any]] = [
        {"line": one.line, "column": one.column, "value": one.value, "text": sentence(one)} for one in problems
    ]
    context = {
        "tables": [(name, TABLE_NAMES[name], TABLES[name].names) for name in tables], "table": table,
        "problems": rows, "columns": LABELS, "by_feature": table == OUTLINES, "outlines": OUTLINES,
    }  # fmt: skip
    return render(request, "web/registry_import.html", context, status=422 if problems else 200)


def _importable(request: HttpRequest, table: str) -> bool:
    return not TABLES[table].personal or request.user.has_perms((SEE_PEOPLE, "sites.change_person"))


def _may_import(request: HttpRequest, table: str) -> None:
    if not _importable(request, table):
        raise PermissionDenied
