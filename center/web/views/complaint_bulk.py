"""Many complaints at once, for floods of pranks: choose, look at what would happen, confirm once, take it back."""

from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from center.accounts import audit
from center.accounts.reach import whole_city
from center.complaints import bulk
from center.complaints.errors import StepError
from center.complaints.models import Complaint
from center.core.complaint_cycle import LifeCycleError
from center.web.complaint_acts import DESK
from center.web.complaint_bulk import BULK_STEPS, MOST, BulkForm, ids_of, scope_of, selection
from center.web.complaint_filter import visible
from center.web.views.complaint_page import SEE, WORK

NEEDED = (SEE, WORK, DESK)
REFUSED = {
    "unseen": gettext_noop("It is not what you looked at any more: some have moved meanwhile. Look again."),
    "late": gettext_noop("There is nothing left to take back: it was taken back already, or somebody has gone on."),
}
NOTHING = gettext_noop("Nothing is chosen.")
TOO_MANY = gettext_noop("More than %(most)d at once cannot be looked over. Narrow it down.")
NOT_FIT = gettext_noop("This choice does not fit. Go back and choose again.")


@require_POST
@never_cache
@login_required
@permission_required(NEEDED, raise_exception=True)
@whole_city
def bulk_preview(request: HttpRequest) -> HttpResponse:
    """Count and say what would be done; nothing is done yet."""
    form = BulkForm(request.POST)
    if not form.is_valid():
        return _refused(request, _(NOT_FIT))
    return _preview(request, form)


@require_POST
@never_cache
@login_required
@permission_required(NEEDED, raise_exception=True)
@whole_city
def bulk_do(request: HttpRequest) -> HttpResponse:
    """Do exactly what was shown, or nothing: the digest names the very rows and where they stood."""
    form = BulkForm(request.POST)
    if not form.is_valid():
        return _refused(request, _(NOT_FIT))
    status, reason = form.step_parts
    ids = tuple(request.POST.getlist("one")[: MOST + 1])
    if not 0 < len(ids) <= MOST:
        return _refused(request, _(TOO_MANY) % {"most": MOST} if ids else _(NOTHING))
    try:
        done = bulk.apply(
            visible(request.user), selection(ids), status, reason, digest=request.POST.get("digest", "")[:128],
            actor=request.user.get_username(), text=form.cleaned_data["text"],
        )  # fmt: skip
    except StepError as error:
        return _preview(request, form, _(REFUSED.get(error.code, NOT_FIT)))
    except LifeCycleError:
        return _preview(request, form, _(REFUSED["unseen"]))
    audit.note(request, "complaints-bulk", f"{status} {len(done.ids)}", done.label)
    context = {"done": done, "step": BULK_STEPS[form.cleaned_data["step"]], "count": len(done.ids)}
    return render(request, "web/complaint_bulk_done.html", context)


@require_POST
@never_cache
@login_required
@permission_required(NEEDED, raise_exception=True)
@whole_city
def bulk_undo(request: HttpRequest) -> HttpResponse:
    """Take back what was done under a label and nobody has touched since."""
    label = request.POST.get("label", "")[:64]
    try:
        back = bulk.undo(visible(request.user), label, actor=request.user.get_username())
    except StepError as error:
        return _refused(request, _(REFUSED.get(error.code, NOT_FIT)))
    audit.note(request, "complaints-bulk-undo", str(len(back)), label)
    return render(request, "web/complaint_bulk_done.html", {"undone": True, "count": len(back)})


def _preview(request: HttpRequest, form: BulkForm, problem: str = "") -> HttpResponse:
    ids = ids_of(form, request.POST, request.user)
    if not 0 < len(ids) <= MOST:
        return _refused(request, _(TOO_MANY) % {"most": MOST} if ids else _(NOTHING))
    status, reason = form.step_parts
    try:
        found = bulk.preview(visible(request.user), selection(ids), status, reason)
    except LifeCycleError:
        return _refused(request, _(NOT_FIT))
    context: dict[str, Any] = {
        "found": found,
        "step": BULK_STEPS[form.cleaned_data["step"]],
        "step_code": form.cleaned_data["step"],
        "ends": status == "archived",
        "scope": scope_of(found.ids),
        "refused_codes": list(Complaint.objects.filter(pk__in=found.refused).values_list("code", flat=True)[:20]),
        "text": form.cleaned_data["text"],
        "problem": problem,
        "query": form.cleaned_data["query"],
    }
    return render(request, "web/complaint_bulk.html", context, status=422 if problem else 200)


def _refused(request: HttpRequest, problem: str) -> HttpResponse:
    return render(request, "web/complaint_bulk.html", {"problem": problem}, status=422)
