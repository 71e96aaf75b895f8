"""The wall's page: the drawing and the words; everything that changes comes by /events."""

from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from center.sites.models import Site
from center.wall.drawing import HEIGHT, WIDTH, draw_city

FILLS = ("down", "degraded", "unknown", "maintenance", "up", "absent")


@require_safe
@never_cache
@login_required
@permission_required("connectivity.view_nodestate", raise_exception=True)
def wall(request: HttpRequest) -> HttpResponse:
    """The one page for the big screen."""
    cells = draw_city(Site.objects.order_by("kind", "code"))
    letters = _letters()
    return render(
        request,
        "wall/wall.html",
        {
            "cells": cells,
            "width": WIDTH,
            "height": HEIGHT,
            "legend": [(fill, letters.get(fill, ""), label) for fill, label in _labels().items()],
            "texts": _texts(letters),
        },
    )


def _letters() -> dict[str, str]:
    return {
        "down": pgettext("wall letter of the state down", "D"),
        "degraded": pgettext("wall letter of the state impaired", "I"),
        "unknown": "?",
        "maintenance": pgettext("wall letter of the state maintenance", "M"),
    }


def _labels() -> dict[str, str]:
    return {
        "up": _("up"),
        "degraded": _("impaired"),
        "down": _("down"),
        "unknown": _("unknown"),
        "maintenance": _("maintenance"),
        "absent": _("not installed"),
    }


def _texts(letters: dict[str, str]) -> dict[str, Any]:
    """The words the page's script puts together."""
    return {
        "letters": letters,
        "labels": _labels(),
        "units": {"s": _("s"), "min": _("min"), "h": _("h"), "d": _("d")},
        "allWell": _("All %(count)s sites are connected."),
        "allInstalledWell": _("All %(count)s installed sites are connected."),
        "noneInstalled": _("No box is installed yet."),
        "enrolHint": _("Enrol the first one: sandi-center enroll"),
        "loading": _("Loading …"),
        "more": _("+ %(count)s more"),
        "siteCount": {"one": ngettext("site", "sites", 1), "many": ngettext("site", "sites", 2)},
        "noPicture": _("No picture yet"),
        "oldPicture": _("No new picture for %(age)s"),
        "ago": _("%(age)s ago"),
        "never": _("nothing stored yet"),
        "receiving": _("receiving"),
        "notReceiving": _("not receiving"),
        "signIn": _("The session has ended. Please sign in again."),
        "noServer": _("This page does not reach the centre. What you see is old."),
        "since": _("since %(time)s"),
    }
