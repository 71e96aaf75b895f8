"""Is the gateway alive? Any sign will do: a ping, a refused or accepted connection; beside it, what ARP says.

1. A ping is sent, and a second one when the first is not answered at once; they also make the kernel ask for the
   gateway's hardware address.
2. Routers that answer no pings are common. So when none has come back within `KNOCK_AFTER_S`, doors are tried at once
   (`gatewaysearch`): TCP 53, 80 and 443, and a UDP datagram to a port nobody listens on. An open door, a refused one
   and any ICMP error that the gateway sends are all signs of life.
3. The run ends with the pings' answer; or, once a door has answered, after `MUTE_AFTER_S` more; or at `timeout_s`.
4. Without any sign the neighbour table tells the cable from the machine: nobody owns that address (`no_arp`), or
   somebody does and is silent (`no_reply`). The table remembers an owner for half a minute and more; so, where that is
   allowed, ARP is asked anew while the knocks run.
"""

from agent.configuration.settings import Settings, field
from agent.core.observation import Observation, Reason, Scalar
from agent.probes import neighbours, netlink
from agent.probes.context import Context, Target
from agent.probes.neighbours import NOBODY, UNANSWERED, Neighbour
from agent.probes.procfs import DefaultRoute, default_routes


class GatewayConfig(Settings, frozen=True):
    """`timeout_s` 1.2: longer than the second after which the kernel asks for a lost ARP answer again."""

    interval_s: float = field(default=60.0, metadata={"help": "seconds between runs"})
    timeout_s: float = field(default=1.2, metadata={"help": "how long any sign of life is waited for", "max": 10})

    def __post_init__(self) -> None:
        if not 0 < self.timeout_s <= 10:
            raise ValueError("timeout_s must be above 0 and at most 10 seconds")
        if self.interval_s < self.deadline_s:
            raise ValueError(f"interval_s must be at least {self.deadline_s:g}: one run can take that long")

    @property
    def deadline_s(self) -> float:
        return self.timeout_s + 2.0


async def probe(target: Target, context: Context) -> Observation:
    """Look for signs of life of the default gateway."""
    from agent.probes.gatewaysearch import Search

    config = target.settings(GatewayConfig)
    began_ms = context.clock.mono_ms()
    route = next((route for route in default_routes(context.root) if route.gateway), None)
    if route is None:
        hint: dict[str, Scalar] = {"hint": "there is no default route with a gateway"}
        return Observation("gateway", target.name, began_ms, False, Reason.NO_TARGET, detail=hint)
    search = Search(route, context.pinger)
    await search.run(config.timeout_s)
    known = _neighbour(route)
    detail = {"address": route.gateway, "interface": route.interface, "arp": known.state, **search.detail()}
    if known.mac:
        detail["mac"] = known.mac
    reason = Reason.NONE
    if not search.alive_by:
        unowned = (known.state in UNANSWERED and search.owner != "answered") or search.owner == "silent"
        reason = Reason.NO_ARP if unowned else search.refusal()
    return Observation("gateway", target.name, began_ms, not reason, reason, search.rtts_ms(), detail=detail)


def _neighbour(route: DefaultRoute) -> Neighbour:
    try:
        return neighbours.look_up(route.gateway, route.interface)
    except (OSError, ValueError, netlink.NetlinkError):
        return NOBODY
