"""Ties outages to the incident they belong to, and carries the provider's ticket over to them.

An outage is often concluded, or its end told, long after its incident was opened and a ticket noted: what has none is
looked at again every minute, for as long as late records may arrive. What people wrote on an outage itself stays.
"""

from center.ingest.database import execute_many, select, write

LATE_MS = 3 * 86_400_000
AROUND_MS = 60_000
"""An incident's beginning and its outages' are dated by different clocks."""
A_ROUND = 500
_PAIRS = """
SELECT o.id, MAX(i.id) FROM availability_outage o
JOIN operations_incidentmember m ON m.node = o.node JOIN operations_incident i ON i.id = m.incident_id
WHERE o.incident IS NULL AND o.start_lo_ms > %s AND i.kind IN ('node', 'parent')
  AND i.started_ms <= COALESCE(o.end_hi_ms, %s) + %s AND COALESCE(i.resolved_ms, %s) >= o.start_hi_ms
GROUP BY o.id ORDER BY o.id LIMIT %s
"""
_TIE = "UPDATE availability_outage SET incident = %s WHERE id = %s AND incident IS NULL"
_TICKET = """
UPDATE availability_outage SET
  ticket = (SELECT i.ticket FROM operations_incident i WHERE i.id = availability_outage.incident),
  reported_ms = (SELECT i.reported_ms FROM operations_incident i WHERE i.id = availability_outage.incident),
  reported_by = COALESCE((SELECT e.by FROM operations_incidententry e
    WHERE e.incident_id = availability_outage.incident AND e.kind = 'ticket' ORDER BY e.id DESC LIMIT 1), '')
WHERE id = %s AND ticket = ''
"""


def link_outages(now_ms: int) -> int:
    """Tie what has no incident yet; returns how many outages that were. Own transaction, only when there are any."""
    pairs = select(_PAIRS, (now_ms - LATE_MS, now_ms, AROUND_MS, now_ms, A_ROUND))
    if not pairs:
        return 0

    def tie() -> int:
        tied = execute_many(_TIE, [(incident, outage) for outage, incident in pairs])
        execute_many(_TICKET, [(outage,) for outage, _incident in pairs])
        return tied

    return write(tie)
