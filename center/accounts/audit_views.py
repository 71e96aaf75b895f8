"""The audit log as a page and as a table: who did what, to what, from where. For administrators."""

import csv
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from center.accounts import audit
from center.accounts.audit_rows import codes_said, outcome_words, rows_of, what_words
from center.accounts.models import Act
from center.web.audit_words import ACTS
from center.web.day_fields import day_field, midnight_ms
from center.web.templatetags.sandi import iso
from center.web.views.public_sites import harmless

SEE_ACTS = "accounts.view_act"
PAGE_ROWS = 100
MOST_EXPORTED = 100_000
COLUMNS = ("at", "who", "address", "what", "subject", "detail", "what_in_words", "outcome")


class Choice(forms.Form):
    """What of the log is asked for; an empty field asks for everything."""

    who = forms.CharField(label=gettext_lazy("Who"), required=False, max_length=150)
    what = forms.CharField(
        label=gettext_lazy("What"), required=False, max_length=80, widget=forms.TextInput({"list": "acts"})
    )
    subject = forms.CharField(label=gettext_lazy("To what"), required=False, max_length=140)
    first = day_field(gettext_lazy("From"))
    last = day_field(gettext_lazy("Until"))


@require_safe
@never_cache
@login_required
@permission_required(SEE_ACTS, raise_exception=True)
def audit_log(request: HttpRequest) -> HttpResponse:
    """Newest first, a hundred a page."""
    form = Choice(request.GET)
    chosen = _chosen(form)
    page = Paginator(chosen, PAGE_ROWS).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "form": form,
        "page": page,
        "rows": rows_of(list(page.object_list)),
        "query": query.urlencode(),
        "acts": sorted({what_words(code) for code in ACTS}),
    }
    return render(request, "accounts/audit.html", context, status=200 if form.is_valid() else 422)


@require_safe
@never_cache
@login_required
@permission_required(SEE_ACTS, raise_exception=True)
def audit_csv(request: HttpRequest) -> HttpResponse:
    """The chosen entries for a spreadsheet, at most 100,000; that somebody took them along is an entry itself."""
    form = Choice(request.GET)
    answer = HttpResponse(content_type="text/csv; charset=utf-8", status=200 if form.is_valid() else 422)
    answer.headers["Content-Disposition"] = 'attachment; filename="audit.csv"'
    answer.write("\ufeff")
    writer = csv.writer(answer)
    writer.writerow(COLUMNS)
    for act in _chosen(form)[:MOST_EXPORTED]:
        said = what_words(act.what), outcome_words(act)
        row = (iso(act.at_ms), act.who, act.address, act.what, act.subject, act.detail, *said)
        writer.writerow([harmless(value) for value in row])
    audit.note(request, "audit-export", request.GET.urlencode())
    return answer


def _chosen(form: Choice) -> "QuerySet[Act]":
    """Nothing while the form is wrong: half of a filter shows what was not asked for."""
    if not form.is_valid():
        return Act.objects.none()
    asked: dict[str, Any] = form.cleaned_data
    rows = Act.objects.order_by("-at_ms", "-id")
    for field in ("who", "subject"):
        if asked[field]:
            rows = rows.filter(**{f"{field}__contains": asked[field]})
    if asked["what"]:
        rows = rows.filter(_what(asked["what"]))
    if asked["first"]:
        rows = rows.filter(at_ms__gte=midnight_ms(asked["first"]))
    if asked["last"]:
        rows = rows.filter(at_ms__lt=midnight_ms(asked["last"] + timedelta(days=1)))
    return rows


def _what(typed: str) -> Q:
    """By the code, or by the words for it."""
    codes, beginnings = codes_said(typed)
    found = Q(what__contains=typed) | Q(what__in=codes)
    for beginning in beginnings:
        found |= Q(what__startswith=beginning)
    return found
