"""Which sirens should sound now: on while an incident told to it is critical and nobody has acknowledged it.

A siren's state is derived, never remembered: after a restart of ours, or of the broker (which keeps nothing), it is
published again within `REFRESH_MS`.
"""

from dataclasses import dataclass, field

from center.alerts.channel import Centre, Message
from center.ingest.database import select

REFRESH_MS = 30_000
_SOUNDING = (
    "SELECT COUNT(DISTINCT i.id) FROM operations_incident i JOIN alerts_delivery d ON d.incident = i.id "
    "WHERE d.channel = %s AND d.what IN ('opened', 'grew', 'escalated') AND d.state <> 'muted' AND d.due_ms <= %s "
    "AND i.resolved_ms IS NULL AND i.acknowledged_ms IS NULL AND i.severity = 'critical'"
)


def sounding(channel: str, now_ms: int) -> int:
    """How many incidents keep this siren on."""
    return int(select(_SOUNDING, (channel, now_ms))[0][0])


@dataclass(slots=True)
class Sirens:
    """What each siren was last told."""

    centre: Centre
    told: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Channel -> how many sounded, and when it was published."""

    def due(self, now_ms: int) -> list[tuple[str, str, str, Message]]:
        """Sirens whose state has changed, or was not published for a while: channel, settings, secret, message."""
        rows = select(
            "SELECT name, settings, secret FROM alerts_channel WHERE kind = 'siren' AND enabled = %s", (True,)
        )
        found = []
        for name, settings, secret in rows:
            count = sounding(name, now_ms)
            before = self.told.get(name)
            if before is None or before[0] != count or now_ms - before[1] >= REFRESH_MS:
                message = Message(f"state.{name}", "state", "info", "", now_ms, sounding=count, centre=self.centre)
                found.append((name, settings, secret, message))
        return found

    def published(self, name: str, count: int, now_ms: int) -> None:
        """The broker has it."""
        self.told[name] = (count, now_ms)
