"""What people do on a complaint's page: one POST for each act, out of one table."""

import uuid

from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from center.accounts.reach import works_on
from center.complaints.errors import StepError
from center.core.complaint_cycle import LifeCycleError
from center.web.complaint_acts import ACTS, DESK, NOT_NOW, REFUSED, possible
from center.web.views.complaint_page import SEE, WORK, complaint_of, show


@require_POST
@never_cache
@login_required
@permission_required((SEE, WORK), raise_exception=True)
def act(request: HttpRequest, request_id: uuid.UUID, act: str) -> HttpResponse:
    """Do it, and show the complaint again; what does not fit says so on the page (422)."""
    return _do(request, request_id, act)


@require_POST
@never_cache
@login_required
@permission_required((SEE, WORK), raise_exception=True)
def reply(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Answer: the act that everything is for has an address of its own."""
    return _do(request, request_id, "reply")


def _do(request: HttpRequest, request_id: uuid.UUID, name: str) -> HttpResponse:
    if name not in ACTS:
        raise Http404
    complaint = complaint_of(request, request_id)
    chosen = ACTS[name]
    if not works_on(request.user, complaint.agency) or (chosen.desk and not request.user.has_perm(DESK)):
        raise PermissionDenied
    form = chosen.form(request.POST, auto_id=f"{name}_%s")
    if form.is_valid():
        if name not in possible(complaint, request.user):
            form.add_error(None, _(NOT_NOW))
        else:
            try:
                chosen.run(complaint, form.cleaned_data, request.user.get_username())
            except StepError as error:
                form.add_error(None, _(REFUSED.get(error.code, NOT_NOW)))
            except LifeCycleError:
                form.add_error(None, _(NOT_NOW))
            else:
                return redirect("complaint", request_id)
    complaint.refresh_from_db()
    return show(request, complaint, {"forms": {name: form}, "failed": form}, status=422)
