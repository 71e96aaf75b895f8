"""What is known of nodes and of the centre's own hearing, as the arithmetic takes it. Pure values; times in Unix ms.

Everything concluded about outages and availability (`center.core.outages`, `center.core.sweep`) is a function of these
alone. A moment dated by a node's clock is known to within bounds (`When`); one of the centre's own clock is exact.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half open: `start_ms` belongs to it, `end_ms` does not. Never empty where functions return it."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, order=True)
class When:
    """A moment that lies between `lo_ms` and `hi_ms`, both included; equal: exact."""

    lo_ms: int
    hi_ms: int


@dataclass(frozen=True, slots=True, order=True)
class ContactFact:
    """One session as the centre heard it: birth, the last live message, and how it ended ("will", "stop", "replaced",
    "" while nobody knows of an end)."""

    born_ms: int
    heard_ms: int
    ended_ms: int | None
    end_reason: str
    boot: str
    run: str


@dataclass(frozen=True, slots=True, order=True)
class LifeFact:
    """One run of the agent. `first`, `last`: of its records. The `previous_*` group is what its start notice said of
    the run before: how that ended (`verdict`, wire StartNotice), the board's `reset_reason`, its last sign of life."""

    boot: str
    run: str
    first: When
    last: When
    started: When | None = None
    previous_boot: str = ""
    previous_run: str = ""
    verdict: str = ""
    reset_reason: str = ""
    last_alive: When | None = None
    stopped: When | None = None
    brownout: When | None = None
    """The last report that told of too little voltage."""


@dataclass(frozen=True, slots=True, order=True)
class AliveFact:
    """From `start` to `end` reports of this run cover the time without a hole."""

    boot: str
    run: str
    start: When
    end: When


@dataclass(frozen=True, slots=True, order=True)
class ToldStep:
    """Since `since` the node's verdict of its outage was `code`. `party`: where it is not the code's own."""

    since: When
    code: str
    confidence_pct: float
    party: str = ""


@dataclass(frozen=True, slots=True, order=True)
class ToldOutage:
    """An outage as the node saw it (wire OutageNotice). `end` None: not told yet. `how` "seen", or "restart": the next
    start concluded the end. `steps` ascend; empty where the notice has none."""

    id: str
    boot: str
    onset: When
    end: When | None
    how: str
    code: str
    confidence_pct: float
    party: str
    steps: tuple[ToldStep, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class ToldVerdict:
    """The node's verdict became `code`, which holds since `since`."""

    since: When
    code: str
    party: str


@dataclass(frozen=True, slots=True, order=True)
class ThinFact:
    """Between these the node itself gave up reports (gap ledger): a hole in them is no silence of its agent."""

    boot: str
    start: When
    end: When


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """All facts of one node. `known_since_ms`: before it nothing counts. `retired_ms`: after it nothing counts.
    `stays`: when it was under maintenance, people's word, already cut to what is allowed. `lost`: when only an outbox
    that is lost could have told how it was (`center.core.replacing`)."""

    node: str
    known_since_ms: int
    retired_ms: int | None = None
    window_ms: int = 90_000
    """Silence longer than this is an outage (`center.core.node_state.silence_window_ms`)."""
    contacts: tuple[ContactFact, ...] = ()
    lives: tuple[LifeFact, ...] = ()
    alive: tuple[AliveFact, ...] = ()
    outages: tuple[ToldOutage, ...] = ()
    verdicts: tuple[ToldVerdict, ...] = ()
    thin: tuple[ThinFact, ...] = ()
    stays: tuple[Span, ...] = ()
    lost: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class LinkFact:
    """The node's site hangs on this upstream. `kind` line | feeder | area | core; `needs` any | all of one kind."""

    upstream: str
    kind: str
    needs: str = "any"


@dataclass(frozen=True, slots=True, order=True)
class OwnCut:
    """A short cut that nodes of several lines tell alike (`center.core.own_cuts`). `code`: whose it is, the centre's
    (L7) or nobody's (U0)."""

    start_ms: int
    end_ms: int
    code: str


@dataclass(frozen=True, slots=True)
class FleetFacts:
    """Nodes to be judged together. `hearing`: when ingest listened. Nothing after `now_ms` is concluded. `sites`: where
    nodes stand, as far as known; those of one site may share a plug, so together they are one witness. `blind`: when
    the centre heard nobody, or most of the fleet fell silent at once: then nobody is to be blamed. `cuts`: what was too
    short for that and shows in what nodes told."""

    nodes: Mapping[str, NodeFacts]
    hearing: tuple[Span, ...]
    now_ms: int
    links: Mapping[str, tuple[LinkFact, ...]] = field(default_factory=dict)
    sites: Mapping[str, str] = field(default_factory=dict)
    blind: tuple[Span, ...] = ()
    cuts: tuple[OwnCut, ...] = ()


@dataclass(frozen=True, slots=True)
class Concluded:
    """One outage of one node. `end` None: it lasts. `counts` "down" | "up" | "unknown" (see `center.core.causes`);
    `parent`: the upstream that is blamed, or "". `told`: the node's own word explains it. `evidence`: flat facts."""

    node: str
    start: When
    end: When | None
    cause: str
    party: str
    counts: str
    parent: str = ""
    told: bool = False
    evidence: tuple[Mapping[str, str | int | float | None], ...] = ()


EXCLUDED = "excluded:"
"""Before a cause in `Seconds.causes`: contract seconds that are not the ISP's matter, and why."""


@dataclass(frozen=True, slots=True)
class Seconds:
    """Whole seconds of one node and day (`day`: 20261123, Asia/Jakarta), as `availability.Day` stores them.

    `causes`: seconds by cause. Those of plain causes add up to `down_s`, those after EXCLUDED to `isp_excluded_s`.
    """

    node: str
    day: int
    up_s: int = 0
    down_s: int = 0
    maintenance_s: int = 0
    unknown_s: int = 0
    isp_up_s: int = 0
    isp_down_s: int = 0
    isp_excluded_s: int = 0
    isp_unknown_s: int = 0
    causes: Mapping[str, int] = field(default_factory=dict)
