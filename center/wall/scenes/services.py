"""The city's public sites, the worst first, and what becomes of complaints: counts by category, never a text."""

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from center.core.public_sites import STATE_ORDER, LookRow, SiteRow, site_rows
from center.wall.complaint_counts import complaint_counts
from center.wall.scenes.scene import Moment, Scene
from center.web.live import State
from center.web.words import CATEGORIES, word, words

REREAD_MS = 30_000
"""Nodes look every five minutes, and thousands of looks take a fifth of a second to judge."""
MOST_ROWS = 60
LOOKS = """
SELECT node, site, ok, reason, at_ms, received_ms, since_ms, total_ms, detail FROM publicsites_look
WHERE node NOT IN (SELECT id FROM sites_node WHERE retired) LIMIT 20000
"""
FILLS = {"DOWN": "down", "DEGRADED": "degraded", "UNKNOWN": "unknown", "UP": "up"}


def _read(moment: Moment) -> State:
    sites = moment.every("services", REREAD_MS, lambda: _services(moment))
    return {"services": {**sites, "complaints": complaint_counts(moment.reader, moment.now_ms)}}


def _services(moment: Moment) -> State:
    today = datetime.fromtimestamp(moment.now_ms / 1000, ZoneInfo(settings.TIME_ZONE)).date()
    rows = site_rows((_look(row) for row in moment.reader.query(LOOKS)), moment.now_ms, today)
    ordered = sorted(rows, key=lambda row: (STATE_ORDER.index(row.state), -(row.fresh_days or -1), row.name.casefold()))
    return {
        "rows": [_row(row) for row in ordered[:MOST_ROWS]],
        "total": len(rows),
        "well": sum(row.state == "UP" and not row.stale for row in rows),
        "stale": sum(row.stale for row in rows),
        "at": max((row.seen_ms for row in rows), default=None),
    }


def _look(row: tuple[Any, ...]) -> LookRow:
    node, site, ok, reason, at_ms, received_ms, since_ms, total_ms, detail = row
    return LookRow(node, site, bool(ok), reason, at_ms, received_ms, since_ms, total_ms, json.loads(detail))


def _row(row: SiteRow) -> State:
    said = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            said[language] = word("site_reason", row.reason)[:60] if row.reason else ""
    return {
        "name": row.name[:80],
        "fill": FILLS[row.state],
        "reason": said,
        "since": row.since_ms,
        "days": row.fresh_days,
        "stale": row.stale,
    }


def _texts() -> dict[str, Any]:
    return {
        "noServices": _("No public site is watched yet."),
        "servicesWell": _("%(well)s of %(total)s public sites answer and are kept current."),
        "fresh": _("updated %(days)s days ago"),
        "staleFor": _("not updated for %(days)s days"),
        "freshToday": _("updated today"),
        "freshUnknown": _("no date found"),
        "answers": _("answers"),
        "categories": words(CATEGORIES),
        "urgent": _("%(count)s urgent"),
        "noneUrgent": _("None is urgent."),
        "oldestWaits": _("The oldest has waited for %(age)s."),
    }


SCENE = Scene("services", gettext_noop("Services"), _read, _texts)
