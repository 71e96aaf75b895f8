"""Which routers lie on the way, and where does it end? One rootless trace (`tracer`), judged."""

from agent.configuration.settings import Settings, field
from agent.core.observation import Observation, Reason, Scalar
from agent.core.path import MAX_TTL, OnHop, Path, loop_at
from agent.probes.context import Context, Target
from agent.probes.errors import ProbeError
from agent.probes.pinger import Pinger
from agent.probes.sockets import address_towards

GAP_S = 0.025
"""Between two distances: longer than a round trip inside a city, short enough for 16 of them in 0.4 s."""


class TraceConfig(Settings, frozen=True):
    """`timeout_s` is waited after each of the two rounds: with 16 hops a trace into silence takes 2.4 s."""

    interval_s: float = field(default=3600.0, metadata={"help": "seconds between traces"})
    timeout_s: float = field(default=0.8, metadata={"help": "how long a router's answer is waited for", "max": 10})
    max_hops: int = field(default=16, metadata={"help": "furthest router asked for", "min": 1, "max": MAX_TTL})

    def __post_init__(self) -> None:
        if not 0 < self.timeout_s <= 10:
            raise ValueError("timeout_s must be above 0 and at most 10 seconds")
        if not 1 <= self.max_hops <= MAX_TTL:
            raise ValueError(f"max_hops must be 1 to {MAX_TTL}")
        if self.interval_s < self.deadline_s:
            raise ValueError(f"interval_s must be at least {self.deadline_s:g}: one trace can take that long")

    @property
    def deadline_s(self) -> float:
        return self.timeout_s + 2 * (self.max_hops * GAP_S + self.timeout_s) + 1.0


async def trace(
    address: str,
    pinger: Pinger,
    *,
    max_hops: int = 16,
    timeout_s: float = 0.8,
    gap_s: float = GAP_S,
    on_hop: OnHop | None = None,
) -> Path:
    """The way to an IPv4 or IPv6 address. `on_hop` hears of each hop as it answers, in no particular order."""
    from agent.probes.tracer import Tracer  # once an hour, and when something is wrong

    return await Tracer(address, pinger, max_hops, gap_s, on_hop).run(timeout_s)


async def probe(target: Target, context: Context) -> Observation:
    """One trace to the target."""
    config = target.settings(TraceConfig)
    began_ms = context.clock.mono_ms()
    try:
        address = await context.resolver.address(target.host, config.timeout_s)
        found = await trace(address, context.pinger, max_hops=config.max_hops, timeout_s=config.timeout_s)
    except ProbeError as error:
        return Observation("trace", target.name, began_ms, False, error.reason, detail=error.detail)
    return told(target.name, began_ms, found, config.max_hops)


def told(name: str, began_ms: int, found: Path, max_hops: int) -> Observation:
    """The path as an observation, which `core.path.from_observation` reads back."""
    phases_ms = {f"hop{hop.ttl}": hop.rtt_ms for hop in found.hops if hop.rtt_ms is not None}
    reason = judge(found, max_hops)
    return Observation("trace", name, began_ms, found.reached, reason, phases_ms=phases_ms, detail=_detail(found))


def judge(found: Path, max_hops: int) -> Reason:
    """Why the target was not reached: it circles, somebody said so, it is further than asked for, or silence."""
    if found.reached:
        return Reason.NONE
    if loop_at(found):
        return Reason.LOOP
    if found.reason:
        return found.reason
    return Reason.TTL_EXCEEDED if len(found.hops) == max_hops else Reason.NO_REPLY


def _detail(found: Path) -> dict[str, Scalar]:
    last = found.last
    detail: dict[str, Scalar] = {"address": found.address, "path": found.text, "reached": found.reached}
    if last is not None:
        detail |= {"hops": last.ttl, "last": last.address}
    if circle := loop_at(found):
        detail["loop_at"] = circle
    if found.offender:
        is_us = found.offender == address_towards(found.address)
        detail |= {"offender": found.offender, "offender_is_us": is_us, "icmp_code": found.icmp_code}
    return detail
