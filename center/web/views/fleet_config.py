"""Pushed configurations: what was pushed, who differs; and pushing one: written, checked, looked at, sent."""

import uuid
from collections import Counter
from typing import Any, Final

import msgspec
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from center.accounts.reach import whole_city
from center.commander.frames import Order
from center.fleet import diffing, drift, revisions, shown
from center.web import operation_nodes
from center.web.config_forms import ConfigForm, over_text
from center.web.operation_asking import may_order, order, refusal
from center.web.operation_forms import first_values, json_of
from wire import strictjson
from wire.errors import WireError

SEE: Final = "fleet.view_nodeconfig"
CHANGE: Final = "fleet.change_nodeconfig"
MOST: Final = 100
WITHIN_MIN: Final = 5
_ORDERS: Final = msgspec.json.Decoder(Order)


@require_safe
@never_cache
@login_required
@permission_required(SEE, raise_exception=True)
@whole_city
def config_list(request: HttpRequest) -> HttpResponse:
    """What was pushed, the newest first; and the boxes that do not run what they should."""
    every = operation_nodes.boxes()
    found = drift.standings([box.id for box in every])
    context = {
        "rows": shown.rows(MOST), "drifts": _named([one for one in found if one.kind != "same" and _says(one)]),
        "counts": sorted(Counter(one.kind for one in found).items()), "total": len(found), "may": _may(request),
    }  # fmt: skip
    return render(request, "web/fleet_configs.html", context)


@require_safe
@never_cache
@login_required
@permission_required(SEE, raise_exception=True)
@whole_city
def config_page(request: HttpRequest, revision: int) -> HttpResponse:
    """One pushed configuration, and where each box it was meant for stands."""
    push = revisions.push_of(revision)
    if push is None:
        raise Http404
    nodes = [box.id for box in operation_nodes.boxes()]
    meant = [one for one in drift.standings(nodes) if revision in (one.wanted, one.revision)]
    context = {
        "push": push, "row": shown.rows_of([push])[0], "over": over_text(revisions.parts_of(push)),
        "rows": _named(meant), "may": _may(request),
    }  # fmt: skip
    return render(request, "web/fleet_config.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@permission_required(CHANGE, raise_exception=True)
@whole_city
def config_new(request: HttpRequest) -> HttpResponse:
    """Write one, beginning with the newest or ?from= another. A POST checks it and shows what it changes; with `order`
    and the one-time code it is sent."""
    if not _may(request):
        raise PermissionDenied
    if request.method == "POST" and "order" in request.POST:
        return _send(request)
    every = operation_nodes.boxes()
    if request.method != "POST":
        return _form(request, ConfigForm(every, initial=_asked(request)))
    form = ConfigForm(every, request.POST)
    if not form.is_valid():
        return _form(request, form, status=422)
    problems = revisions.problems(form.toml_text, form.per_node, form.nodes, get_language() or "id")
    if problems:
        return _form(request, form, problems, 422)
    per_node = {node: text for node, text in form.per_node.items() if node in form.nodes}
    wanted = Order(
        key=uuid.uuid4().hex, command="config", nodes=tuple(form.nodes), by=request.user.get_username(), roll=form.roll,
        note=form.cleaned_data["note"], toml=form.toml_text, per_node=per_node, confirm_within_s=form.within_s,
    )  # fmt: skip
    return _confirm(request, wanted)


def _asked(request: HttpRequest) -> dict[str, Any]:
    """What a link asks for: ?from= a revision, ?node= boxes. Else what was pushed last: who wants to change one key
    must not take the others back by leaving them out."""
    nodes = [node[:64] for node in request.GET.getlist("node")]
    values = {**first_values("config", nodes, "nodes"), "within": WITHIN_MIN}
    number = request.GET.get("from", "")
    wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 16 else 0
    push = revisions.push_of(wanted) or revisions.last()
    if push is None:
        return values
    note = _note(wanted) if push.revision == wanted else ""
    return {**values, "toml": push.toml, "over": over_text(revisions.parts_of(push)), "note": note}


def _note(revision: int) -> str:
    return _("as revision %(number)s") % {"number": revision}


def _form(
    request: HttpRequest, form: ConfigForm, problems: list[revisions.Problem] | None = None, status: int = 200
) -> HttpResponse:
    picked = set(form.data.getlist("node") if form.is_bound else form.initial.get("node", ()))  # type: ignore[attr-defined]
    how = form.data.get("how", "") if form.is_bound else form.initial["how"]
    groups: dict[str, list[operation_nodes.Box]] = {}
    for box in form.every:
        groups.setdefault(box.kecamatan, []).append(box)
    context = {
        "form": form, "problems": problems or [], "picked": picked, "how": how, "groups": groups,
        "heard": sum(box.heard for box in form.every),
    }  # fmt: skip
    return render(request, "web/fleet_config_new.html", context, status=status)


def _confirm(request: HttpRequest, wanted: Order, problem: str = "", status: int = 200) -> HttpResponse:
    names = operation_nodes.names_of(wanted.nodes)
    changes = [
        (one, [names[node] or node for node in one.nodes])
        for one in diffing.changes(wanted.toml, wanted.per_node, wanted.nodes)
    ]
    context = {
        "changes": changes, "order": json_of(msgspec.structs.replace(wanted, otp="")), "count": len(wanted.nodes),
        "problem": problem, "note": wanted.note, "within_ms": wanted.confirm_within_s * 1000, "roll": wanted.roll,
        "nothing": all(not one.lines and one.known for one, _names in changes),
    }  # fmt: skip
    return render(request, "web/fleet_config_confirm.html", context, status=status)


def _send(request: HttpRequest) -> HttpResponse:
    """What was looked at, exactly: the order as the page held it, in the name of who sends it."""
    try:
        held = strictjson.decode(request.POST["order"].encode(), _ORDERS)
        code = "".join(request.POST.get("otp", "").split())[:12]
        wanted = msgspec.structs.replace(held, by=request.user.get_username(), otp=code)
        diffing.changes(wanted.toml, wanted.per_node, wanted.nodes)
    except (WireError, ValueError, RecursionError):
        raise PermissionDenied from None
    if wanted.command != "config":
        raise PermissionDenied
    if not (len(wanted.otp) == 6 and wanted.otp.isascii() and wanted.otp.isdigit()):
        return _confirm(request, wanted, _("Type the six digits your telephone shows now."), 422)
    answer = order(request, wanted)
    if answer.code:
        return _confirm(request, wanted, refusal(answer), 422)
    return redirect("operation", answer.operation)


def _may(request: HttpRequest) -> bool:
    return bool(request.user.has_perm(CHANGE) and may_order(request.user, "config"))


def _says(one: drift.Standing) -> bool:
    """A box that never told, and is not wanted to run anything, is no news."""
    return one.kind != "unheard" or bool(one.wanted)


def _named(found: list[drift.Standing]) -> list[tuple[drift.Standing, str]]:
    names = operation_nodes.names_of([one.node for one in found])
    return sorted(((one, names[one.node] or one.node) for one in found), key=lambda row: (row[0].kind, row[1]))
