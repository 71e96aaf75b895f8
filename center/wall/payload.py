"""Reads what the wall shows: a handful of plain reads, turned into the JSON state that live pages receive.

No ORM: this runs in the broadcaster's thread, over its own read-only connection. Nothing personal is read: complaints
are counted, never opened.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from center.core.wall_view import NodeRow, SiteView, alarms, problems, site_views
from center.wall.words import SiteName, problem_words, site_names
from center.web.change_reader import ChangeReader
from center.web.live import State, now_ms

REPORT_PERIOD_MS = 30_000
PICTURE_PERIOD_MS = 300_000
LISTENER_SILENT_MS = 15_000

NODES = """
SELECT n.id, n.site_id, s.state, s.cause, s.verdict, s.since_ms, s.last_seen_ms,
       (SELECT r.period_s FROM connectivity_report r WHERE r.node = n.id ORDER BY r.at_ms DESC LIMIT 1)
FROM sites_node n LEFT JOIN connectivity_nodestate s ON s.node = n.id
WHERE NOT n.retired ORDER BY n.id
"""
SITES = "SELECT code, name, short_name, kind, kecamatan FROM sites_site ORDER BY code"
# The newest rows by arrival; a late backlog must not replace the newest picture, so the newest exposure wins.
PICTURES = """
SELECT id, node, camera, at_ms, age_ms FROM cctv_snapshot WHERE signature_ok ORDER BY id DESC LIMIT 20
"""
PREVIOUS_PICTURE = """
SELECT at_ms FROM cctv_snapshot WHERE node = ? AND camera = ? AND at_ms < ? ORDER BY at_ms DESC LIMIT 1
"""
COMPLAINTS_OPEN = """
SELECT count(*), sum(CASE WHEN urgent THEN 1 ELSE 0 END) FROM complaints_complaint
WHERE status IN ('received', 'verified', 'in_progress')
"""
COMPLAINTS_SINCE = "SELECT count(*) FROM complaints_complaint WHERE received_ms >= ?"
LISTENERS = "SELECT connected, since_ms, alive_ms FROM ingest_listener"
LAST_COMMIT = "SELECT max(received_ms) FROM ingest_rawrecord"


def read_wall(reader: ChangeReader) -> State:
    """The whole state, as the page's script documents it. Raises ReadError."""
    now = now_ms()
    names = site_names(reader.query(SITES))
    nodes = [_node(row, now) for row in reader.query(NODES)]
    views = site_views(names, nodes)
    return {
        "sites": {code: _cell(view) for code, view in views.items()},
        "problems": [problem_words(problem, names) for problem in problems(nodes)],
        "picture": _picture(reader, names, {node.node: node.site for node in nodes}),
        "complaints": _complaints(reader, now),
        "center": {**_center(reader, now), "alarms": alarms(nodes, now)},
    }


def _node(row: tuple[Any, ...], now: int) -> NodeRow:
    node, site, state, cause, verdict, since, seen, period_s = row
    return NodeRow(
        node,
        site,
        state or "UNKNOWN",
        (cause or "") if state else "never_seen",
        verdict or "",
        since if since is not None else now,
        seen,
        period_s * 1000 if period_s else REPORT_PERIOD_MS,
    )


def _cell(view: SiteView) -> list[Any]:
    return [view.fill, view.since_ms, view.seen_ms, view.period_ms, view.node]


def _picture(reader: ChangeReader, names: dict[str, SiteName], site_of: dict[str, str]) -> State | None:
    rows = reader.query(PICTURES)
    if not rows:
        return None
    key, node, camera, at_ms, age_ms = max(rows, key=lambda row: row[3] - row[4])
    previous = reader.query(PREVIOUS_PICTURE, (node, camera, at_ms))
    name = names.get(site_of.get(node, ""))
    return {
        "url": f"/pictures/{key}.jpg",
        "site": name.display if name else node,
        "camera": camera,
        "at": at_ms - age_ms,
        "period": max(REPORT_PERIOD_MS, at_ms - previous[0][0]) if previous else PICTURE_PERIOD_MS,
    }


def _complaints(reader: ChangeReader, now: int) -> State:
    midnight = datetime.fromtimestamp(now / 1000, ZoneInfo(settings.TIME_ZONE)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    waiting, urgent = reader.query(COMPLAINTS_OPEN)[0]
    today = reader.query(COMPLAINTS_SINCE, (int(midnight.timestamp() * 1000),))[0][0]
    return {"today": today, "open": waiting, "urgent": int(urgent or 0)}


def _center(reader: ChangeReader, now: int) -> State:
    listeners = reader.query(LISTENERS)
    alive = [row for row in listeners if row[0] and now - row[2] < LISTENER_SILENT_MS]
    return {
        "ingest": bool(alive),
        "since": max((row[1] for row in alive), default=None),
        "commit": reader.query(LAST_COMMIT)[0][0],
    }
