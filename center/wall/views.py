"""The wall's page: the drawing and the words; everything that changes comes by /events."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from center.accounts.audit import look
from center.cctv.models import Snapshot
from center.cctv.serving import picture_answer
from center.wall.access import for_screens, keep_cookie, not_let_in, screen_of
from center.wall.displays import COOKIE, display_of, enter, scenes_of
from center.wall.scenes.table import SCENE_NAMES, all_scenes
from center.wall.words import fill_labels, letters

NEWEST_PICTURES = 3
"""Of each camera a screen may ask for: the newest, and those that were it when the page was told."""


@require_safe
@never_cache
@for_screens("wall")
def wall(request: HttpRequest) -> HttpResponse:
    """The one page for the big screen. ?scene= opens a scene and holds it."""
    display = screen_of(request)
    order, scene_s = scenes_of(display)
    asked = request.GET.get("scene", "")
    scenes = all_scenes()
    texts: dict[str, Any] = _texts(screen=display is not None)
    context: dict[str, Any] = {}
    for scene in scenes:
        texts.update(scene.texts())
        context.update(scene.context())
    return render(
        request,
        "wall/wall.html",
        {
            **context,
            "scenes": [(one.name, f"wall/scene_{one.name}.html", f"wall/scenes/{one.name}.js", _(one.title))
                       for one in scenes],
            "order": " ".join(order),
            "scene_s": scene_s,
            "held": asked if asked in SCENE_NAMES else "",
            "screen": display,
            "texts": texts,
        },
    )  # fmt: skip


@require_safe
@never_cache
@for_screens("wall", permission="cctv.view_snapshot")
def wall_picture(request: HttpRequest, picture_id: int) -> HttpResponse:
    """One of the newest pictures of its camera, and no older one: a screen shows, it does not browse."""
    row = get_object_or_404(Snapshot, pk=picture_id, signature_ok=True)
    later = Snapshot.objects.filter(node=row.node, camera=row.camera, at_ms__gt=row.at_ms, signature_ok=True)
    if later[:NEWEST_PICTURES].count() >= NEWEST_PICTURES:
        raise Http404
    answer = picture_answer(row)
    look(request, "wall-pictures", "wall")  # once in ten minutes, not of each picture
    return answer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def wall_enter(request: HttpRequest) -> HttpResponse:
    """The door of screens: a token typed here becomes the screen's cookie."""
    address = request.META.get("REMOTE_ADDR", "")
    if request.method == "POST":
        entered = enter(request.POST.get("token", ""), address)
        if entered is not None:
            display, value = entered
            answer = redirect("videotron" if display.kind == "videotron" else "wall")
            keep_cookie(answer, value)
            return answer
    refused = request.method == "POST"
    ended = not refused and COOKIE in request.COOKIES
    context = {"refused": refused, "ended": ended, "address": address}
    return render(request, "wall/enter.html", context, status=403 if refused else 200)


@require_safe
@never_cache
def wall_session(request: HttpRequest) -> HttpResponse:
    """Whether this screen may still be open: 204, else 401. A page asks when its stream was refused."""
    display = display_of(request.COOKIES.get(COOKIE, ""), request.META.get("REMOTE_ADDR", ""))
    return HttpResponse(status=401 if display is None else 204)


def _texts(*, screen: bool) -> dict[str, Any]:
    """The words every scene's script puts together."""
    return {
        "letters": letters(),
        "labels": fill_labels(),
        "units": {"s": _("s"), "min": _("min"), "h": _("h"), "d": _("d")},
        "ago": _("%(age)s ago"),
        "never": _("nothing stored yet"),
        "last": _("last %(age)s ago"),
        "receiving": _("receiving"),
        "notReceiving": _("not receiving"),
        "signIn": not_let_in(screen=screen),
        "noServer": _("This page does not reach the centre. What you see is old."),
        "since": _("since %(time)s"),
        "dataAge": _("data %(age)s old"),
        "held": _("held"),
    }  # fmt: skip
