"""What people do on an incident's page: one POST for each act, out of one table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from center.accounts.reach import whole_city
from center.availability.models import Outage
from center.operations import desk
from center.web import incident_rows
from center.web.incident_forms import (
    AssignForm,
    CancelForm,
    OptionalTextForm,
    OutageTicketForm,
    TextForm,
    TicketForm,
)
from center.web.live import now_ms
from center.web.views.incidents import SEE, WORK, context_of

REFUSED = {
    "over": gettext_noop("This incident is over already."),
    "taken": gettext_noop("Somebody else has just taken it on."),
    "not_taken": gettext_noop("Nobody has taken it on."),
    "level": gettext_noop("It has been escalated as far as there are levels. Call somebody."),
    "evidence": gettext_noop("It ends by itself as soon as the nodes are heard again."),
}


@dataclass(frozen=True, slots=True)
class Act:
    """One thing people do: the form it takes, and what happens (incident, values, account, now)."""

    form: type[forms.Form]
    run: Callable[[int, dict[str, Any], str, int], None]


ACTS = {
    "acknowledge": Act(CancelForm, lambda one, _values, by, now: desk.acknowledge(one, by, now)),
    "release": Act(CancelForm, lambda one, _values, by, now: desk.release(one, by, now)),
    "assign": Act(AssignForm, lambda one, values, by, now: desk.assign(one, values["to"], by, now)),
    "comment": Act(TextForm, lambda one, values, by, now: desk.comment(one, values["text"], by, now)),
    "escalate": Act(OptionalTextForm, lambda one, values, by, now: desk.escalate(one, values["text"], by, now)),
    "close": Act(TextForm, lambda one, values, by, now: desk.close(one, values["text"], by, now)),
    "ticket": Act(
        TicketForm,
        lambda one, values, by, now: desk.set_ticket(one, values["ticket"], values["reported"], by, now),
    ),
}


@require_POST
@never_cache
@login_required
@permission_required((SEE, WORK), raise_exception=True)
@whole_city
def act(request: HttpRequest, incident_id: int, act: str) -> HttpResponse:
    """Do it, and show the incident again; what does not fit says so on the page (422)."""
    if act not in ACTS:
        raise Http404
    incident = get_object_or_404(incident_rows.visible(request.user), pk=incident_id)
    chosen = ACTS[act]
    form = chosen.form(request.POST)
    if form.is_valid():
        try:
            chosen.run(incident.pk, form.cleaned_data, request.user.get_username(), now_ms())
        except desk.DeskError as error:
            form.add_error(None, _(REFUSED[error.code]))
        else:
            return redirect("incident", incident_id)
    incident.refresh_from_db()
    context = context_of(request, incident, {act: form})
    return render(request, "web/incident.html", {**context, "failed": form}, status=422)


@require_POST
@never_cache
@login_required
@permission_required((SEE, WORK), raise_exception=True)
@whole_city
def outage_ticket(request: HttpRequest, outage_id: int) -> HttpResponse:
    """The provider's ticket of one outage of a node, from the node's page."""
    outage = get_object_or_404(Outage, pk=outage_id)
    form = OutageTicketForm(request.POST)
    if not form.is_valid():
        return render(request, "web/outage_ticket.html", {"outage": outage, "form": form}, status=422)
    values = form.cleaned_data
    desk.ticket_of_outage(outage.pk, values["ticket"], values["reported"], request.user.get_username())
    return redirect("node", outage.node)
