"""What really happened to each node: hidden from the arithmetic, known to the judge."""

from dataclasses import dataclass, field

from tests.city_month.layout import Place
from tests.city_month.stretches import Spell, Stretch, minus


@dataclass(slots=True)
class Run:
    """One life of the agent. `ending`: stop | crash | reset:<reason> | power | lives."""

    name: str
    start_ms: int
    end_ms: int
    ending: str
    cause: str = ""
    """What the time until the next run is really to be blamed on."""
    period_ms: int = 30_000
    """How often it reports."""


@dataclass(slots=True)
class Boot:
    """One boot of the box. `synced_ms`: since when its clock was set (None: never)."""

    name: str
    start_ms: int
    runs: list[Run] = field(default_factory=list)
    synced_ms: int | None = None


@dataclass(slots=True)
class NodeTruth:
    """One node. `trouble`: the agent's way to the centre was bad, disjoint, named as the node sees it. `dead`: no agent
    ran. `free`: seconds that may be counted either way (the pauses of a line that flaps: one outage by definition).
    """

    place: Place
    boots: list[Boot] = field(default_factory=list)
    trouble: list[Spell] = field(default_factory=list)
    dead: list[Spell] = field(default_factory=list)
    free: list[Stretch] = field(default_factory=list)
    unheard: list[Stretch] = field(default_factory=list)
    """Without a session, for whatever reason: what counts neither up nor down may lie here."""
    maintenance: list[Stretch] = field(default_factory=list)
    stays: list[Stretch] = field(default_factory=list)
    works: list[Stretch] = field(default_factory=list)
    """What maintenance is made of: told at the box, and planned at the centre."""
    known_since_ms: int = 0
    """Since when it counts: when the centre first heard it, where it was installed within the month."""
    retired_ms: int | None = None
    vague: list[Stretch] = field(default_factory=list)
    """Where a clock was not set well, or records were lost: elsewhere the figures must be exact."""


@dataclass(slots=True)
class CityTruth:
    """The city. `host`: the centre's host was off; `broker`: it ran without its broker; `hearing`: ingest listened.

    `line`: the centre's own line was cut while ingest listened; `blind`: what the incidents make of that. `short`: it
    was cut for so short that no incident tells of it.
    """

    start_ms: int
    end_ms: int
    until_ms: int
    cuts: dict[str, list[Stretch]] = field(default_factory=dict)
    """When each link was really cut, each feeder really dead."""
    slow: float = 0.0
    """Share of the nodes that report every five minutes only."""
    lies: float = 0.0
    """Share of the anchors that are wrong by far more than they admit."""
    nodes: dict[str, NodeTruth] = field(default_factory=dict)
    host: list[Stretch] = field(default_factory=list)
    broker: list[Stretch] = field(default_factory=list)
    line: list[Stretch] = field(default_factory=list)
    blind: list[Stretch] = field(default_factory=list)
    short: list[Stretch] = field(default_factory=list)
    hearing: list[Stretch] = field(default_factory=list)

    @property
    def heard(self) -> list[Stretch]:
        """When something could arrive live."""
        return minus(self.hearing, self.short)
