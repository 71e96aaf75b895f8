"""What the real parts would have stored: rows of node records, each with its arrival, and what the centre heard.

Times of the node are boot-times (`mono_ms`) of a boot, those of the centre Unix ms. Nothing here knows the truth.
"""

from dataclasses import dataclass, field

REPORT_MS = 30_000


@dataclass(frozen=True, slots=True)
class Start:
    """A start notice (wire StartNotice)."""

    arrived_ms: int
    boot: str
    run: str
    mono_ms: int
    previous_boot: str
    previous_run: str
    verdict: str
    reset_reason: str
    last_alive_ms: int | None


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop notice."""

    arrived_ms: int
    boot: str
    run: str
    mono_ms: int


@dataclass(frozen=True, slots=True)
class Reports:
    """Reports of one run at `first_ms`, every `step_ms`, up to `last_ms` (boot-times). `live`: each arrived as soon
    after it was made as the first at `arrived_ms`; else all of them arrived then."""

    arrived_ms: int
    boot: str
    run: str
    first_ms: int
    last_ms: int
    live: bool
    step_ms: int = REPORT_MS
    period_ms: int = REPORT_MS
    """What each was made for: less than `step_ms` where those between were given up."""

    @property
    def covers_ms(self) -> int:
        """How far before it each proves life."""
        return min(3 * self.period_ms, 900_000)


@dataclass(frozen=True, slots=True)
class Brownout:
    """A report that told of too little voltage now."""

    arrived_ms: int
    boot: str
    run: str
    mono_ms: int


@dataclass(frozen=True, slots=True)
class Told:
    """An outage notice; `end_ms` None: the one of its beginning."""

    arrived_ms: int
    ident: str
    boot: str
    onset_ms: int
    end_ms: int | None
    how: str
    code: str
    confidence_pct: float
    found_ms: int
    by_boot: str
    by_run: str
    filed_ms: int
    """Which run filed the notice, and when by the clock of its boot."""
    steps: tuple[tuple[int, str, float], ...] = ()
    """In the notice of an end: since when which verdict, how sure."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict became `code`."""

    arrived_ms: int
    boot: str
    run: str
    since_ms: int
    code: str
    filed_ms: int


@dataclass(frozen=True, slots=True)
class Anchor:
    """An anchor of a boot's clock."""

    arrived_ms: int
    boot: str
    run: str
    mono_ms: int
    offset_ms: int
    error_ms: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Reports given up between two moments of a boot (gap ledger)."""

    arrived_ms: int
    boot: str
    run: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Stay:
    """Maintenance, announced at the `box` or at the `centre` (Unix ms)."""

    arrived_ms: int
    start_ms: int
    end_ms: int
    by: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A session as the centre heard it. `lives`: the first and the last of the
    reports that arrived live in it without a pause, ascending."""

    born_ms: int
    lives: tuple[tuple[int, int], ...]
    ended_ms: int | None
    end_reason: str
    boot: str
    run: str
    session: int
    period_ms: int = REPORT_MS

    def heard_ms(self, now_ms: int) -> int:
        """The last that had arrived live in it by `now_ms`."""
        heard = self.born_ms
        for first, last in self.lives:
            if first <= now_ms:
                heard = max(heard, first + (min(last, now_ms) - first) // self.period_ms * self.period_ms)
        return heard


Row = Start | Stop | Reports | Brownout | Told | Verdict | Anchor | Gap | Stay


@dataclass(slots=True)
class Evidence:
    """All of one node. `lives`: (received, boot, mono) of records heard live: what bounds a boot without a clock."""

    node: str
    known_since_ms: int
    retired_ms: int | None = None
    period_ms: int = REPORT_MS
    rows: list[Row] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
