"""Incidents in the database: reading what is open, and carrying out what `center.core.correlation` decides.

Each decision is one change with its timeline entry, its alarm and what is told of it, all in the caller's transaction.
Every statement leaves what is there already as it is, so a decision carried out twice does nothing the second time.
"""

from collections.abc import Callable, Collection, Iterable

from center.alerts.queue import IncidentChange, incident_changed
from center.availability.centre import blindness_changed
from center.core.incident_facts import Decision, KnownIncident
from center.ingest.changes import record_changes
from center.ingest.database import execute, execute_many, select
from center.operations.sentences import Told, sentences

MAX_TEXT_CHARS = 2000
_KNOWN = """
SELECT id, kind, subject, severity, cause, started_ms, opened_ms, resolved_ms FROM operations_incident
WHERE kind NOT IN ('channel', 'overdue', 'urgent')
  AND (resolved_ms IS NULL OR (resolved_ms > %s AND resolved_ms <= %s)) ORDER BY id
"""
_MEMBERS = """
SELECT m.incident_id, m.node, m.left_ms FROM operations_incidentmember m
JOIN operations_incident i ON i.id = m.incident_id WHERE i.resolved_ms IS NULL OR i.resolved_ms > %s
"""
_OPEN = """
INSERT INTO operations_incident (kind, subject, severity, cause, party, started_ms, opened_ms, acknowledged_by,
  assigned_to, level, ticket) VALUES (%s, %s, %s, %s, %s, %s, %s, '', '', 0, '')
ON CONFLICT (kind, subject) WHERE resolved_ms IS NULL DO NOTHING RETURNING id
"""
_REOPEN = """
UPDATE operations_incident SET resolved_ms = NULL, acknowledged_ms = NULL, acknowledged_by = ''
WHERE id = (SELECT MAX(id) FROM operations_incident WHERE kind = %s AND subject = %s) AND resolved_ms IS NOT NULL
RETURNING id
"""
_STILL = "SELECT id FROM operations_incident WHERE kind = %s AND subject = %s AND resolved_ms IS NULL"
_JOIN = """
INSERT INTO operations_incidentmember (incident_id, node, joined_ms, left_ms) VALUES (%s, %s, %s, NULL)
ON CONFLICT (incident_id, node) DO UPDATE SET left_ms = NULL
"""
_ENTRY = "INSERT INTO operations_incidententry (incident_id, at_ms, kind, by, text) VALUES (%s, %s, %s, %s, %s)"
_ALARM = "INSERT INTO operations_alarm (at_ms, node, incident, severity, suppressed) VALUES (%s, %s, %s, %s, %s)"
_FACTS = "SELECT kind, subject, severity, cause, party, started_ms FROM operations_incident WHERE id = %s"
_BLIND_SINCE = "SELECT started_ms FROM operations_incident WHERE id = %s AND kind = 'blind'"
_PLACES = """
SELECT n.id, s.code, s.kecamatan, s.kind, s.name, s.short_name FROM operations_incidentmember m
JOIN sites_node n ON n.id = m.node JOIN sites_site s ON s.code = n.site_id
WHERE m.incident_id = %s AND (m.left_ms IS NULL OR %s = 'resolved') ORDER BY n.id
"""
_UPSTREAM_NAME = "SELECT name FROM sites_upstream WHERE code = %s"
# With the kecamatan where two sites share a name: nobody is sent to the wrong one of two Sukawana at night.
_NODE_NAMES = """
SELECT n.id, CASE WHEN s.kecamatan <> '' AND (SELECT COUNT(*) FROM sites_site o WHERE o.name = s.name) > 1
  THEN s.name || ' (' || s.kecamatan || ')' ELSE s.name END
FROM sites_node n JOIN sites_site s ON s.code = n.site_id WHERE n.id IN ({marks})
UNION SELECT s.code, CASE WHEN s.kecamatan <> '' AND (SELECT COUNT(*) FROM sites_site o WHERE o.name = s.name) > 1
  THEN s.name || ' (' || s.kecamatan || ')' ELSE s.name END
FROM sites_site s WHERE s.code IN ({marks})
"""
LISTED_ALONE = "info"
"""Of this severity nothing is told and nobody is called; it is in the list."""


def known(since_ms: int, now_ms: int) -> list[KnownIncident]:
    """All open incidents, and those resolved after `since_ms` and by now; not those of alert channels, which the alerts
    end, nor those of complaints, which `center.complaints.watching` does."""
    members: dict[int, dict[str, int | None]] = {}
    for incident, node, left_ms in select(_MEMBERS, (since_ms,)):
        members.setdefault(incident, {})[node] = left_ms
    return [
        KnownIncident(kind, subject, severity, cause, started, opened, members.get(row_id, {}), resolved)
        for row_id, kind, subject, severity, cause, started, opened, resolved in select(_KNOWN, (since_ms, now_ms))
    ]


def carry_out(decisions: Iterable[Decision], now_ms: int) -> int:
    """Carry these out in order; returns how many changed something."""
    touched = [incident for one in decisions if (incident := _CARRY_OUT[one.what](one, now_ms)) is not None]
    record_changes(("incident", str(incident)) for incident in touched)
    return len(touched)


def note(incident: int, kind: str, text: str, now_ms: int, by: str = "") -> None:
    """Append a line to the timeline. `by`: an account, "" for Sandi itself."""
    execute(_ENTRY, (incident, now_ms, kind, by[:150], text[:MAX_TEXT_CHARS]))


def tell(incident: int, happened: str, now_ms: int, why: str = "") -> None:
    """Pass the change on to the alerts; what is only listed is not told. `why`: of a resolution."""
    facts = select(_FACTS, (incident,))
    if not facts:
        return
    kind, subject, severity, cause, party, started_ms = facts[0]
    if severity == LISTED_ALONE:
        return
    places = select(_PLACES, (incident, happened))
    told = Told(kind, cause, _name(kind, subject), len(places), started_ms, now_ms)
    text_id, text_en = sentences(why or happened, told)
    incident_changed(
        IncidentChange(
            incident, happened, severity, kind, subject, cause, party,
            nodes=tuple(node for node, *_rest in places),
            sites=tuple(sorted({row[1] for row in places})),
            kecamatan=tuple(sorted({row[2] for row in places} - {""})),
            started_ms=started_ms, at_ms=now_ms, text_id=text_id, text_en=text_en, why=why,
        )
    )  # fmt: skip


def listed(nodes: Iterable[str]) -> str:
    """Nodes as the timeline keeps them: as many as fit, and how many more."""
    nodes = tuple(nodes)
    text = " ".join(nodes)
    while len(text) > MAX_TEXT_CHARS - 12:
        text = text[: text.rindex(" ", 0, MAX_TEXT_CHARS - 12)]
    left = len(nodes) - len(text.split())
    return f"{text} +{left}" if left else text


def names_of_nodes(nodes: Collection[str]) -> dict[str, str]:
    """What the sites of these nodes (or these sites) are called in sentences; what nobody knows is left out."""
    if not nodes:
        return {}
    return dict(select(_NODE_NAMES.format(marks=", ".join(["%s"] * len(nodes))), (*nodes, *nodes)))


def _name(kind: str, subject: str) -> str:
    if kind == "parent":
        rows = select(_UPSTREAM_NAME, (subject,))
        return str(rows[0][0]) if rows else subject
    return subject if kind == "blind" else names_of_nodes((subject,)).get(subject, subject)


def _opened(one: Decision, now_ms: int) -> int | None:
    values = (one.kind, one.subject, one.severity, one.cause, one.party, one.started_ms, now_ms)
    rows = select(_OPEN, values)
    return _begin(int(rows[0][0]), one, "opened", now_ms) if rows else None


def _reopened(one: Decision, now_ms: int) -> int | None:
    if select(_STILL, (one.kind, one.subject)):
        return None
    rows = select(_REOPEN, (one.kind, one.subject))
    return _begin(int(rows[0][0]), one, "reopened", now_ms) if rows else None


def _begin(incident: int, one: Decision, happened: str, now_ms: int) -> int:
    execute_many(_JOIN, [(incident, node, now_ms) for node in one.nodes])
    own = one.nodes == (one.subject,)
    note(incident, happened, "" if own else listed(one.nodes), now_ms)
    alarms = [(now_ms, one.subject if own else "", incident, one.severity, one.severity == LISTED_ALONE)]
    alarms += [] if own else [(now_ms, node, incident, one.severity, True) for node in one.nodes]
    execute_many(_ALARM, alarms)
    _reckon_again(incident)
    tell(incident, happened, now_ms)
    return incident


def _joined(one: Decision, now_ms: int) -> int | None:
    incident = _still(one)
    if incident is not None:
        execute_many(_JOIN, [(incident, node, now_ms) for node in one.nodes])
        execute_many(_ALARM, [(now_ms, node, incident, "warning", True) for node in one.nodes])
        note(incident, "joined", listed(one.nodes), now_ms)
        tell(incident, "grew", now_ms)
    return incident


def _left(one: Decision, now_ms: int) -> int | None:
    incident = _still(one)
    if incident is not None:
        sql = "UPDATE operations_incidentmember SET left_ms = %s WHERE incident_id = %s AND node = %s"
        execute_many(sql, [(now_ms, incident, node) for node in one.nodes])
        note(incident, "left", listed(one.nodes), now_ms)
    return incident


def _raised(one: Decision, now_ms: int) -> int | None:
    incident = _still(one)
    if incident is not None:
        execute("UPDATE operations_incident SET severity = %s WHERE id = %s", (one.severity, incident))
        note(incident, "escalated", one.severity, now_ms)
        tell(incident, "escalated", now_ms)
    return incident


def _resolved(one: Decision, now_ms: int) -> int | None:
    incident = _still(one)
    if incident is not None:
        resolve(incident, one.why, now_ms)
    return incident


def resolve(incident: int, why: str, now_ms: int, by: str = "", text: str = "") -> bool:
    """End an open incident; False when it had ended already."""
    sql = "UPDATE operations_incident SET resolved_ms = %s WHERE id = %s AND resolved_ms IS NULL"
    if execute(sql, (now_ms, incident)) == 0:
        return False
    _reckon_again(incident)
    note(incident, "resolved", f"{why}: {text}" if text else why, now_ms, by)
    tell(incident, "resolved", now_ms, why)
    return True


def _reckon_again(incident: int) -> None:
    """Blindness that begins or ends changes what may be concluded of everybody; who belongs to it does not."""
    for (started_ms,) in select(_BLIND_SINCE, (incident,)):
        blindness_changed(int(started_ms))


def _still(one: Decision) -> int | None:
    rows = select(_STILL, (one.kind, one.subject))
    return int(rows[0][0]) if rows else None


_CARRY_OUT: dict[str, Callable[[Decision, int], int | None]] = {
    "open": _opened,
    "reopen": _reopened,
    "join": _joined,
    "leave": _left,
    "raise": _raised,
    "resolve": _resolved,
}
