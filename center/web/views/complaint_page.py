"""The page of one complaint: where it stands, what to do next, its sealed text, its log, and what is done to it."""

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from center.accounts.reach import sees_node, sites_of, works_on
from center.complaints.deadlines import calendar
from center.complaints.disclosure import photos_of, who_saw
from center.complaints.models import Complaint
from center.operations.models import Downlink
from center.web import complaint_acts, complaint_log
from center.web.complaint_filter import visible
from center.web.complaint_forms import OpenForm, RequestForm
from center.web.complaint_link import line_at
from center.web.complaint_rows import all_names, may_see_identity, row_of
from center.web.live import now_ms

SEE = "complaints.view_complaint"
WORK = "complaints.change_complaint"
SEE_NODES = "connectivity.view_nodestate"
WHO_SAW = "complaints.view_disclosure"
EXPORT = "complaints.export_complaint"
ERASE = "complaints.delete_complaint"


@require_safe
@never_cache
@login_required
@permission_required(SEE, raise_exception=True)
def complaint_page(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """One complaint, still sealed; one the account does not see is 404, as if there were none."""
    return show(request, complaint_of(request, request_id))


def complaint_of(request: HttpRequest, request_id: uuid.UUID) -> Complaint:
    """The complaint, or 404 where it is not within reach."""
    return get_object_or_404(visible(request.user), pk=str(request_id))


def show(
    request: HttpRequest, complaint: Complaint, extra: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """The page. `extra`: what was opened, or the forms that were sent and did not fit (`forms`)."""
    more = dict(extra or {})
    user, names = request.user, all_names()
    works = user.has_perm(WORK) and works_on(user, complaint.agency)
    own = sites_of(user)
    acts = complaint_acts.possible(complaint, user) if works else ()
    row = row_of(complaint, names, calendar(), now_ms())
    context = {
        "complaint": complaint,
        "row": row,
        "next": "ours" if complaint.status == "routed" and works and own is not None else row.next,
        # Of a box that is somebody else's nobody is told whether its line was good.
        "line": line_at(complaint.node, complaint.at_ms) if _sees_line(user, complaint) else None,
        "log": complaint_log.lines_of(complaint, user, names, with_words=works),
        "related": complaint_log.related_to(complaint, user),
        "photos": len(photos_of(complaint)),
        "works": works,
        "elsewhere": bool(complaint.agency) and not works and user.has_perm(WORK),
        "sees_identity": may_see_identity(user, complaint),
        "open_form": more.pop("open_form", None) or OpenForm(auto_id="open_%s"),
        "photo_form": more.pop("photo_form", None) or OpenForm(auto_id="photo_%s"),
        "acts": complaint_acts.shown(complaint, acts, more.pop("forms", {})),
        "seen_by": who_saw(complaint.pk) if user.has_perm(WHO_SAW) else None,
        "may_export": user.has_perm(EXPORT) and own is None,
        "may_erase": user.has_perm(ERASE) and own is None,
        "request_form": more.pop("request_form", None) or RequestForm(auto_id="request_%s"),
        "owed": _owed(complaint),
        **more,
    }
    return render(request, "web/complaint.html", context, status=status)


def _sees_line(user: Any, complaint: Complaint) -> bool:
    return bool(complaint.node) and user.has_perm(SEE_NODES) and sees_node(user, complaint.node)


def _owed(complaint: Complaint) -> int:
    """Answers that the kiosk has not taken yet. Which of them are this complaint's its body says."""
    if not complaint.node:
        return 0
    on_the_way = Downlink.objects.filter(node=complaint.node, leaf="reply", receipt_at_ms__isnull=True)
    return on_the_way.filter(body__contains=complaint.pk).count()
