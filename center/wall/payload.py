"""Reads what the wall shows: plain reads, turned by the scenes into the JSON state that live pages receive.

No ORM: this runs in the broadcaster's thread, over its own read-only connection. Nothing personal is read: complaints
are counted, never opened, and of incidents no name of a person leaves the database.
"""

from typing import Any

from center.core.wall_incidents import IncidentRow
from center.core.wall_view import ALARM_WINDOW_MS, NodeRow, alarms
from center.wall.scenes.scene import Moment
from center.wall.scenes.table import all_scenes
from center.wall.words import site_names
from center.web.change_reader import ChangeReader
from center.web.live import State, now_ms
from center.web.operation_changes import changed_operations

REPORT_PERIOD_MS = 30_000
LISTENER_SILENT_MS = 15_000
ENDED_WITHIN_MS = 86_400_000
MOST_INCIDENTS = 300

NODES = """
SELECT n.id, n.site_id, s.state, s.cause, s.verdict, s.since_ms, s.last_seen_ms,
       (SELECT r.period_s FROM connectivity_report r WHERE r.node = n.id ORDER BY r.at_ms DESC LIMIT 1)
FROM sites_node n LEFT JOIN connectivity_nodestate s ON s.node = n.id
WHERE NOT n.retired ORDER BY n.id
"""
SITES = "SELECT code, name, short_name, kind, kecamatan FROM sites_site ORDER BY code"
_INCIDENT = """
SELECT id, kind, subject, severity, cause, party, started_ms, opened_ms, resolved_ms, acknowledged_ms, ticket
FROM operations_incident
"""
OPEN_INCIDENTS = _INCIDENT + "WHERE resolved_ms IS NULL ORDER BY opened_ms DESC LIMIT ?"
ENDED_INCIDENTS = _INCIDENT + "WHERE opened_ms >= ? AND resolved_ms IS NOT NULL ORDER BY opened_ms DESC LIMIT ?"
# Members of an open incident are those that are still in it; of an ended one all it had.
MEMBERS = """
SELECT m.incident_id, m.node FROM operations_incidentmember m JOIN operations_incident i ON i.id = m.incident_id
WHERE (i.resolved_ms IS NULL AND m.left_ms IS NULL) OR (i.resolved_ms IS NOT NULL AND i.opened_ms >= ?)
ORDER BY m.incident_id, m.node LIMIT 50000
"""
LISTENERS = "SELECT connected, since_ms, alive_ms FROM ingest_listener"
LAST_COMMIT = "SELECT max(received_ms) FROM ingest_rawrecord"
ANY_ALARM = "SELECT 1 FROM operations_alarm LIMIT 1"
ALARMS_SINCE = "SELECT count(*) FROM operations_alarm WHERE at_ms >= ? AND NOT suppressed"


class WallReader:
    """Reads the whole state, as the scenes' scripts document it; keeps between two readings what is dear to read."""

    def __init__(self) -> None:
        self._kept: dict[str, Any] = {}

    def __call__(self, reader: ChangeReader) -> State:
        """The state now. Raises ReadError."""
        now = now_ms()
        names = site_names(reader.query(SITES))
        nodes = [_node(row, now) for row in reader.query(NODES)]
        moment = Moment(reader, now, names, nodes, _incidents(reader, now), self._kept)
        state: State = {}
        for scene in all_scenes():
            state.update(scene.read(moment))
        state["center"] = {**_center(reader, now), "alarms": _alarms(reader, nodes, now)}
        state["operations"] = changed_operations(reader, self._kept)
        return state


def read_wall(reader: ChangeReader) -> State:
    """One reading with nothing kept. Raises ReadError."""
    return WallReader()(reader)


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


def _incidents(reader: ChangeReader, now: int) -> list[IncidentRow]:
    """The open ones, and those of the last day that ended."""
    rows = reader.query(OPEN_INCIDENTS, (MOST_INCIDENTS,))
    rows += reader.query(ENDED_INCIDENTS, (now - ENDED_WITHIN_MS, MOST_INCIDENTS))
    members: dict[int, list[str]] = {}
    if rows:
        for incident, node in reader.query(MEMBERS, (now - ENDED_WITHIN_MS,)):
            members.setdefault(incident, []).append(node)
    return [_incident(row, tuple(members.get(row[0], ()))) for row in rows]


def _incident(row: tuple[Any, ...], nodes: tuple[str, ...]) -> IncidentRow:
    key, kind, subject, severity, cause, party, started, opened, resolved, acknowledged, ticket = row
    seen = acknowledged is not None
    return IncidentRow(key, kind, subject, severity, cause, party, started, opened, resolved, seen, ticket or "", nodes)


def _alarms(reader: ChangeReader, nodes: list[NodeRow], now: int) -> int:
    """Alarms of the last ten minutes; until the first alarm is on record, the nodes that got into trouble."""
    if not reader.query(ANY_ALARM):
        return alarms(nodes, now)
    return int(reader.query(ALARMS_SINCE, (now - ALARM_WINDOW_MS,))[0][0])


def _center(reader: ChangeReader, now: int) -> State:
    listeners = reader.query(LISTENERS)
    alive = [row for row in listeners if row[0] and now - row[2] < LISTENER_SILENT_MS]
    return {
        "ingest": bool(alive),
        "since": max((row[1] for row in alive), default=None),
        "commit": reader.query(LAST_COMMIT)[0][0],
    }
