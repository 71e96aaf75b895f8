"""The proof page: how many complaints came, how many were answered and how fast; and the same as JSON."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from center.core import days as calendar
from center.core.survey_periods import PeriodError, beside
from center.public import proof as making
from center.public.headers import public_page
from center.public.proof import KEPT_S, month_shown
from center.public.words import channel_word
from center.survey.words import grade_word, period_name
from center.web.live import now_ms

View = Callable[..., HttpResponse]


def _reading(view: View) -> View:
    """For everybody, kept a minute; what is no month is an address that does not exist."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (PeriodError, calendar.DayError):
            raise Http404 from None

    return require_safe(cache_control(public=True, max_age=KEPT_S)(public_page(asked)))


@_reading
def proof(request: HttpRequest) -> HttpResponse:
    """One month (?month=202611, else this one) and the eleven before it."""
    now = now_ms()
    month = month_shown(request.GET.get("month", ""), now)
    found = making.proof(month, now)
    before, after = beside(str(month))
    context = {
        "found": found,
        "title": period_name(str(month)),
        "before": before,
        "after": after if int(after) <= calendar.month_of(calendar.day_of(now)) else None,
        "agencies": [{**row, "name": row["name"] or _("not passed on yet")} for row in found["agencies"]],
        "channels": [{**row, "name": channel_word(row["key"])} for row in found["channels"]],
        "months": [{**row, "name": period_name(str(row["month"]))} for row in _since_the_first(found["months"])],
        "survey_period": period_name(found["survey"]["period"]),
        "units": [
            {**row, "grade_said": grade_word(row["grade"]), "name": row["name"] or _("All units")}
            for row in found["survey"]["units"]
        ],
        "any": any(row["received"] or row["hidden"] for row in found["months"]),
    }
    return render(request, "public/proof.html", context)


@_reading
def proof_json(request: HttpRequest) -> HttpResponse:
    """The document itself."""
    now = now_ms()
    found = making.proof(month_shown(request.GET.get("month", ""), now), now)
    content = json.dumps(found, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode() + b"\n"
    response = HttpResponse(content, content_type="application/json")
    response.headers["Access-Control-Allow-Origin"] = "*"  # public numbers, for anybody's page
    return response


def _since_the_first(months: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the months at the end of the list (the oldest) in which nothing came: the service did not exist yet."""
    last = max((at for at, row in enumerate(months, 1) if row["received"] or row["hidden"]), default=0)
    return months[:last]
