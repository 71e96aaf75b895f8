"""The city as cells; beside it what is wrong, in words, the newest picture, and how many complaints wait."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from center.core.complaint_cycle import WAITING_SQL
from center.core.wall_incidents import uncovered
from center.core.wall_view import SiteView, problems, site_views
from center.sites.models import Site
from center.wall.drawing import HEIGHT, WIDTH, draw_city
from center.wall.scenes.pictures import newest_picture
from center.wall.scenes.scene import Moment, Scene
from center.wall.words import fill_labels, letters, problem_words
from center.web.live import State

COMPLAINTS_OPEN = f"""
SELECT count(*), sum(CASE WHEN urgent THEN 1 ELSE 0 END) FROM complaints_complaint
WHERE status IN ({WAITING_SQL})
"""  # noqa: S608 - names of our own
COMPLAINTS_SINCE = "SELECT count(*) FROM complaints_complaint WHERE received_ms >= ?"


def _read(moment: Moment) -> State:
    views = site_views(moment.names, moment.nodes)
    rest = uncovered(moment.nodes, moment.incidents)
    return {
        "sites": {code: _cell(view) for code, view in views.items()},
        "problems": [problem_words(problem, moment.names) for problem in problems(rest)],
        "picture": newest_picture(moment),
        "complaints": _complaints(moment),
    }


def _cell(view: SiteView) -> list[Any]:
    return [view.fill, view.since_ms, view.seen_ms, view.period_ms, view.node]


def _complaints(moment: Moment) -> State:
    midnight = datetime.fromtimestamp(moment.now_ms / 1000, ZoneInfo(settings.TIME_ZONE)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    waiting, urgent = moment.reader.query(COMPLAINTS_OPEN)[0]
    today = moment.reader.query(COMPLAINTS_SINCE, (int(midnight.timestamp() * 1000),))[0][0]
    return {"today": today, "open": waiting, "urgent": int(urgent or 0)}


def _context() -> dict[str, Any]:
    by_fill = letters()
    return {
        "cells": draw_city(Site.objects.order_by("kind", "code")),
        "width": WIDTH,
        "height": HEIGHT,
        "legend": [(fill, by_fill.get(fill, ""), label) for fill, label in fill_labels().items()],
    }


def _texts() -> dict[str, Any]:
    return {
        "allWell": _("All %(count)s sites are connected."),
        "allInstalledWell": _("All %(count)s installed sites are connected."),
        "oneInstalledWell": _("One site is installed, and it is connected."),
        "noneInstalled": _("No box is installed yet."),
        "enrolHint": _("Enrol the first one: sandi-center enroll"),
        "oldest": _("Oldest datum %(age)s ago."),
        "more": _("+ %(count)s more"),
        "noPicture": _("No picture yet"),
        "oldPicture": _("No new picture for %(age)s"),
    }


SCENE = Scene("map", gettext_noop("Map"), _read, _texts, _context)
