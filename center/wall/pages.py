"""Desk pages of the screens: /displays/ for administrators, /notices/ for operators."""

import time
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from center.accounts.audit import note
from center.accounts.reach import whole_city
from center.errors import CenterError
from center.wall.displays import KINDS, SCENE_S, add_display, revoke_display
from center.wall.models import Display, PublicNotice
from center.wall.notices import MAX_TEXT, MAX_TITLE, NoticeError, draft, publish, withdraw
from center.wall.scenes.table import SCENE_NAMES, all_scenes

SEEN_WITHIN_MS = 150_000
SHOWN = 100
MAX_DIGITS = 18


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required("wall.add_display", raise_exception=True)
@whole_city
def displays(request: HttpRequest) -> HttpResponse:
    """All screens; POST makes one and shows its token, once."""
    context: dict[str, Any] = {"entered": request.POST, "kinds": KINDS, "least_s": SCENE_S[0], "most_s": SCENE_S[1]}
    if request.method == "POST":
        try:
            display, token = _made(request)
        except CenterError as error:
            context["error"] = error.text(get_language() or "id")
        else:
            note(request, "display-added", f"display:{display.name}", f"{display.kind}; {display.networks}")
            context |= {"made": display, "token": token, "entered": {}}
    now = _now_ms()
    rows = Display.objects.order_by("revoked_ms", "name")[:SHOWN]
    context["rows"] = [(row, row.seen_ms is not None and now - row.seen_ms < SEEN_WITHIN_MS) for row in rows]
    context["chosen"] = request.POST.getlist("scenes") or list(SCENE_NAMES)
    context["scenes"] = [(one.name, _(one.title)) for one in all_scenes()]
    return render(request, "wall/displays.html", context, status=400 if "error" in context else 200)


@require_POST
@login_required
@permission_required("wall.change_display", raise_exception=True)
@whole_city
def display_revoke(request: HttpRequest) -> HttpResponse:
    """Revoke one screen by its name."""
    name = request.POST.get("name", "")[:80]
    try:
        display = revoke_display(name)
    except CenterError:  # somebody was quicker
        return redirect("displays")
    note(request, "display-revoked", f"display:{display.name}")
    return redirect("displays")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required("wall.view_publicnotice", raise_exception=True)
@permission_required("wall.add_publicnotice", raise_exception=True)
@whole_city
def notices(request: HttpRequest) -> HttpResponse:
    """Current, coming and past notices; POST previews one, or publishes it when it was previewed."""
    context: dict[str, Any] = {"entered": request.POST, "max_title": MAX_TITLE, "max_text": MAX_TEXT}
    if request.method == "POST":
        title, text, begins, ends = (request.POST.get(name, "") for name in ("title", "text", "begins", "ends"))
        try:
            checked = draft(title, text, begins, ends, _now_ms())
            if request.POST.get("step") == "publish":
                made = publish(checked, request.user.get_username())
                note(request, "notice-published", f"notice:{made.pk}")
                return redirect("notices")
            context["preview"] = checked
        except NoticeError as error:
            context["error"] = error.text(get_language() or "id")
    now = _now_ms()
    context["now"] = now
    context["today"] = datetime.fromtimestamp(now / 1000, ZoneInfo(settings.TIME_ZONE)).strftime("%Y-%m-%dT%H:%M")
    context["rows"] = [(row, _stage(row, now)) for row in PublicNotice.objects.order_by("-made_ms")[:SHOWN]]
    return render(request, "wall/notices.html", context, status=400 if "error" in context else 200)


@require_POST
@login_required
@permission_required("wall.change_publicnotice", raise_exception=True)
@whole_city
def notice_withdraw(request: HttpRequest) -> HttpResponse:
    """Take one notice off every screen."""
    typed = request.POST.get("notice", "")
    key = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= MAX_DIGITS else 0
    if withdraw(key):
        note(request, "notice-withdrawn", f"notice:{key}")
    return redirect("notices")


def _made(request: HttpRequest) -> tuple[Display, str]:
    seconds = request.POST.get("scene_s", "30")
    return add_display(
        request.POST.get("name", ""),
        request.POST.get("kind", ""),
        request.POST.get("networks", ""),
        by=request.user.get_username(),
        scenes=tuple(request.POST.getlist("scenes")[: len(SCENE_NAMES)]),
        scene_s=int(seconds) if seconds.isascii() and seconds.isdigit() and len(seconds) < 5 else 0,
    )


def _stage(notice: PublicNotice, now_ms: int) -> str:
    if notice.withdrawn_ms is not None:
        return "withdrawn"
    if notice.until_ms <= now_ms:
        return "past"
    return "coming" if notice.from_ms > now_ms else "shown"


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
