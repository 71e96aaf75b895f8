"""What `sandi watch` knows at one moment, and what it remembers from moment to moment. No clock, no sockets."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from agent.core.diagnosis import Diagnosis, diagnose
from agent.core.evidence import Evidence, EvidenceError, from_plain
from agent.core.observation import Observation

GATEWAY: Final = "gateway"
CENTER: Final = "center"
MOST_SAMPLES: Final = 240  # twice what the widest terminal shows
MOST_EVENTS: Final = 50
MOST_ITEMS: Final = 400
"""Probes of one agent: fifty targets, sixty sites, and its own; an answer with more is not read to its end."""

Source = Literal["agent", "live"]


@dataclass(frozen=True, slots=True)
class Scene:
    """One moment. `items` is the evidence, `diagnosis` the verdict on it. Ages in seconds; None = not known.

    `pings`: of the last run at the gateway and at the centre, its moment and its round trips (None = lost).
    `obstacle`: why the agent was not asked ("" = it was).
    """

    source: Source
    node: str
    diagnosis: Diagnosis
    pings: Mapping[str, tuple[int, tuple[float | None, ...]]] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    connected: bool | None = None
    server: str = ""
    acked_age_s: float | None = None
    pending: int | None = None
    oldest_s: int | None = None
    outbox_error: str = ""
    warnings: Sequence[tuple[str, str]] = ()
    maintenance_left_s: int | None = None
    obstacle: str = ""


def from_agent(answer: Mapping[str, Any]) -> Scene:
    """The scene in the agent's answer; what a newer agent says beyond this version's words is passed over."""
    items = _items(answer.get("items"))
    outbox, stay = _table(answer.get("outbox")), _table(answer.get("maintenance"))
    warnings = [(str(one.get("code")), str(one.get("severity"))) for one in map(_table, _list(answer.get("warnings")))]
    return Scene(
        source="agent",
        node=str(answer.get("node", "")),
        diagnosis=diagnose(items),
        pings=pings_of([item.seen for item in items]),
        addresses=_addresses(items),
        connected=bool(answer.get("connected")),
        server=str(answer.get("server", "")),
        acked_age_s=_number(answer.get("acked_age_s")),
        pending=_count(outbox.get("pending")),
        oldest_s=_count(outbox.get("oldest_s")),
        outbox_error=str(outbox.get("error", "")),
        warnings=warnings,
        maintenance_left_s=_count(stay.get("left_s")),
    )


def pings_of(seen: Sequence[Observation]) -> dict[str, tuple[int, tuple[float | None, ...]]]:
    """The last pings at the gateway and at the centre."""
    wanted = (one for one in seen if one.probe == "icmp" and one.target in (GATEWAY, CENTER))
    return {one.target: (one.mono_ms, one.rtts_ms) for one in wanted}


@dataclass(slots=True)
class Memory:
    """Round trips by target and what changed, since the screen was opened. `take` wants scenes in their order."""

    samples: dict[str, deque[float | None]] = field(default_factory=dict)
    events: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=MOST_EVENTS))
    _runs: dict[str, int] = field(default_factory=dict)
    _last: Scene | None = None

    def take(self, scene: Scene, clock: str) -> tuple[str, ...]:
        """Remember; the changes since the scene before, as codes of `cli.watch.event.*` or `FROM>TO` verdicts."""
        for target, (mono_ms, rtts_ms) in scene.pings.items():
            if self._runs.get(target) != mono_ms:
                self._runs[target] = mono_ms
                self.add(target, rtts_ms)
        changes = _changes(self._last, scene)
        self.events.extend((clock, change) for change in changes)
        self._last = scene
        return changes

    def seed(self, outages: Sequence[Mapping[str, object]], clock_of: Callable[[int], str]) -> None:
        """Begin with outages of before (rows of `agent.outagebook`, the newest first), as events of their moments."""
        for row in reversed(outages):
            onset_ms, duration_s = row.get("onset_ms"), row.get("duration_s")
            if isinstance(onset_ms, int) and isinstance(row.get("code"), str):
                lasted = int(duration_s) if isinstance(duration_s, int | float) else ""
                known = row.get("clock_known") is True
                self.events.append((clock_of(onset_ms) if known else "??.??.??", f"outage {row['code']} {lasted}"))

    def add(self, target: str, rtts_ms: Sequence[float | None]) -> None:
        """Round trips measured beside the scenes."""
        kept = self.samples.setdefault(target, deque(maxlen=MOST_SAMPLES))
        kept.extend(rtts_ms)


def _changes(before: Scene | None, now: Scene) -> tuple[str, ...]:
    if before is None:
        return (f">{now.diagnosis.code}",)
    found = []
    if before.source != now.source:
        found.append("agent_back" if now.source == "agent" else "agent_gone")
    elif before.connected != now.connected and now.connected is not None:
        found.append("connected" if now.connected else "disconnected")
    if before.diagnosis.code != now.diagnosis.code:
        found.append(f"{before.diagnosis.code}>{now.diagnosis.code}")
    if (before.maintenance_left_s is None) != (now.maintenance_left_s is None):
        found.append("maintenance_over" if now.maintenance_left_s is None else "maintenance_begun")
    return tuple(found)


def _items(raw: object) -> list[Evidence]:
    found = []
    for plain in _list(raw)[:MOST_ITEMS]:
        try:
            found.append(from_plain(plain))
        except EvidenceError:  # of a newer agent: what is understood is shown all the same
            continue
    return found


def _addresses(items: Sequence[Evidence]) -> dict[str, str]:
    wanted = (item.seen for item in items if item.seen.probe == "icmp" and item.seen.target in (GATEWAY, CENTER))
    return {seen.target: str(seen.detail.get("address") or "") for seen in wanted}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
