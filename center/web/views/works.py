"""Planned work, technicians' stays ended from the centre, and what one shift tells the next."""

from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from center.accounts.reach import whole_city
from center.ingest.changes import record_changes
from center.operations import desk
from center.operations.models import Handover, Incident, StayEnded, Work
from center.operations.works import Coverage, reckon_again
from center.sites.models import Node, Site, Upstream
from center.web import incident_rows
from center.web.incident_forms import EndStayForm, HandoverForm, WorkForm, local_time
from center.web.live import now_ms
from center.web.maintenance import stay_now

PAGE_ROWS = 50
HOUR_MS = 3_600_000
NOTES_SHOWN = 10


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@permission_required("operations.view_work", raise_exception=True)
@whole_city
def work_list(request: HttpRequest) -> HttpResponse:
    """What is planned and on, then what is over; a POST announces work."""
    may_add = request.user.has_perm("operations.add_work")
    form = WorkForm(request.POST) if request.method == "POST" and may_add else WorkForm(initial=_asked(request))
    if form.is_bound and form.is_valid():
        _announce(form.cleaned_data, request.user.get_username())
        return redirect("works")
    now = now_ms()
    live = Q(until_ms__gt=now, cancelled_ms=None)
    coming = list(Work.objects.filter(live).order_by("from_ms", "id")[:500])
    over = Paginator(Work.objects.exclude(live).order_by("-until_ms", "-id"), PAGE_ROWS).get_page(
        request.GET.get("page")
    )
    coverage = Coverage(now)
    context = {
        "form": form,
        "coming": [_row(work, now, coverage) for work in coming],
        "over": [_row(work, now) for work in over],
        "page": over,
        "may_add": may_add,
        "subjects": _subjects() if may_add else [],
    }
    return render(request, "web/works.html", context, status=422 if form.is_bound else 200)


@require_POST
@never_cache
@login_required
@permission_required("operations.add_work", raise_exception=True)
@whole_city
def cancel_work(request: HttpRequest, work_id: int) -> HttpResponse:
    """End planned work early, or take back what has not begun."""
    work = get_object_or_404(Work, pk=work_id)
    now = now_ms()
    with transaction.atomic():
        open_one = Work.objects.filter(pk=work_id, cancelled_ms=None, until_ms__gt=now)
        open_one.update(cancelled_ms=now, cancelled_by=request.user.get_username())
        reckon_again(work.scope, work.subject, now)
        record_changes([("work", str(work_id))])
    return redirect("works")


@require_POST
@never_cache
@login_required
@permission_required("operations.work_incident", raise_exception=True)
@whole_city
def end_stay(request: HttpRequest, node_id: str) -> HttpResponse:
    """End what the box says about a technician's work, as far as the centre is concerned."""
    node = get_object_or_404(Node, pk=node_id)
    form = EndStayForm(request.POST)
    if form.is_valid() and stay_now(node.pk) is not None:
        with transaction.atomic():
            StayEnded.objects.create(
                node=node.pk, at_ms=now_ms(), by=request.user.get_username(), reason=form.cleaned_data["reason"]
            )
            reckon_again("node", node.pk, now_ms())
            record_changes([("node", node.pk)])
    return redirect("node", node_id)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@permission_required("operations.view_handover", raise_exception=True)
@whole_city
def handover(request: HttpRequest) -> HttpResponse:
    """The last notes, and a form that begins with what is open."""
    may_add = request.user.has_perm("operations.add_handover")
    rows = incident_rows.in_order(
        incident_rows.rows_of(Incident.objects.filter(resolved_ms=None).exclude(severity="info")[:200], request.user)
    )
    form = HandoverForm(request.POST) if request.method == "POST" and may_add else HandoverForm(
        initial={"text": prefilled(rows)}
    )  # fmt: skip
    if form.is_bound and form.is_valid():
        Handover.objects.create(at_ms=now_ms(), by=request.user.get_username(), text=form.cleaned_data["text"])
        return redirect("handover")
    context = {"form": form, "notes": Handover.objects.order_by("-at_ms", "-id")[:NOTES_SHOWN], "may_add": may_add}
    return render(request, "web/handover.html", context, status=422 if form.is_bound else 200)


def prefilled(rows: list[incident_rows.Row]) -> str:
    """What is open, a line each; whoever hands over adds what no machine knows."""
    lines = []
    for row in rows:
        one = row.incident
        marks = [
            _("taken on by %(name)s") % {"name": one.acknowledged_by} if one.acknowledged_by else _("not taken on yet"),
            *([_("ticket %(ticket)s") % {"ticket": one.ticket}] if one.ticket else []),
        ]
        lines.append(f"- #{one.pk} {row.sentence} [{', '.join(marks)}]")
    works = Work.objects.filter(until_ms__gt=now_ms(), cancelled_ms=None).count()
    head = ngettext("%(count)d incident is open.", "%(count)d incidents are open.", len(rows)) % {"count": len(rows)}
    tail = ngettext("%(count)d planned work is to come.", "%(count)d planned works are to come.", works)
    return "\n".join([head, *lines, tail % {"count": works}, ""])[:7000]


def _announce(values: dict[str, Any], by: str) -> None:
    now = now_ms()
    with transaction.atomic():
        work = Work.objects.create(
            scope=values["scope"], subject=values["subject"], from_ms=values["from_ms"], until_ms=values["until_ms"],
            reason=values["reason"], ticket=values["ticket"], by=by, made_ms=now,
        )  # fmt: skip
        if values.get("incident") and Incident.objects.filter(pk=values["incident"]).exists():
            desk.work_announced(values["incident"], values["reason"], by, now)
        reckon_again(work.scope, work.subject, min(work.from_ms, now))
        record_changes([("work", str(work.pk))])


def _asked(request: HttpRequest) -> dict[str, Any]:
    """The form as a link asks for it (?scope=&subject=&incident=), for an hour from now."""
    now = now_ms()
    asked = {key: request.GET.get(key, "")[:64] for key in ("scope", "subject", "incident")}
    return {**asked, "start": local_time(now + 60_000), "end": local_time(now + HOUR_MS)}


def _row(work: Work, now: int, coverage: Coverage | None = None) -> dict[str, Any]:
    nodes = coverage.nodes(work) if coverage else ()
    state = "cancelled" if work.cancelled_ms else "over" if work.until_ms <= now else "on"
    name = _name(work)
    return {
        "work": work,
        "name": name,
        "nodes": len(nodes),
        "state": "planned" if work.from_ms > now and state == "on" else state,
    }


def _subjects() -> list[tuple[str, str]]:
    found = [*Upstream.objects.values_list("code", "name"), *Site.objects.values_list("code", "name")]
    return sorted(found, key=lambda pair: pair[1])


def _name(work: Work) -> str:
    """What the subject is called; its code when the registry knows it no more."""
    if work.scope == "upstream":
        return Upstream.objects.filter(pk=work.subject).values_list("name", flat=True).first() or work.subject
    sites = Site.objects.filter(pk=work.subject) if work.scope == "site" else Site.objects.filter(nodes=work.subject)
    return sites.values_list("name", flat=True).first() or work.subject
