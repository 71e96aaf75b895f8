"""Complaints at the desk. Viewers see counts; operators see the list, and open a sealed text on request."""

import uuid
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from center.accounts import audit, reach
from center.complaints.models import Attachment, Complaint
from center.complaints.services import advance
from center.core.complaint_cycle import BY_NAME, CLOSED_REASONS, ENDED, STATUSES, WAITING, LifeCycleError, reason_for
from center.operations.models import Downlink
from center.sealing import SealingError
from center.sites.models import Site
from center.wall.words import SiteName, site_names
from center.web import complaint_desk
from center.web.words import REASONS, STATUS_WORDS, words

SEE = "complaints.view_complaint"
WORK = "complaints.change_complaint"
PAGE_ROWS = 50


class ReplyForm(forms.Form):
    """The answer to a citizen, as it will be read at the kiosk."""

    status = forms.ChoiceField(label=gettext_lazy("Status after this"))
    closed_reason = forms.ChoiceField(label=gettext_lazy("Reason for closing"), required=False)
    text = forms.CharField(
        label=gettext_lazy("Answer to the citizen"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("Whoever has the code and the PIN reads this at the kiosk."),
    )

    def __init__(self, complaint: Complaint, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = words(STATUS_WORDS)
        possible = complaint_desk.next_statuses(complaint)
        self.fields["status"].choices = [(code, choices[code]) for code in possible]  # type: ignore[attr-defined]
        default = "answered" if "answered" in possible else possible[0]
        self.fields["status"].initial = default
        reasons = words(REASONS)
        self.fields["closed_reason"].choices = [  # type: ignore[attr-defined]
            ("", _("(only when closing)")),
            *((code, reasons[code]) for code in CLOSED_REASONS),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        status = cleaned.get("status", "")
        if status not in ENDED:
            cleaned["closed_reason"] = ""
        elif reason_for(status, cleaned.get("closed_reason", "")) not in BY_NAME[status].reasons:
            self.add_error("closed_reason", _("Closing needs a reason."))
        return cleaned


@require_safe
@never_cache
@login_required
def complaint_list(request: HttpRequest) -> HttpResponse:
    """Open complaints, urgent and old ones first; ?status=all or one status. Without permission: counts alone."""
    counts = _counts(request)
    if not request.user.has_perm(SEE):
        return render(request, "web/complaint_counts.html", {"counts": counts})
    status = request.GET.get("status", "open")
    rows = _filtered(reach.of_sites(Complaint.objects.all(), request.user, "place"), status)
    page = Paginator(rows, PAGE_ROWS).get_page(request.GET.get("page"))
    names = _names()
    listed = [(complaint, _place(complaint, names)) for complaint in page]
    context = {"rows": listed, "page": page, "counts": counts, "status": status, "statuses": STATUSES}
    return render(request, "web/complaints.html", context)


@require_safe
@never_cache
@login_required
@permission_required(SEE, raise_exception=True)
def complaint_page(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """One complaint, still sealed, with its log and the form to answer."""
    complaint = _complaint(request, request_id)
    return _page(request, complaint, ReplyForm(complaint))


@require_POST
@never_cache
@login_required
@permission_required((SEE, WORK), raise_exception=True)
def open_text(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """The sealed text, opened; the log says who did."""
    complaint = _complaint(request, request_id)
    context: dict[str, Any] = {"complaint": complaint}
    try:
        context["plain"] = complaint_desk.open_sealed(complaint, request.user.get_username())
    except SealingError as error:
        context["problem"] = str(error)
    audit.note(request, "complaint-text", complaint.pk, "sealed" if "problem" in context else "opened")
    if request.headers.get("HX-Request"):
        return render(request, "web/complaint_text.html", context)
    return _page(request, complaint, ReplyForm(complaint), context)


@require_POST
@never_cache
@login_required
@permission_required((SEE, WORK, "operations.add_downlink"), raise_exception=True)
def reply(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Answer, and move the complaint on."""
    complaint = _complaint(request, request_id)
    form = ReplyForm(complaint, request.POST)
    if form.is_valid():
        values = form.cleaned_data
        try:
            advance(
                complaint.pk,
                values["status"],
                actor=request.user.get_username(),
                text=values["text"],
                closed_reason=values["closed_reason"],
            )
        except LifeCycleError:
            form.add_error(None, _("Somebody else has just moved this complaint on. Load the page again."))
        else:
            return redirect("complaint", request_id)
    return _page(request, complaint, form, status=422)


def _page(
    request: HttpRequest,
    complaint: Complaint,
    form: ReplyForm,
    extra: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "complaint": complaint,
        "place": _place(complaint, _names()),
        "events": complaint.events.all(),
        "attachments": Attachment.objects.filter(service_request_id=complaint.pk).count(),
        "form": form,
        "may_work": request.user.has_perms((WORK, "operations.add_downlink")),
        "owed": Downlink.objects.filter(node=complaint.node, leaf="reply", receipt_at_ms__isnull=True).count(),
        **(extra or {}),
    }
    return render(request, "web/complaint.html", context, status=status)


def _filtered(rows: "QuerySet[Complaint]", status: str) -> "QuerySet[Complaint]":
    if status in STATUSES:
        rows = rows.filter(status=status)
    elif status != "all":
        rows = rows.filter(status__in=WAITING)
    first = Case(
        When(Q(urgent=True) & Q(status__in=WAITING), then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    return rows.order_by(first, "received_ms")


def _complaint(request: HttpRequest, request_id: uuid.UUID) -> Complaint:
    return get_object_or_404(reach.of_sites(Complaint.objects.all(), request.user, "place"), pk=str(request_id))


def _counts(request: HttpRequest) -> dict[str, int]:
    mine = reach.of_sites(Complaint.objects.all(), request.user, "place")
    waiting = mine.filter(status__in=WAITING)
    return {
        "open": waiting.count(),
        "urgent": waiting.filter(urgent=True).count(),
        "all": mine.count(),
        # Nobody can read whose they are.
        "unread": complaint_desk.unread_complaints() if reach.sites_of(request.user) is None else 0,
    }


def _names() -> dict[str, SiteName]:
    return site_names(Site.objects.values_list("code", "name", "short_name", "kind", "kecamatan"))


def _place(complaint: Complaint, names: dict[str, SiteName]) -> str:
    return names[complaint.place].display if complaint.place in names else complaint.place
