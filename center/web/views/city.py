"""The one page of the leadership: how the city is, in a sentence, and what this month has been like."""

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from center.accounts.reach import whole_city
from center.availability.reading import Figures
from center.web import city as reading
from center.web.live import now_ms

SEE_REPORTS = "reports.view_frozenmonth"


@require_safe
@never_cache
@login_required
@permission_required(SEE_REPORTS, raise_exception=True)
@whole_city
def city(request: HttpRequest) -> HttpResponse:
    """One sentence, the month against what was promised, the worst five, complaints. Fit to be printed."""
    now = now_ms()
    found, hears = reading.today_now()
    month = reading.month_days()
    first, last = reading.month_now()
    return render(
        request,
        "web/city.html",
        {
            "now_ms": now,
            "sentence": reading.sentence(found),
            "hears": hears,
            "first": first,
            "last": last,
            "figures": Figures.of(month),
            "providers": reading.providers(month),
            "worst": reading.worst(month),
            "answers": reading.answers(first, now),
            "answer_days": reading.ANSWER_DAYS,
            "may_see_nodes": request.user.has_perm("connectivity.view_nodestate"),
        },
    )
