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
from center.operations.notices import kiosks_holding
from center.wall.displays import KINDS, SCENE_S, add_display, revoke_display
from center.wall.models import Display, PublicNotice
from center.wall.notices import MAX_TEXT, MAX_TITLE, Draft, NoticeError, change, draft, publish, targets, withdraw
from center.wall.scenes.table import SCENE_NAMES, all_scenes

SEEN_WITHIN_MS = 150_000
SHOWN = 100
MAX_DIGITS = 18
FIELDS = ("title", "text", "begins", "ends", "target")


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
    """Current, coming and past notices; POST previews one, or publishes it when it was previewed. `notice` (of the
    form) or `change` (of the address): the one that is changed."""
    context: dict[str, Any] = {"entered": request.POST, "max_title": MAX_TITLE, "max_text": MAX_TEXT}
    changed = _number(request.POST.get("notice", "") or request.GET.get("change", ""))
    if changed and request.method != "POST":
        context["entered"] = _entered(changed)
    context["changed"] = changed
    if request.method == "POST":
        title, text, begins, ends, target = (request.POST.get(name, "") for name in FIELDS)
        try:
            checked = draft(title, text, begins, ends, _now_ms(), target=target)
            if request.POST.get("step") == "publish":
                _publish(request, checked, changed)
                return redirect("notices")
            context["preview"] = checked
        except NoticeError as error:
            context["error"] = error.text(get_language() or "id")
    now = _now_ms()
    context["now"] = now
    context["today"] = _typed(now)
    context["rows"] = _rows(now)
    context["targets"] = targets()
    return render(request, "wall/notices.html", context, status=400 if "error" in context else 200)


@require_POST
@login_required
@permission_required("wall.change_publicnotice", raise_exception=True)
@whole_city
def notice_withdraw(request: HttpRequest) -> HttpResponse:
    """Take one notice off every screen."""
    key = _number(request.POST.get("notice", ""))
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


def _publish(request: HttpRequest, checked: Draft, changed: int) -> None:
    by = request.user.get_username()
    if not changed:
        note(request, "notice-published", f"notice:{publish(checked, by).pk}")
    elif request.user.has_perm("wall.change_publicnotice") and change(changed, checked, by):
        note(request, "notice-changed", f"notice:{changed}")
    else:
        raise NoticeError("this notice is over: write a new one", "pengumuman ini sudah berakhir: tulis yang baru")


def _rows(now: int) -> list[dict[str, Any]]:
    """The newest notices with how many kiosks have them, or have taken them down."""
    rows = list(PublicNotice.objects.order_by("-made_ms")[:SHOWN])
    stages = {row.pk: _stage(row, now) for row in rows}
    held = kiosks_holding([row.pk for row in rows])
    taken = kiosks_holding([row.pk for row in rows if row.withdrawn_ms is not None], shown=False)
    names = dict(targets())
    return [
        {
            "row": row,
            "stage": stages[row.pk],
            "where": names.get(row.target, row.target),
            "kiosks": (taken if stages[row.pk] == "withdrawn" else held).get(row.pk),
        }
        for row in rows
    ]


def _entered(key: int) -> dict[str, str]:
    """The fields of a notice that is to be changed, as its form holds them."""
    row = PublicNotice.objects.filter(pk=key, withdrawn_ms=None, until_ms__gt=_now_ms()).first()
    if row is None:
        return {}
    return {"title": row.title, "text": row.text, "begins": _typed(row.from_ms), "ends": _typed(row.until_ms),
            "target": row.target}  # fmt: skip


def _typed(at_ms: int) -> str:
    """A moment as the browser's date field writes it."""
    return datetime.fromtimestamp(at_ms / 1000, ZoneInfo(settings.TIME_ZONE)).strftime("%Y-%m-%dT%H:%M")


def _number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= MAX_DIGITS else 0


def _stage(notice: PublicNotice, now_ms: int) -> str:
    if notice.withdrawn_ms is not None:
        return "withdrawn"
    if notice.until_ms <= now_ms:
        return "past"
    return "coming" if notice.from_ms > now_ms else "shown"


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
