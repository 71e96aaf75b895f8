"""Which incidents the wall shows, in which order, and which troubles none of them covers. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from center.core.wall_view import NodeRow

OUTAGES = ("node", "parent")
CONDITIONS = ("clone", "integrity", "certificate", "degraded")
"""Kinds of incidents: nodes that are out, and what is wrong with one that may well be heard."""
COMPLAINTS = ("overdue", "urgent")
"""Incidents about complaints: no node is out because of them."""
SEVERITIES = ("critical", "warning", "info")
LOAD_BUCKET_MS = 10 * 60 * 1000
LOAD_BUCKETS = 12


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """One incident with the nodes that belong to it now. `resolved_ms` None: open."""

    id: int
    kind: str
    subject: str
    severity: str
    cause: str
    party: str
    started_ms: int
    opened_ms: int
    resolved_ms: int | None
    acknowledged: bool
    ticket: str
    nodes: tuple[str, ...]

    @property
    def fill(self) -> str:
        """Colour and shape: who cannot be judged is unknown, what still works is impaired, the rest is down."""
        if self.kind == "blind":
            return "unknown"
        if self.severity == "info" or self.kind in CONDITIONS or self.kind in COMPLAINTS:
            return "degraded"
        return "down"

    @property
    def calls(self) -> bool:
        """Somebody has to look up now: critical, and nobody has said yet that they saw it."""
        return self.severity == "critical" and not self.acknowledged and self.resolved_ms is None


def in_order(incidents: Iterable[IncidentRow]) -> list[IncidentRow]:
    """What calls first, then by severity, then the many before the few, then the newest."""
    return sorted(
        incidents,
        key=lambda one: (
            not one.calls,
            SEVERITIES.index(one.severity) if one.severity in SEVERITIES else len(SEVERITIES),
            -len(one.nodes),
            -one.started_ms,
            one.id,
        ),
    )


def uncovered(nodes: Iterable[NodeRow], incidents: Iterable[IncidentRow]) -> list[NodeRow]:
    """The nodes whose outage no open incident tells: the wall says what is wrong with them by itself. While the centre
    is blind, the nodes it cannot judge because of it are that one incident."""
    still = [one for one in incidents if one.resolved_ms is None]
    outages = [one for one in still if one.kind in OUTAGES]
    told = {node for one in outages for node in one.nodes} | {one.subject for one in outages if one.kind == "node"}
    blind = any(one.kind == "blind" for one in still)
    return [node for node in nodes if node.node not in told and not (blind and node.cause == "blind")]


def load_start(now_ms: int) -> int:
    """The beginning of the first of the LOAD_BUCKETS stretches of ten minutes that end with the present one."""
    return (now_ms // LOAD_BUCKET_MS - LOAD_BUCKETS + 1) * LOAD_BUCKET_MS


def alarm_load(alarms_ms: Iterable[int], now_ms: int) -> list[int]:
    """How many alarms fell into each stretch, oldest first."""
    start = load_start(now_ms)
    counts = [0] * LOAD_BUCKETS
    for at_ms in alarms_ms:
        index = (at_ms - start) // LOAD_BUCKET_MS
        if 0 <= index < LOAD_BUCKETS:
            counts[index] += 1
    return counts
