"""Does this box have an address, and is it its own? By netlink, as the kernel holds them; and by asking the cable.

A self-given one (169.254/16, fe80::/10) is what is left when DHCP did not answer: it is no address to the world, and
is named apart because it says that the cable is fine and the DHCP server is not.

Whether another machine uses our IPv4 address is asked by ARP (`arp`), after each change of address and then every ten
minutes, where this process is allowed to (CAP_NET_RAW); a conflict is looked at again each minute. Of IPv6 the kernel
says so itself; with a good IPv4 address beside it, that is told and not judged: the box is reachable.
"""

import socket
from collections.abc import Sequence
from ipaddress import ip_address

from agent.configuration.settings import Settings, field
from agent.core.observation import Observation, Reason, Scalar
from agent.probes import netlink
from agent.probes.context import Context, Target
from agent.probes.duplicates import Check, checked


class AddressConfig(Settings, frozen=True):
    """Changes are noticed at once; the interval is for what is not."""

    interval_s: float = field(default=10.0, metadata={"help": "seconds between readings (changes: at once)", "min": 1})
    timeout_s: float = field(default=2.0, metadata={"help": "longest time of one reading"})
    check_duplicates: bool = field(
        default=True, metadata={"help": "ask the cable whether another machine uses our address (needs CAP_NET_RAW)"}
    )

    def __post_init__(self) -> None:
        if self.interval_s < 1:
            raise ValueError("interval_s must be at least 1 second")

    @property
    def deadline_s(self) -> float:
        return self.timeout_s


async def probe(target: Target, context: Context) -> Observation:
    """The addresses now."""
    config = target.settings(AddressConfig)
    began_ms = context.clock.mono_ms()
    try:
        found = netlink.addresses()
    except (OSError, netlink.NetlinkError) as error:
        detail: dict[str, Scalar] = {"error": str(error)}
        return Observation("address", target.name, began_ms, False, Reason.LOCAL_ERROR, detail=detail)
    reason, detail = judge(found)
    if not reason:
        check = await checked(found, context, began_ms) if config.check_duplicates else Check("skipped")
        detail["acd"] = check.acd
        if check.acd == "conflict":
            reason = Reason.DUPLICATE_ADDRESS
            detail |= {"conflict_mac": check.mac, "conflict_address": check.address}
    return Observation("address", target.name, began_ms, reason is Reason.NONE, reason, detail=detail)


def judge(found: Sequence[netlink.Address]) -> tuple[Reason, dict[str, Scalar]]:
    """One usable address of the world (or of a private network) is enough."""
    outside = [item for item in found if not ip_address(item.text).is_loopback]
    good = [item for item in outside if item.usable and not ip_address(item.text).is_link_local]
    detail: dict[str, Scalar] = {}
    for name, family in (("ipv4", socket.AF_INET), ("ipv6", socket.AF_INET6)):
        chosen = next((item for item in good if item.family == family), None)
        if chosen is not None:
            detail[name] = f"{chosen.text}/{chosen.prefix}"
            if chosen.leased and family == socket.AF_INET:
                detail["dhcp"] = True
    doubled = next((item for item in outside if item.duplicate), None)
    if doubled is not None:
        detail["ipv6_duplicate"] = doubled.text
    self_given = next((item for item in outside if item.family == socket.AF_INET and item not in good), None)
    if good and ("ipv4" in detail or self_given is None):
        return Reason.NONE, detail
    if self_given is not None:  # also beside a good IPv6 address: DHCP did not answer
        return Reason.LINK_LOCAL_ONLY, {**detail, "ipv4": f"{self_given.text}/{self_given.prefix}"}
    return (Reason.DUPLICATE_ADDRESS if doubled is not None else Reason.NO_ADDRESS), detail
