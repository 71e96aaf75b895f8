"""What routing knows and what it answers: routes, messages that exist, and steps to take. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

SEVERITIES: Final = ("info", "warning", "critical")
OPEN_WORDS: Final = frozenset({"opened", "grew", "escalated", "reminder"})
WENT: Final = frozenset({"claimed", "sending", "sent", "joined"})
"""States in which a message has gone out, or may have."""


class Hours(Protocol):
    """Weekly hours, as routing needs them."""

    def contains(self, at_ms: int) -> bool:
        """Whether this moment lies within."""

    def next_change_ms(self, at_ms: int) -> int:
        """The first later moment at which `contains` answers otherwise; far ahead when there is none."""


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """One route. Empty sets match everything; `people`: site -> addresses, for a route to the sites' own people.

    `stateful`: the channel shows a state (a siren) and is told of the acknowledgement too. `language`: the channel's.
    """

    id: int
    channel: str
    kinds: frozenset[str] = frozenset()
    parties: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()
    kecamatan: frozenset[str] = frozenset()
    least_severity: str = "warning"
    hours: Hours | None = None
    quiet: Hours | None = None
    quiet_severity: str = "critical"
    level: int = 0
    after_ms: int = 0
    people: Mapping[str, tuple[str, ...]] | None = None
    stateful: bool = False
    language: str = "id"


@dataclass(frozen=True, slots=True)
class Told:
    """A message of this incident that exists already. `at_ms`: when it was sent, else when it is due.

    `language`: of its channel, now.
    """

    key: str
    route: int
    channel: str
    address: str
    what: str
    state: str
    at_ms: int
    attempts: int = 0
    language: str = "id"

    @property
    def may_have_arrived(self) -> bool:
        """Whether the address may have read it: a failed attempt may have arrived all the same."""
        return self.state in WENT or self.attempts > 0

    @property
    def withdrawable(self) -> bool:
        """Whether it can still be taken back or rewritten."""
        return self.state in {"waiting", "failed"}


@dataclass(frozen=True, slots=True)
class Put:
    """A new message. A key that exists already changes nothing."""

    key: str
    route: int
    channel: str
    address: str
    what: str
    severity: str
    text: str
    due_ms: int


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A message that has not gone out says this now; `due_ms` None: when it was due anyway."""

    key: str
    text: str
    severity: str
    due_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Mute:
    """A message that has not gone out never will."""

    key: str


Step = Put | Rewrite | Mute


@dataclass(frozen=True, slots=True)
class Standing:
    """How the incident stands besides the change: escalated how often, acknowledged or not."""

    level: int = 0
    acknowledged: bool = False


def rank(severity: str) -> int:
    """0 for info up to 2 for critical; an unknown word counts as critical: rather told too much than too little."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES) - 1
