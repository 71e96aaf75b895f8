"""Is a cable in, and is the interface on? Read from /sys/class/net.

The network hangs on at least one interface with a carrier. Physical ones count, and PPP with the default route (a
modem dials that way); where there is none (a container, a namespace) every interface but loopback does. A Pi with its
cable pulled and Wi-Fi joined has a link.
"""

from collections.abc import Sequence

from agent.configuration.settings import Settings, field
from agent.core.observation import Observation, Reason, Scalar
from agent.probes.context import Context, Target
from agent.probes.procfs import Interface, default_routes, interfaces, is_ppp


class LinkConfig(Settings, frozen=True):
    """`interface`: the one to judge; empty judges all. Changes are noticed at once; the interval is for what is not."""

    interval_s: float = field(default=10.0, metadata={"help": "seconds between readings (changes: at once)", "min": 1})
    timeout_s: float = field(default=2.0, metadata={"help": "longest time of one reading"})
    interface: str = field(default="", metadata={"help": "the one interface to judge; empty: all"})

    def __post_init__(self) -> None:
        if self.interval_s < 1:
            raise ValueError("interval_s must be at least 1 second")

    @property
    def deadline_s(self) -> float:
        return self.timeout_s


async def probe(target: Target, context: Context) -> Observation:
    """The state of the links now."""
    config = target.settings(LinkConfig)
    began_ms = context.clock.mono_ms()
    found = [link for link in interfaces(context.root) if not config.interface or link.name == config.interface]
    routed = next((route.interface for route in default_routes(context.root)), "")
    dialled = routed if is_ppp(routed, context.root) else ""
    judged = [link for link in found if link.physical or link.name == dialled] or found
    reason = judge(judged)
    detail = _detail(judged, routed)
    return Observation("link", target.name, began_ms, reason is Reason.NONE, reason, detail=detail)


def judge(links: Sequence[Interface]) -> Reason:
    """One carrier is enough; without one, the outermost thing that is missing."""
    if not links:
        return Reason.NO_INTERFACE
    if any(link.up and link.carrier for link in links):
        return Reason.NONE
    return Reason.NO_CARRIER if any(link.up for link in links) else Reason.LINK_OFF


def _detail(links: Sequence[Interface], routed: str) -> dict[str, Scalar]:
    """The facts of the interface in use: the one with the default route, else the best there is."""
    if not links:
        return {}
    best = max(links, key=lambda link: (link.name == routed, bool(link.carrier), link.up))
    facts: dict[str, Scalar] = {"interface": best.name, "operstate": best.operstate, "carrier": bool(best.carrier)}
    if best.speed_mbps is not None:
        facts["speed_mbps"] = best.speed_mbps
    if best.carrier_changes is not None:
        facts["carrier_changes"] = best.carrier_changes
    return facts
