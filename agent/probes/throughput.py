"""What can the line to the centre carry, and what does a full line do to everything else on it?

1. The budget is asked first: a test costs megabytes, and a metered line is paid by the byte. Its worst case is set
   aside on the disk before the first byte goes.
2. Pings at 10 per second run through all of it: one second on the idle line, then during the download, then during
   the upload.
3. When the median round trip under load is more than 100 ms above the idle one, the line queues too much
   (bufferbloat): calls and pages stall for everybody as soon as one person sends a file.

A centre that answers no ping is measured all the same; of the queue nothing is said then.
"""

from agent.configuration.settings import Settings, field
from agent.core.bytebudget import Caps
from agent.core.observation import Observation, Reason
from agent.probes.context import Context, Target
from agent.probes.errors import ProbeError

MEGABYTE = 1024 * 1024
MAX_SIZE_MB, MAX_TIME_S = 64, 30
"""Of one direction; what the wire allows (`wire.throughput`, which the daemon need not load for it)."""
GRACE_S = 6.0
"""Beyond a direction's time, for what lies in queues on the way: 128 kB at 250 kbit/s take 4 s."""
IDLE_S = 1.0
LATE_ANSWERS_S = 2.0
LEAST_INTERVAL_S = 3600.0


class ThroughputConfig(Settings, frozen=True):
    """Off by itself (`interval_s` 0); on demand within the caps. Sizes are per direction, caps for both together."""

    interval_s: float = field(default=0.0, metadata={"help": "seconds between tests; 0: only on demand", "min": 0})
    timeout_s: float = field(
        default=5.0, metadata={"help": "longest time to connect, for TLS, for an answer", "max": 60}
    )
    host: str = field(default="", metadata={"help": "of the endpoint; empty: the centre's"})
    port: int | None = field(default=None, metadata={"help": "of the endpoint; by itself the one behind the broker's"})
    time_s: float = field(default=5.0, metadata={"help": "longest time of one direction", "min": 1, "max": 30})
    size_mb: float = field(default=4.0, metadata={"help": "most of one direction", "min": 0.1, "max": 64})
    daily_cap_mb: float = field(default=40.0, metadata={"help": "in any 24 hours, headers included", "min": 0})
    monthly_cap_mb: float = field(default=400.0, metadata={"help": "in any 30 days, headers included", "min": 0})
    metered: bool = field(default=False, metadata={"help": "the line is paid by the byte: the metered_ values hold"})
    metered_size_mb: float = field(default=1.0, metadata={"help": "instead of size_mb", "min": 0.1, "max": 64})
    metered_daily_cap_mb: float = field(default=5.0, metadata={"help": "instead of daily_cap_mb", "min": 0})
    metered_monthly_cap_mb: float = field(default=50.0, metadata={"help": "instead of monthly_cap_mb", "min": 0})

    def __post_init__(self) -> None:
        if self.interval_s and self.interval_s < LEAST_INTERVAL_S:
            raise ValueError(
                f"interval_s must be 0 (only on demand) or at least {LEAST_INTERVAL_S:g}: a test is costly"
            )
        if not 0 < self.timeout_s <= 60:
            raise ValueError("timeout_s must be above 0 and at most 60 seconds")
        if not 1 <= self.time_s <= MAX_TIME_S:
            raise ValueError(f"time_s must be 1 to {MAX_TIME_S:g} seconds")
        if not all(0.1 <= size_mb <= MAX_SIZE_MB for size_mb in (self.size_mb, self.metered_size_mb)):
            raise ValueError(f"size_mb must be 0.1 to {MAX_SIZE_MB:g} MB")
        if self.port is not None and not 1 <= self.port <= 65_535:
            raise ValueError("port must be 1 to 65535")

    @property
    def deadline_s(self) -> float:
        one_way_s = 3 * self.timeout_s + self.time_s + GRACE_S
        return self.timeout_s + IDLE_S + 2 * one_way_s + LATE_ANSWERS_S + 3.0

    def size_bytes(self, metered: bool) -> int:
        return int((self.metered_size_mb if metered or self.metered else self.size_mb) * MEGABYTE)

    def caps(self, metered: bool) -> Caps:
        if metered or self.metered:
            return Caps(int(self.metered_daily_cap_mb * MEGABYTE), int(self.metered_monthly_cap_mb * MEGABYTE))
        return Caps(int(self.daily_cap_mb * MEGABYTE), int(self.monthly_cap_mb * MEGABYTE))


async def probe(target: Target, context: Context) -> Observation:
    """One test of the line, or why there is none now."""
    config = target.settings(ThroughputConfig)
    began_ms = context.clock.mono_ms()
    if context.center is None:
        return Observation("throughput", target.name, began_ms, False, Reason.NO_TARGET)
    from agent.probes.linebudget import line_budget
    from agent.probes.linerun import Run

    test = Run(target, config, context, context.center)
    reason = Reason.NONE
    try:
        with line_budget(context.data_dir, context.clock, config.caps(context.metered)) as budget:
            await test.within(budget)
    except TimeoutError:
        reason = Reason.TIMEOUT
    except ProbeError as error:
        reason = error.reason
        test.detail |= error.detail
    detail = {**test.detail, **test.found()}
    reason = reason or (Reason.BUFFERBLOAT if test.bloated() else Reason.NONE)
    return Observation("throughput", target.name, began_ms, not reason, reason, phases_ms=test.phases_ms, detail=detail)
