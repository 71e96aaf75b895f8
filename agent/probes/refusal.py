"""Who refuses: the host itself, or a box on the way in its name?

A SYN is sent whose hops run out just before the host (`distance` - 1). The host never sees it, so a refusal that comes
back all the same was made by a router nearer than the last one. What is right comes back as *time exceeded*, or not
at all. The last router before the host cannot be told apart from it this way.
"""

import asyncio
import errno
import socket

from agent.configuration.settings import Settings, field
from agent.core.observation import Observation, Reason, Scalar
from agent.probes import sockets
from agent.probes.context import Context, Target
from agent.probes.errors import ProbeError

_SHORTEST = 2  # with one hop there is no router in between
_IPV6_HOPS = 16  # IPV6_UNICAST_HOPS of linux/in6.h


class RefusalConfig(Settings, frozen=True):
    """`distance`: at which number of hops the host answers, as a trace found it. Asked on demand only."""

    interval_s: float = field(default=3600.0, metadata={"help": "seconds between tries (asked on demand only)"})
    timeout_s: float = field(default=1.0, metadata={"help": "longest wait for a refusal", "max": 10})
    distance: int = field(default=0, metadata={"help": "hops to the host; 0: not known"})

    def __post_init__(self) -> None:
        if not 0 < self.timeout_s <= 10 or not 0 <= self.distance <= 64:
            raise ValueError("timeout_s must be above 0 and at most 10 seconds, distance 0 to 64")

    @property
    def deadline_s(self) -> float:
        return 2 * self.timeout_s + 1.0


async def probe(target: Target, context: Context) -> Observation:
    """One short-lived SYN. Not ok (`prohibited`) when somebody on the way refused it."""
    config = target.settings(RefusalConfig)
    began_ms = context.clock.mono_ms()
    detail: dict[str, Scalar] = {"port": target.port, "distance": config.distance}
    if config.distance < _SHORTEST:
        return Observation("refusal", target.name, began_ms, False, Reason.NO_TARGET, detail=detail)
    try:
        detail["address"] = address = await context.resolver.address(target.host, config.timeout_s)
    except ProbeError as error:
        return Observation("refusal", target.name, began_ms, False, error.reason, detail=detail | error.detail)
    forged = await _refused(address, target.port, config.distance - 1, config.timeout_s)
    reason = Reason.PROHIBITED if forged else Reason.NONE
    return Observation("refusal", target.name, began_ms, not forged, reason, detail=detail)


async def _refused(address: str, port: int, hops: int, timeout_s: float) -> bool:
    """Whether a SYN that can go `hops` far is refused."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as sock:
        if family == socket.AF_INET:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, hops)
        else:
            sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_HOPS, hops)
        code = sock.connect_ex(sockets.numeric(address, port, family))
        if code == errno.EINPROGRESS:
            try:
                async with asyncio.timeout(timeout_s):
                    await sockets.ready_to_write(sock)
            except TimeoutError:
                return False
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return code in (errno.ECONNREFUSED, errno.ECONNRESET)
