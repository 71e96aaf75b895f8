"""The survey's pages: a period's index per unit with its elements, as a page, as CSV and as JSON."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from center.accounts.reach import sites_of
from center.core import days as calendar
from center.core.survey import ELEMENTS
from center.core.survey_periods import PeriodError, around, beside, bounds, kind, months
from center.reports.formats.csv_files import table_csv
from center.survey.reading import least_answers, months_answered, survey_rows
from center.survey.tables import WIDTH, bar, element_end, limits, survey_table
from center.survey.words import element_names, grade_word, period_name
from center.web.live import now_ms

SEE = "reports.view_frozenmonth"
METHOD = (
    "IKM by Permen PANRB 14/2017: mean of nine elements (1 to 4) times 25; interval: Student's t over the "
    "respondents' means, 95 %; grades: D below 65.00, C to 76.60, B to 88.30, A above"
)
View = Callable[..., HttpResponse]


def _reading(view: View) -> View:
    """Signed in, allowed, never cached, and what names no period is an address that does not exist."""

    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except PeriodError:
            raise Http404 from None

    return require_safe(never_cache(login_required(permission_required(SEE, raise_exception=True)(asked))))


@_reading
def newest(request: HttpRequest) -> HttpResponse:
    """The quarter that runs."""
    return redirect("survey-period", around(calendar.month_of(calendar.day_of(now_ms())))["quarter"])


@_reading
def period_page(request: HttpRequest, period: str) -> HttpResponse:
    """One period: every unit within reach, and all of them together with the nine elements."""
    rows = _rows(request, period)
    total = rows[-1] if rows else None
    before, after = beside(period)
    this_month = calendar.month_of(calendar.day_of(now_ms()))
    newest_month = min(months(period)[-1], this_month)
    return render(
        request,
        "survey/period.html",
        {
            "period": period,
            "title": period_name(period),
            "runs": months(period)[-1] >= this_month,
            "kinds": [(name, other, period_name(other)) for name, other in around(newest_month).items()],
            "kind": kind(period),
            "before": before,
            "after": after if months(after)[0] <= this_month else None,
            "units": [_drawn(row) for row in rows[:-1]],
            "total": _drawn(total) if total else None,
            "elements": _elements(total) if total and total["enough"] else [],
            "codes": [one.code.upper() for one in ELEMENTS],
            "limits": limits(),
            "width": WIDTH,
            "least": least_answers(),
            "answered": months_answered() is not None,
        },
    )


@_reading
def period_csv(request: HttpRequest, period: str) -> HttpResponse:
    """The table for spreadsheets."""
    return _file(table_csv(survey_table(_rows(request, period))), f"skm-{period}.csv", "text/csv; charset=utf-8")


@_reading
def period_json(request: HttpRequest, period: str) -> HttpResponse:
    """The same for programs, with the method in words."""
    span = bounds(period)
    document = {
        "period": period, "from_ms": span.start_ms, "until_ms": span.end_ms, "least_answers": least_answers(),
        "method": METHOD, "elements": {one.code: one.name_id for one in ELEMENTS}, "rows": _rows(request, period),
    }  # fmt: skip
    content = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    return _file(content, f"skm-{period}.json", "application/json")


def _rows(request: HttpRequest, period: str) -> list[dict[str, Any]]:
    return survey_rows(bounds(period), sites_of(request.user))


def _drawn(row: dict[str, Any]) -> dict[str, Any]:
    values = [row[one.code] for one in ELEMENTS]
    return {**row, "grade_said": grade_word(row["grade"]), "bar": bar(row), "values": values}


def _elements(total: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"code": one.code.upper(), "name": name, "value": total[one.code], "end": element_end(total[one.code])}
        for one, name in zip(ELEMENTS, element_names(), strict=True)
    ]


def _file(content: bytes, name: str, content_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
