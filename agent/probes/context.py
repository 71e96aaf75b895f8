"""What a probe is given: its target, and the few shared things it may use."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from agent.clock import Clock
from agent.core.observation import Observation
from agent.probes.pinger import Pinger
from agent.probes.resolve import Resolver
from wire.shape import Struct, field

Config = TypeVar("Config")
Note = TypeVar("Note")


class Timing(Protocol):
    """What the runner asks of every probe's config."""

    @property
    def interval_s(self) -> float: ...
    @property
    def timeout_s(self) -> float: ...
    @property
    def deadline_s(self) -> float:
        """The longest one run can honestly take; after it the run is cut off."""
        ...


class Target(Struct, frozen=True):
    """Where one probe goes, and how.

    `name` is what reports call it. `host` is a name, an address, or a role looked up at each run: `gateway`, `center`,
    `resolver:1` ... `resolver:3`. `burst` asks for a short confirming run. `config` is the probe's own settings.
    """

    probe: str
    name: str
    config: Timing
    host: str = ""
    port: int = 0
    url: str = ""
    query: str = ""
    expect: str = ""
    burst: bool = False

    def settings(self, kind: type[Config]) -> Config:
        """The config as the probe's own class."""
        if not isinstance(self.config, kind):
            raise TypeError(f"{self.probe} got a {type(self.config).__name__} as its config")
        return self.config


class Center(Struct, frozen=True):
    """The command centre's broker, as the uplink knows it. `credentials` holds ca.crt, node.crt and node.key; None
    where there are none (a laptop), and the broker can then only be looked at."""

    host: str
    port: int
    credentials: Path | None


class Memory:
    """What probes keep from one run to the next: one object of a class of their own each, made when first asked for."""

    def __init__(self) -> None:
        self._kept: dict[type[object], object] = {}

    def of(self, kind: type[Note]) -> Note:
        """The one object of this class; it lasts as long as the context."""
        kept = self._kept.setdefault(kind, kind())
        if not isinstance(kept, kind):
            raise TypeError(f"the memory holds a {type(kept).__name__} as {kind.__name__}")
        return kept


class Context(Struct, frozen=True):
    """Shared by all probes of a runner. `root` is where /proc, /sys and /etc are looked for.

    `uplink_refusal`: why the broker last refused the agent's own session (the reason's name), empty when it did not.
    `data_dir`: where the byte budget of line tests is kept; None: nowhere. `metered`: the line is paid by the byte.
    `proven`: whether a target (by its name) is known to live, and the way to it to carry packets, by other probes than
    pings. `may_connect`: no agent holds a session under this node's name now, so a probe may open one for a moment.
    """

    clock: Clock
    pinger: Pinger
    resolver: Resolver
    center: Center | None = None
    uplink_connected: Callable[[], bool] = field(default=lambda: False)
    uplink_refusal: Callable[[], str] = field(default=lambda: "")
    proven: Callable[[str], bool] = field(default=lambda _: False)
    may_connect: bool = False
    data_dir: Path | None = None
    metered: bool = False
    root: Path = Path("/")
    memory: Memory = field(default_factory=Memory)


class Probe(Protocol):
    """A probe: one run at one target. It returns failures; what it raises is a defect of its own."""

    async def __call__(self, target: Target, context: Context) -> Observation: ...
