"""The wall's page: the drawing and the words; everything that changes comes by /events."""

from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from center.sites.models import Site
from center.wall.drawing import HEIGHT, WIDTH, draw_city
from center.wall.words import fill_labels, letters


@require_safe
@never_cache
@login_required
@permission_required("connectivity.view_nodestate", raise_exception=True)
def wall(request: HttpRequest) -> HttpResponse:
    """The one page for the big screen."""
    cells = draw_city(Site.objects.order_by("kind", "code"))
    by_fill = letters()
    return render(
        request,
        "wall/wall.html",
        {
            "cells": cells,
            "width": WIDTH,
            "height": HEIGHT,
            "legend": [(fill, by_fill.get(fill, ""), label) for fill, label in fill_labels().items()],
            "texts": _texts(),
        },
    )


def _texts() -> dict[str, Any]:
    """The words the page's script puts together."""
    return {
        "letters": letters(),
        "labels": fill_labels(),
        "units": {"s": _("s"), "min": _("min"), "h": _("h"), "d": _("d")},
        "allWell": _("All %(count)s sites are connected."),
        "allInstalledWell": _("All %(count)s installed sites are connected."),
        "oneInstalledWell": _("One site is installed, and it is connected."),
        "noneInstalled": _("No box is installed yet."),
        "enrolHint": _("Enrol the first one: sandi-center enroll"),
        "oldest": _("Oldest datum %(age)s ago."),
        "more": _("+ %(count)s more"),
        "noPicture": _("No picture yet"),
        "oldPicture": _("No new picture for %(age)s"),
        "ago": _("%(age)s ago"),
        "never": _("nothing stored yet"),
        "last": _("last %(age)s ago"),
        "receiving": _("receiving"),
        "notReceiving": _("not receiving"),
        "signIn": _("The session has ended. Please sign in again."),
        "noServer": _("This page does not reach the centre. What you see is old."),
        "since": _("since %(time)s"),
    }
