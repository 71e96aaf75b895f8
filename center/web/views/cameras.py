"""The pages of cameras: all of them, and one with its days, its hours and its pictures. Every picture shown is noted by
the address that serves it (`center.web.views.pictures`)."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from center.accounts import reach
from center.cctv.chain import finding_of
from center.cctv.models import Snapshot
from center.core.days import DAY_MS, DayError, bounds, day_of
from center.sites.models import Node
from center.web.camera_rows import (
    FIRST_MS,
    HOUR_MS,
    LAST_MS,
    beside,
    cameras,
    day_slots,
    deleted_of,
    hour_slots,
    newest_of,
    of_camera,
    sheet,
)
from center.web.live import now_ms
from center.web.picture_words import BAD_VERDICTS, VERDICTS

SEE_PICTURES = "cctv.view_snapshot"
MAX_DIGITS = 18
LAST_DAY = 21_991_231


@require_safe
@never_cache
@login_required
@permission_required(SEE_PICTURES, raise_exception=True)
def camera_list(request: HttpRequest) -> HttpResponse:
    """Every camera within reach with its newest picture; ?show=bad: those a person should look at."""
    rows = cameras(request.user, now_ms())
    wanted = request.GET.get("show") == "bad"
    bad = [row for row in rows if row.late or row.newest.verdict in BAD_VERDICTS]
    context = {"rows": bad if wanted else rows, "bad": len(bad), "total": len(rows), "wanted": wanted}
    return render(request, "web/cameras.html", context)


@require_safe
@never_cache
@login_required
@permission_required(SEE_PICTURES, raise_exception=True)
def camera_page(request: HttpRequest, node_id: str, camera: str) -> HttpResponse:
    """One camera. ?day=20261127&hour=8&verdict=covered&page=2 choose the sheet, ?at=ID the picture that is shown."""
    node = get_object_or_404(reach.of_nodes(Node.objects.select_related("site"), request.user, "id"), pk=node_id)
    everything = of_camera(node.id, camera)
    newest = newest_of(node.id, camera, now_ms())
    if newest is None:
        raise Http404
    shown = _shown(request, everything)
    day = _day(request, shown or newest)
    hour = _number(request, "hour", 23)
    verdict = request.GET.get("verdict", "")
    verdict = verdict if verdict in VERDICTS else ""
    span = bounds(day)
    rows = everything.filter(at_ms__gte=span.start_ms, at_ms__lt=span.end_ms)
    hours = hour_slots(node.id, camera, day)
    if hour is not None:
        begin = span.start_ms + hour * HOUR_MS
        rows = rows.filter(at_ms__gte=begin, at_ms__lt=begin + HOUR_MS)
    if verdict:
        rows = rows.filter(verdict=verdict)
    page = _number(request, "page", 10_000) or 1
    listed, pages = sheet(rows, page)
    shown = shown or next(iter(listed), None)
    context = {
        "node": node, "camera": camera, "newest": newest, "day": day, "day_ms": span.start_ms, "hour": hour,
        "verdict": verdict, "days": day_slots(node.id, camera, newest.at_ms), "hours": hours, "rows": listed,
        "most": max((slot.count for slot in hours), default=0), "verdicts": _counted(hours), "page": page,
        "pages": pages, "deleted": deleted_of(node.id, camera, day), **_picture(shown), **_span(span.start_ms, hour),
    }  # fmt: skip
    return render(request, "web/camera.html", context)


def _picture(row: Snapshot | None) -> dict[str, Any]:
    if row is None:
        return {"shown": None}
    before, after = beside(row)
    return {
        "shown": row,
        "taken_ms": row.at_ms - row.age_ms,
        "before": before,
        "after": after,
        "chain": finding_of(row),
        "finding": row.finding or ("genuine" if row.signature_ok else "bad_signature"),
    }


def _span(day_ms: int, hour: int | None) -> dict[str, str]:
    """What an export covers unless somebody says otherwise: the hour that is shown, else the day."""
    first_ms = day_ms + (hour or 0) * HOUR_MS
    last_ms = first_ms + (HOUR_MS if hour is not None else DAY_MS)
    zone = ZoneInfo(settings.TIME_ZONE)
    first, last = (datetime.fromtimestamp(at / 1000, zone).strftime("%Y-%m-%dT%H:%M") for at in (first_ms, last_ms))
    return {"span_from": first, "span_to": last}


def _shown(request: HttpRequest, rows: Any) -> Snapshot | None:
    """The picture the address names; 404 when it is of another camera or was deleted."""
    if "at" not in request.GET:
        return None
    row: Snapshot = get_object_or_404(rows, pk=_number(request, "at", 10**MAX_DIGITS) or 0)
    return row


def _day(request: HttpRequest, row: Snapshot) -> int:
    """The day the address names, else the one the picture is of; 404 for what is no day."""
    asked = _number(request, "day", LAST_DAY)
    try:
        if asked is None:
            return day_of(row.at_ms if FIRST_MS <= row.at_ms < LAST_MS else row.received_ms)
        bounds(asked)
    except DayError as error:
        raise Http404 from error
    return asked


def _number(request: HttpRequest, name: str, most: int) -> int | None:
    typed = request.GET.get(name, "")
    is_number = typed.isascii() and typed.isdigit() and len(typed) <= MAX_DIGITS
    return min(int(typed), most) if is_number else None


def _counted(hours: Any) -> list[tuple[str, int]]:
    counts = {code: sum(slot.verdicts[code] for slot in hours) for code in VERDICTS}
    return [(code, count) for code, count in counts.items() if count]
