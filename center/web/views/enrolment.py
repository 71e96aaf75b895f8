"""The pages of enrolment: keys to compare, cards made, who was turned away; and every node's certificate."""

import csv
from typing import Final

from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from center.accounts.audit import note
from center.accounts.reach import whole_city
from center.enrolment import deciding
from center.enrolment.models import EnrolmentRequest
from center.errors import CenterError
from center.web import enrolment_rows as rows
from center.web.live import now_ms
from center.web.templatetags.sandi import iso
from center.web.views.public_sites import harmless

SEE: Final = "enrolment.view_enrolmentrequest"
DECIDE: Final = "enrolment.change_enrolmentrequest"
GROUP_DIGITS: Final = 4
"""The first group of the fingerprint is typed by who confirms: nobody confirms a key without having looked at it."""
SHOWS: Final = ("", "soon", "urgent", "expired", "gone", "old")


@require_safe
@never_cache
@login_required
@permission_required(SEE, raise_exception=True)
@whole_city
def enrolment(request: HttpRequest) -> HttpResponse:
    """What waits, which cards there are, and who was turned away."""
    return _page(request)


@require_POST
@never_cache
@login_required
@permission_required(DECIDE, raise_exception=True)
@whole_city
def decide(request: HttpRequest, request_id: int, act: str) -> HttpResponse:
    """Confirm or decline one key."""
    if act not in {"confirm", "decline"}:
        raise Http404
    asked = get_object_or_404(EnrolmentRequest, pk=request_id)
    typed = "".join(request.POST.get("group", "").split()).lower()[:64]
    if act == "confirm" and (len(typed) < GROUP_DIGITS or not asked.fingerprint.startswith(typed)):
        return _page(request, problem=_wrong_group(asked), status=422)
    who = request.user.get_username()
    try:
        if act == "confirm":
            deciding.confirm(request_id, who)
            note(request, "enrolment-confirm", asked.node, asked.fingerprint)
        else:
            deciding.decline(request_id, who)
            note(request, "enrolment-decline", asked.node, asked.fingerprint)
    except CenterError as error:
        return _page(request, problem=error.text(get_language() or "id"), status=409)
    return redirect("enrolment")


@require_safe
@never_cache
@login_required
@permission_required(SEE, raise_exception=True)
@whole_city
def certificates(request: HttpRequest) -> HttpResponse:
    """Every node's certificate, the one that expires first first. ?show= narrows down."""
    everything = rows.certificate_rows(now_ms())
    show = _show(request)
    counts = [(one, len(_chosen(everything, one))) for one in SHOWS]
    context = {
        "rows": _chosen(everything, show), "show": show, "counts": counts,
        "changing": any(row.authority for row in everything), "total": len(everything),
    }  # fmt: skip
    return render(request, "web/certificates.html", context)


@require_safe
@never_cache
@login_required
@permission_required(SEE, raise_exception=True)
@whole_city
def certificates_csv(request: HttpRequest) -> HttpResponse:
    """The same rows for a spreadsheet."""
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="sertifikat.csv"'
    answer.write("\ufeff")  # or spreadsheets take UTF-8 for something else
    writer = csv.writer(answer)
    writer.writerow(("node", "site", "state", "expires_at", "enrolled_at", "serial", "authority"))
    for row in _chosen(rows.certificate_rows(now_ms()), _show(request)):
        values = (row.node.pk, row.node.site.name, row.state, iso(row.expires_ms), iso(row.enrolled_ms), row.serial,
                  row.authority)  # fmt: skip
        writer.writerow([harmless(value) for value in values])
    return answer


def _page(request: HttpRequest, problem: str = "", status: int = 200) -> HttpResponse:
    context = {
        "waiting": rows.waiting_rows(deciding.pending()), "cards": rows.card_rows(), "refusals": rows.refusal_rows(),
        "days": rows.REFUSED_DAYS, "ending": rows.ending_soon(), "may_decide": request.user.has_perm(DECIDE),
        "problem": problem,
    }  # fmt: skip
    return render(request, "web/enrolment.html", context, status=status)


def _wrong_group(asked: EnrolmentRequest) -> str:
    return _("That is not the first group of %(node)s: type the four signs that the box itself shows.") % {
        "node": asked.node
    }


def _show(request: HttpRequest) -> str:
    asked = request.GET.get("show", "")
    return asked if asked in SHOWS else ""


def _chosen(everything: list[rows.CertificateRow], show: str) -> list[rows.CertificateRow]:
    """What a filter shows; without one all but the revoked and retired."""
    gone = {"revoked", "retired"}
    if show == "gone":
        return [row for row in everything if row.state in gone]
    if show == "old":
        return [row for row in everything if row.authority == "old" and row.state not in gone]
    wanted = {"soon": {"soon", "urgent", "expired"}, "urgent": {"urgent", "expired"}, "expired": {"expired"}}
    return [row for row in everything if row.state not in gone and (not show or row.state in wanted[show])]
