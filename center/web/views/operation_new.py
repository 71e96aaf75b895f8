"""Ordering a command: choosing it, saying for which boxes, confirming what will happen, and sending it."""

import uuid
from typing import Any, Final

import msgspec
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from center.accounts.reach import whole_city
from center.commander.frames import Order
from center.web import operation_nodes
from center.web.operation_asking import SEE, may_order, order, page_of, refusal
from center.web.operation_forms import ELSEWHERE, OrderForm, first_values, json_of
from center.web.operation_sentences import will_happen
from wire import strictjson
from wire.commands import COMMANDS
from wire.errors import WireError

_ORDERS: Final = msgspec.json.Decoder(Order)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@permission_required(SEE, raise_exception=True)
@whole_city
def operation_new(request: HttpRequest) -> HttpResponse:
    """The commands to choose from, or with ?command= the form of one. A POST checks the form and asks for a last word;
    with that word (`order`, and the one-time code) it is sent."""
    mine = [name for name in COMMANDS if name not in ELSEWHERE and may_order(request.user, name)]
    if not mine:
        raise PermissionDenied
    if request.method == "POST" and "order" in request.POST:
        return _send(request)
    command = (request.POST if request.method == "POST" else request.GET).get("command", "")
    if command and command in COMMANDS and command not in mine:
        raise PermissionDenied
    if command not in mine:
        return _choice(request, mine)
    every = operation_nodes.boxes()
    if request.method != "POST":
        return _form(request, OrderForm(command, every, initial=_asked(request, command)))
    form = OrderForm(command, every, request.POST)
    if not form.is_valid():
        return _form(request, form, status=422)
    wanted = Order(
        key=uuid.uuid4().hex, command=command, nodes=tuple(form.nodes), by=request.user.get_username(),
        arguments=form.arguments, roll=form.roll, note=form.cleaned_data["note"],
    )  # fmt: skip
    if COMMANDS[command].gravity == "look" and len(wanted.nodes) == 1:
        return _sent(request, wanted)
    return _confirm(request, wanted)


def _choice(request: HttpRequest, mine: list[str]) -> HttpResponse:
    node = request.GET.get("node", "")[:64]
    groups = [
        (gravity, [name for name in mine if COMMANDS[name].gravity == gravity])
        for gravity in ("look", "touch", "grave")
    ]
    return render(request, "web/operation_choice.html", {"groups": [one for one in groups if one[1]], "node": node})


def _asked(request: HttpRequest, command: str) -> dict[str, Any]:
    """What a link asks for beside the command: ?node= (several), or ?how=all."""
    nodes = [node[:64] for node in request.GET.getlist("node")]
    how = request.GET.get("how", "nodes")
    return first_values(command, nodes, how if how in operation_nodes.HOWS else "nodes")


def _form(request: HttpRequest, form: OrderForm, status: int = 200) -> HttpResponse:
    picked = set(form.data.getlist("node") if form.is_bound else form.initial.get("node", ()))  # type: ignore[attr-defined]
    how = form.data.get("how", "") if form.is_bound else form.initial["how"]
    groups: dict[str, list[operation_nodes.Box]] = {}
    first = "" if form.is_bound else _("Chosen")
    for box in sorted(form.every, key=lambda box: not (first and box.id in picked)):
        groups.setdefault(first if first and box.id in picked else box.kecamatan, []).append(box)
    context = {
        "form": form, "command": form.command, "gravity": COMMANDS[form.command].gravity, "picked": picked, "how": how,
        "groups": groups, "heard": sum(box.heard for box in form.every),
    }  # fmt: skip
    return render(request, "web/operation_new.html", context, status=status)


def _confirm(request: HttpRequest, wanted: Order, problem: str = "", status: int = 200) -> HttpResponse:
    gravity = COMMANDS[wanted.command].gravity
    names = operation_nodes.names_of(wanted.nodes)
    context = {
        "command": wanted.command, "gravity": gravity, "said": will_happen(wanted),
        "order": json_of(msgspec.structs.replace(wanted, otp="")),
        "names": sorted(name or node for node, name in names.items()), "count": len(wanted.nodes),
        "problem": problem, "note": wanted.note,
    }  # fmt: skip
    return render(request, "web/operation_confirm.html", context, status=status)


def _send(request: HttpRequest) -> HttpResponse:
    """What was confirmed, exactly: the order as the page held it, in the name of who sends it."""
    try:
        held = strictjson.decode(request.POST["order"].encode(), _ORDERS)
        wanted = msgspec.structs.replace(
            held, by=request.user.get_username(), otp="".join(request.POST.get("otp", "").split())[:12]
        )
    except (WireError, ValueError):
        raise PermissionDenied from None
    if wanted.command in ELSEWHERE or not may_order(request.user, wanted.command):
        raise PermissionDenied
    if COMMANDS[wanted.command].gravity != "look" and not (len(wanted.otp) == 6 and wanted.otp.isdecimal()):
        return _confirm(request, wanted, _("Type the six digits your telephone shows now."), 422)
    return _sent(request, wanted)


def _sent(request: HttpRequest, wanted: Order) -> HttpResponse:
    answer = order(request, wanted)
    if answer.code:
        return _confirm(request, wanted, refusal(answer), 422)
    return page_of(answer)
