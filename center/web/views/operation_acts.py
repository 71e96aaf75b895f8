"""What people do with an operation, and the commands of one press on a node's page."""

import uuid
from typing import Final

from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from center.accounts.reach import whole_city
from center.commander.frames import Answer, Order
from center.sites.models import Node
from center.web import operation_asking as asking
from center.web.node_remote import PRESSES
from center.web.operation_asking import SEE, may_order
from center.web.views.operations import context_of, found

ACTS: Final = ("approve", "cancel", "pause", "resume")


@require_POST
@never_cache
@login_required
@permission_required(SEE, raise_exception=True)
@whole_city
def operation_act(request: HttpRequest, operation_id: str, act: str) -> HttpResponse:
    """Approve, cancel, pause or resume; what is refused says so on the page (422)."""
    if act not in ACTS:
        raise Http404
    row = found(operation_id)
    if not may_order(request.user, row.command):
        raise PermissionDenied
    answer = _approved(request, row.id) if act == "approve" else asking.stop(request, row.id, act)
    if answer.code:
        context = context_of(request, found(operation_id), asking.refusal(answer))
        return render(request, "web/operation.html", context, status=422)
    return redirect("operation", operation_id)


def _approved(request: HttpRequest, operation_id: str) -> Answer:
    otp = "".join(request.POST.get("otp", "").split())
    if not (len(otp) == 6 and otp.isdecimal() and otp.isascii()):
        return Answer("otp")
    return asking.approve(request, operation_id, otp)


@require_POST
@never_cache
@login_required
@permission_required((SEE, "operations.run_look"), raise_exception=True)
@whole_city
def node_ask(request: HttpRequest, node_id: str, press: str) -> HttpResponse:
    """One press on a node's page: ordered at once, and shown as it happens."""
    node = get_object_or_404(Node, pk=node_id, retired=False)
    if press not in PRESSES:
        raise Http404
    command, arguments = PRESSES[press]
    by = request.user.get_username()
    answer = asking.order(request, Order(uuid.uuid4().hex, command, (node.pk,), by, arguments))
    return _shown(request, node, answer)


@require_POST
@never_cache
@login_required
@permission_required((SEE, "operations.run_look"), raise_exception=True)
@whole_city
def node_witness(request: HttpRequest, node_id: str) -> HttpResponse:
    """Ask boxes beside a cut one whether its address answers them."""
    node = get_object_or_404(Node, pk=node_id, retired=False)
    return _shown(request, node, asking.ask_neighbours(request, node.pk))


def _shown(request: HttpRequest, node: Node, answer: Answer) -> HttpResponse:
    if answer.code:
        problem = asking.refusal(answer) or _("It could not be ordered.")
        return render(request, "web/operation_refused.html", {"node": node, "problem": problem}, status=422)
    return asking.page_of(answer)
