"""How good the kiosk's suggestions are: suggested against corrected class, per period and kelurahan."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from center.accounts.reach import sites_of
from center.complaints.classes import CLASSES, Overturns, overturns
from center.complaints.models import Complaint
from center.web.complaint_acts import DESK
from center.web.complaint_rows import all_names, name_of
from center.web.day_fields import day_field, midnight_ms
from center.web.live import now_ms
from center.web.views.complaint_page import SEE

DAYS = 30
MOST_PLACES = 120


class Period(forms.Form):
    """From when until when, in whole days; the last thirty unless said otherwise."""

    first = day_field(gettext_lazy("From"))
    last = day_field(gettext_lazy("Until"))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        today = datetime.fromtimestamp(now_ms() / 1000, ZoneInfo(settings.TIME_ZONE)).date()
        cleaned["last"] = cleaned.get("last") or today
        cleaned["first"] = cleaned.get("first") or cleaned["last"] - timedelta(days=DAYS - 1)
        if cleaned["last"] < cleaned["first"]:
            self.add_error("last", _("The end lies before the beginning."))
        return cleaned


@require_safe
@never_cache
@login_required
@permission_required((SEE, DESK), raise_exception=True)
def complaint_classes(request: HttpRequest) -> HttpResponse:
    """The matrix of the period, and the same for each kelurahan; only of places within reach."""
    form = Period(request.GET)
    if not form.is_valid():
        return render(request, "web/complaint_classes.html", {"form": form}, status=422)
    from_ms = midnight_ms(form.cleaned_data["first"])
    until_ms = midnight_ms(form.cleaned_data["last"] + timedelta(days=1))
    own = sites_of(request.user)
    found = overturns(from_ms, until_ms, own)
    rows = Complaint.objects.filter(received_ms__gte=from_ms, received_ms__lt=until_ms).exclude(corrected_class="")
    if own is not None:
        rows = rows.filter(place__in=own)
    places = rows.exclude(place="").order_by("place").values_list("place", flat=True).distinct()[:MOST_PLACES]
    names = all_names()
    by_place = [(name_of(names, place), overturns(from_ms, until_ms, [place])) for place in places]
    context = {
        "form": form,
        "first": form.cleaned_data["first"],
        "last": form.cleaned_data["last"],
        "found": found,
        "classes": CLASSES,
        "matrix": [(row, [found.matrix.get((row, column), 0) for column in CLASSES]) for row in CLASSES],
        "share": _share(found),
        "by_place": sorted(
            ((name, one, _share(one)) for name, one in by_place if one.judged), key=lambda one: (-one[2], one[0])
        ),
    }
    return render(request, "web/complaint_classes.html", context)


def _share(found: Overturns) -> int:
    """Overturned of judged, in whole per cent."""
    return round(100 * found.overturned / found.judged) if found.judged else 0
