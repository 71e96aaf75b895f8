"""Does somebody listen there? One TCP connection, closed at once; refused, silent and unreachable told apart."""

import asyncio
import time

from agent.configuration.settings import Settings, field
from agent.core.observation import Observation, Reason, Scalar
from agent.probes import sockets
from agent.probes.context import Context, Target
from agent.probes.errors import ProbeError


class TcpConfig(Settings, frozen=True):
    """`timeout_s` 5: a SYN lost twice is sent again after 1 and 3 seconds (RFC 6298), and still counts."""

    interval_s: float = field(default=60.0, metadata={"help": "seconds between tries"})
    timeout_s: float = field(default=5.0, metadata={"help": "longest time of one step", "max": 60})

    def __post_init__(self) -> None:
        if not 0 < self.timeout_s <= 60:
            raise ValueError("timeout_s must be above 0 and at most 60 seconds")
        if self.interval_s < self.deadline_s:
            raise ValueError(f"interval_s must be at least {self.deadline_s:g}: one try can take that long")

    @property
    def deadline_s(self) -> float:
        return 2 * self.timeout_s + 1.0


async def probe(target: Target, context: Context) -> Observation:
    """Connect once."""
    config = target.settings(TcpConfig)
    began_ms = context.clock.mono_ms()
    detail: dict[str, Scalar] = {"port": target.port}
    try:
        detail["address"] = address = await context.resolver.address(target.host, config.timeout_s)
        start = time.perf_counter()
        async with asyncio.timeout(config.timeout_s):
            connection = await sockets.connect(address, target.port)
        rtt_ms = (time.perf_counter() - start) * 1000
        connection.close()
    except TimeoutError:
        return Observation("tcp", target.name, began_ms, False, Reason.TIMEOUT, (None,), detail=detail)
    except ProbeError as error:
        tried = () if error.reason in (Reason.NO_TARGET, Reason.RESOLVE_FAILED) else (None,)
        return Observation("tcp", target.name, began_ms, False, error.reason, tried, detail=detail | error.detail)
    return Observation("tcp", target.name, began_ms, True, rtts_ms=(rtt_ms,), detail=detail)
