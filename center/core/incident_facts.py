"""What correlation looks at and what it decides, as plain values. Times are the centre's clock in Unix ms."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from center.core.dependence import Dependence

DOWN_STATES = frozenset({"DOWN", "UNREACHABLE"})
HEARD_STATES = frozenset({"UP", "DEGRADED"})
OUT_OF_PLAY = frozenset({"MAINT", "RETIRED"})
CONDITIONS = ("clone", "integrity", "certificate", "degraded")
"""Kinds of incidents that last exactly as long as something is found (`View.conditions`)."""


@dataclass(frozen=True, slots=True)
class NodeView:
    """One node as it stands. `since_ms`: of its state, event time; `noticed_ms`: when the centre first saw it down;
    `heard_since_ms`: since when it is heard without a break; `swings`: when it changed between the two of late."""

    node: str
    state: str
    cause: str
    since_ms: int
    seen_ms: int | None = None
    noticed_ms: int = 0
    heard_since_ms: int = 0
    swings: tuple[int, ...] = ()
    important: bool = False
    """An agency or kecamatan office within its office hours: `center.core.severity`."""
    asked_since_ms: int | None = None
    """Since when, all in all, it would have been heard (`center.core.listening`); None: as everybody else."""

    @property
    def down(self) -> bool:
        """Not heard, and the centre would hear it."""
        return self.state in DOWN_STATES

    @property
    def heard(self) -> bool:
        """Known to be alive."""
        return self.state in HEARD_STATES

    @property
    def onset(self) -> tuple[int, int]:
        """Its trouble began between these: the last that was heard of it, and the moment it is down since."""
        seen_ms = self.since_ms if self.seen_ms is None else min(self.seen_ms, self.since_ms)
        return seen_ms, self.since_ms


@dataclass(frozen=True, slots=True)
class View:
    """All nodes at one moment. `listening_since_ms`: since when ingest hears the fleet, None: it does not;
    `listened_ms`: when it last did. `conditions`: (kind, node) found now -> since when."""

    nodes: Mapping[str, NodeView]
    dependence: Dependence
    listening_since_ms: int | None
    listened_ms: int
    conditions: Mapping[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KnownIncident:
    """An incident that is open (`resolved_ms` None) or was until lately. `members`: node -> when it left, None: it
    still belongs to it."""

    kind: str
    subject: str
    severity: str
    cause: str
    started_ms: int
    opened_ms: int
    members: Mapping[str, int | None]
    resolved_ms: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        """No two open ones share it."""
        return self.kind, self.subject

    @property
    def present(self) -> frozenset[str]:
        """The nodes that belong to it now."""
        return frozenset(node for node, left_ms in self.members.items() if left_ms is None)


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing to do with the incident (kind, subject): `what` is open | reopen | join | leave | raise | resolve.

    `nodes`: who joins or leaves. `why` of resolve: recovered | maintenance | gone | joined (to what now explains it).
    """

    what: str
    kind: str
    subject: str
    nodes: tuple[str, ...] = ()
    severity: str = ""
    cause: str = ""
    party: str = "none"
    started_ms: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """Durations in ms, shares as parts of one."""

    hold_ms: int = 90_000
    """A node alone is an incident this long after it fell silent: a restart or a short cut of the line is none."""
    together_ms: int = 60_000
    """What breaks together does so within this time; so nothing is concluded before it has passed since the first of
    them was noticed, or one cut would be told as several."""
    share: float = 0.6
    share_least: int = 3
    """An upstream is blamed when all that would show it are down, or this share of them and at least so many."""
    steady_ms: int = 60_000
    """Heard for this long is recovered."""
    recovered_share: float = 0.8
    stray_ms: int = 300_000
    """With part of its members heard for this long an upstream explains nothing any more, whatever the share."""
    flap_swings: int = 3
    flap_window_ms: int = 600_000
    reopen_ms: int = 600_000
    after_blind_ms: int = 120_000
    """Nodes need up to this long to find back to a centre that was gone (backoff of their uplink)."""
    degraded_ms: int = 300_000
    """Slight trouble is listed only when it stays."""


DEFAULT = Policy()
