"""What is sealed, opened: text, photographs, a citizen's own copy; erasure; who saw what. Each look is on record."""

import base64
import uuid
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from center.accounts import audit
from center.accounts.reach import whole_city, works_on
from center.complaints.codes import typed_code
from center.complaints.disclosure import open_photo, open_text, photos_of
from center.complaints.erasure import erase
from center.complaints.export import export
from center.complaints.models import Complaint, Disclosure
from center.errors import CenterError
from center.web.complaint_forms import EraseForm, OpenForm, RequestForm
from center.web.complaint_rows import may_see_identity
from center.web.problems import said
from center.web.views.complaint_page import ERASE, EXPORT, SEE, WORK, complaint_of, show

IDENTITY = "complaints.identity_complaint"
SEE_ACTS = "accounts.view_act"
PAGE_ROWS = 100


@require_POST
@never_cache
@login_required
@permission_required((SEE, WORK), raise_exception=True)
def open_sealed(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """The sealed text, opened for a reason; who, when and why is written down before it is shown."""
    complaint = _own(request, request_id)
    form = OpenForm(request.POST, auto_id="open_%s")
    extra: dict[str, Any] = {"open_form": form}
    if form.is_valid():
        try:
            extra["plain"] = open_text(
                complaint, request.user.get_username(), form.cleaned_data["reason"],
                with_identity=request.user.has_perm(IDENTITY),
            )  # fmt: skip
            extra["reason"] = form.cleaned_data["reason"]
        except CenterError as error:
            extra["problem"] = said(error)
        audit.note(request, "complaint-text", complaint.pk, "sealed" if "problem" in extra else "opened")
    return _opened(request, complaint, "web/complaint_text.html", extra, ok=form.is_valid())


@require_POST
@never_cache
@login_required
@permission_required((SEE, WORK), raise_exception=True)
def open_photos(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """The photographs, decrypted in memory and put into the page itself: no address shows them a second time."""
    complaint = _own(request, request_id)
    if not may_see_identity(request.user, complaint):
        raise PermissionDenied  # a picture shows where somebody lives
    form = OpenForm(request.POST, auto_id="photo_%s")
    extra: dict[str, Any] = {"photo_form": form}
    if form.is_valid():
        try:
            extra["pictures"] = [
                base64.b64encode(
                    open_photo(
                        complaint, number, request.user.get_username(), form.cleaned_data["reason"],
                        with_identity=request.user.has_perm(IDENTITY),
                    )
                ).decode()
                for number in photos_of(complaint)
            ]  # fmt: skip
        except CenterError as error:
            extra["photo_problem"] = said(error)
        audit.note(request, "complaint-photo", complaint.pk, "sealed" if "photo_problem" in extra else "opened")
    return _opened(request, complaint, "web/complaint_photos.html", extra, ok=form.is_valid())


@require_POST
@never_cache
@login_required
@permission_required((SEE, EXPORT), raise_exception=True)
@whole_city
def hand_out(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Everything that is kept of it, for the citizen it belongs to, as a file."""
    complaint = complaint_of(request, request_id)
    form = RequestForm(request.POST, auto_id="request_%s")
    if form.is_valid():
        try:
            content = export(complaint.pk, actor=request.user.get_username(), reason=form.cleaned_data["reason"])
        except CenterError as error:
            form.add_error(None, said(error))
        else:
            answer = HttpResponse(content, content_type="application/zip")
            answer.headers["Content-Disposition"] = f'attachment; filename="pengaduan-{complaint.code}.zip"'
            answer.headers["Cache-Control"] = "no-store"
            return answer
    return show(request, complaint, {"request_form": form}, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@permission_required((SEE, ERASE), raise_exception=True)
@whole_city
def erase_personal(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """Erase what was typed and photographed, on request: first what will be gone, then the number typed once more."""
    complaint = complaint_of(request, request_id)
    form = EraseForm(complaint, request.POST or None, auto_id="erase_%s")
    if request.method == "POST" and form.is_valid():
        try:
            erase(complaint.pk, actor=request.user.get_username(), reason=form.cleaned_data["reason"])
        except CenterError as error:
            form.add_error(None, said(error))
        else:
            return redirect("complaint", request_id)
    context = {"complaint": complaint, "form": form, "photos": len(photos_of(complaint))}
    return render(request, "web/complaint_erase.html", context, status=422 if request.method == "POST" else 200)


class Who(forms.Form):
    """Whose looks are asked for."""

    who = forms.CharField(label=gettext_lazy("Who"), required=False, max_length=150)
    code = forms.CharField(label=gettext_lazy("Number"), required=False, max_length=40)


@require_safe
@never_cache
@login_required
@permission_required((SEE, SEE_ACTS), raise_exception=True)
def who_saw_what(request: HttpRequest) -> HttpResponse:
    """Every look at what complaints hold, newest first; ?who= of one person, ?code= of one complaint, by its number."""
    form = Who(request.GET)
    rows = Disclosure.objects.order_by("-at_ms", "-id")
    asked = form.cleaned_data if form.is_valid() else {"who": "", "code": ""}
    if asked["who"]:
        rows = rows.filter(actor=asked["who"])
    if asked["code"]:
        meant = Complaint.objects.filter(code__contains=typed_code(asked["code"])).values("pk")
        rows = rows.filter(service_request_id__in=meant)
    page = Paginator(rows if form.is_valid() else rows.none(), PAGE_ROWS).get_page(request.GET.get("page"))
    codes = Complaint.objects.in_bulk([one.service_request_id for one in page.object_list])
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "form": form,
        "page": page,
        "rows": [(one, codes.get(one.service_request_id)) for one in page.object_list],
        "query": query.urlencode(),
    }
    return render(request, "web/complaint_looks.html", context, status=200 if form.is_valid() else 422)


def _own(request: HttpRequest, request_id: uuid.UUID) -> Complaint:
    """The complaint, where it is this account's to open."""
    complaint = complaint_of(request, request_id)
    if not works_on(request.user, complaint.agency):
        raise PermissionDenied
    return complaint


def _opened(request: HttpRequest, complaint: Complaint, part: str, extra: dict[str, Any], *, ok: bool) -> HttpResponse:
    status = 200 if ok else 422
    if request.headers.get("HX-Request"):
        works = {"works": True, "photos": len(photos_of(complaint)), "complaint": complaint}
        return render(request, part, {**works, **extra}, status=status)
    return show(request, complaint, extra, status=status)
