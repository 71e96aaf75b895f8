"""What the arithmetic takes of the centre itself: when it listened, and when it was blind."""

from center.availability import due
from center.core.blind_stretches import AFTER_MS, EDGE_MS
from center.core.facts import Span
from center.core.spans import union
from center.ingest.database import select
from center.ingest.listener import listening_since_ms

_BLIND = """
SELECT started_ms, COALESCE(resolved_ms, %s) FROM operations_incident
WHERE kind = 'blind' AND started_ms < %s AND (resolved_ms IS NULL OR resolved_ms >= %s)
"""


def hearing(since_ms: int, now_ms: int) -> tuple[Span, ...]:
    """When the centre heard the fleet. Up to now where a worker says that it listens: it will be proven by what arrives
    next, or this pass by a later one."""
    rows = select("SELECT since_ms, until_ms FROM ingest_hearing WHERE until_ms >= %s", (since_ms,))
    heard = [Span(start, end) for start, end in rows]
    if heard and listening_since_ms(now_ms) is not None:
        last = max(heard, key=lambda span: span.end_ms)
        heard.append(Span(last.start_ms, now_ms))
    return union(heard)


def blind(since_ms: int, now_ms: int) -> tuple[Span, ...]:
    """When the centre was blind, by its incidents; one that lasts reaches up to now."""
    rows = select(_BLIND, (now_ms, now_ms, since_ms - AFTER_MS))
    return union(Span(started, min(ended, now_ms)) for started, ended in rows)


def blindness_changed(started_ms: int) -> None:
    """The centre is blind since `started_ms`, or no longer: what was concluded of anybody since then may be another
    now. In the caller's transaction."""
    due.mark_city(started_ms - EDGE_MS)
