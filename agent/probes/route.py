"""Is there a way out? The default route, its gateway, and what ARP knows of that gateway."""

import socket

from agent.configuration.settings import Settings, field
from agent.core.observation import Observation, Reason, Scalar
from agent.probes.context import Context, Target
from agent.probes.procfs import default_routes, neighbour


class RouteConfig(Settings, frozen=True):
    """Changes are noticed at once; the interval is for what is not."""

    interval_s: float = field(default=10.0, metadata={"help": "seconds between readings (changes: at once)", "min": 1})
    timeout_s: float = field(default=2.0, metadata={"help": "longest time of one reading"})

    def __post_init__(self) -> None:
        if self.interval_s < 1:
            raise ValueError("interval_s must be at least 1 second")

    @property
    def deadline_s(self) -> float:
        return self.timeout_s


async def probe(target: Target, context: Context) -> Observation:
    """The default route now."""
    began_ms = context.clock.mono_ms()
    routes = default_routes(context.root)
    if not routes:
        return Observation("route", target.name, began_ms, False, Reason.NO_DEFAULT_ROUTE)
    best = routes[0]
    detail: dict[str, Scalar] = {"interface": best.interface, "gateway": best.gateway, "routes": len(routes)}
    if best.family == socket.AF_INET and best.gateway:
        detail["gateway_arp"] = neighbour(context.root, best.gateway)
    return Observation("route", target.name, began_ms, True, detail=detail)
