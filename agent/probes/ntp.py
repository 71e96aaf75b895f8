"""Is this box's clock right? Its wall clock beside those of time servers (SNTP).

1. All servers are asked at once: those of the configuration; where it names none, the centre's host, the servers that
   chrony or systemd-timesyncd use, and only without those the public pool.
2. An answer counts when it brings our random number back, comes from a server that says it knows the time, and is none
   that asks not to be asked again (kiss-of-death).
3. One server within `MAX_OFFSET_S` acquits the clock at once: two clocks do not agree by accident. When the first one
   disagrees, the others are waited for before the clock is blamed.
"""

import asyncio
import os
import socket
import time
from typing import TYPE_CHECKING

from agent.configuration.settings import Settings, field
from agent.core.observation import Observation, Reason, Scalar
from agent.probes import sockets
from agent.probes.context import Context, Target
from agent.probes.errors import ProbeError
from wire.shape import Struct

if TYPE_CHECKING:
    from agent.probes.ntpwire import Reply

PORT = 123
MAX_OFFSET_S = 60.0
"""Records whose clock is off by more are flagged at the centre; whoever compares logs of two boxes bears less."""
POOL = ("0.id.pool.ntp.org", "1.id.pool.ntp.org")
MAX_SERVERS = 5
_RECEIVE_BYTES = 1024
_WORST = (Reason.PROHIBITED, Reason.NET_UNREACHABLE, Reason.HOST_UNREACHABLE, Reason.NO_ROUTE, Reason.RESOLVE_FAILED)


class NtpConfig(Settings, frozen=True):
    """`timeout_s` is for everything together."""

    interval_s: float = field(default=900.0, metadata={"help": "seconds between looks at the clock"})
    timeout_s: float = field(default=1.5, metadata={"help": "longest time of one look", "max": 30})
    servers: tuple[str, ...] = field(
        default=(), metadata={"help": "time servers; empty: the centre, what the system uses, or the public pool"}
    )
    port: int = field(default=PORT, metadata={"help": "their UDP port"})

    def __post_init__(self) -> None:
        if not 0 < self.timeout_s <= 30:
            raise ValueError("timeout_s must be above 0 and at most 30 seconds")
        if self.interval_s < self.deadline_s:
            raise ValueError(f"interval_s must be at least {self.deadline_s:g}: one look can take that long")
        if len(self.servers) > MAX_SERVERS:
            raise ValueError(f"{len(self.servers)} servers; at most {MAX_SERVERS} are asked")
        if not 1 <= self.port <= 65_535:
            raise ValueError("port must be 1 to 65535")

    @property
    def deadline_s(self) -> float:
        return self.timeout_s + 1.0


async def probe(target: Target, context: Context) -> Observation:
    """Ask all servers once; `target.host` replaces the configured ones."""
    config = target.settings(NtpConfig)
    began_ms = context.clock.mono_ms()
    names = (target.host,) if target.host else config.servers or _servers(context)
    asking = _Asking(context, config.timeout_s, target.port or config.port)
    tasks = [asyncio.create_task(asking.server(name)) for name in names]
    try:
        async with asyncio.timeout(config.timeout_s):
            for ended in asyncio.as_completed(tasks):
                await ended
                if any(sample.agrees for sample in asking.samples):
                    break
    except TimeoutError:
        pass  # those that did not end have no answer
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    detail: dict[str, Scalar] = {"kernel_synced": context.clock.synced, "tried": len(names)}
    return asking.observation(target, began_ms, detail)


def _servers(context: Context) -> tuple[str, ...]:
    """Whom to ask when nobody is named."""
    from agent.probes.ntpsources import named_servers

    center = (context.center.host,) if context.center is not None else ()
    return tuple(dict.fromkeys((*center, *(named_servers(context.root) or POOL))))[:MAX_SERVERS]


class _Sample(Struct, frozen=True):
    """What one server says."""

    server: str
    stratum: int
    offset_s: float
    delay_ms: float

    @property
    def agrees(self) -> bool:
        return abs(self.offset_s) <= MAX_OFFSET_S


class _Asking:
    """The answers so far, and why others did not come."""

    def __init__(self, context: Context, timeout_s: float, port: int) -> None:
        self._context, self._timeout_s, self._port = context, timeout_s, port
        self._reasons: set[Reason] = set()
        self._remarks: dict[str, Scalar] = {}
        self.samples: list[_Sample] = []

    async def server(self, name: str) -> None:
        """Ask one server; silence is ended from outside."""
        try:
            address = await self._context.resolver.address(name, self._timeout_s)
            connection = await sockets.connect(address, self._port, socket.SOCK_DGRAM)
            try:
                sample = await self._ask(name, connection)
            finally:
                connection.close()
        except ProbeError as error:
            self._reasons.add(error.reason)
            return
        if sample is not None:
            self.samples.append(sample)

    async def _ask(self, name: str, connection: sockets.Connection) -> _Sample | None:
        from agent.probes import ntpwire

        token = os.urandom(8)
        left_ns, start = time.time_ns(), time.monotonic_ns()
        await connection.send(ntpwire.build_request(token))
        while True:
            data = await connection.receive(_RECEIVE_BYTES)
            arrived_ns = left_ns + time.monotonic_ns() - start  # also when the wall clock is set meanwhile
            # What does not bring the number back is an answer to another question, or a guess.
            if data[24:32] != token:
                self._remarks["strays"] = int(self._remarks.get("strays") or 0) + 1
                continue
            reply = self._read(data)
            if reply is None:
                return None
            offset_ns, delay_ns = ntpwire.offset_and_delay_ns(left_ns, reply, arrived_ns)
            return _Sample(name, reply.stratum, offset_ns / 1e9, max(0, delay_ns) / 1e6)

    def _read(self, data: bytes) -> "Reply | None":
        """The answer; None, with a remark, when the server cannot tell the time or does not want to."""
        from agent.probes import ntpwire

        try:
            return ntpwire.parse_reply(data)
        except ntpwire.KissOfDeathError as kiss:
            self._remarks["kiss"] = str(kiss)
        except ntpwire.UnsynchronisedError as error:
            self._remarks["unsynchronised"] = str(error)
        except ntpwire.NtpFormatError as error:
            self._remarks["error"] = str(error)
        return None

    def observation(self, target: Target, began_ms: int, detail: dict[str, Scalar]) -> Observation:
        detail |= {"answered": len(self.samples), **self._remarks}
        if not self.samples:
            reason = next((reason for reason in _WORST if reason in self._reasons), Reason.NO_REPLY)
            return Observation("ntp", target.name, began_ms, False, reason, (None,), detail=detail)
        best = next((sample for sample in self.samples if sample.agrees), self.samples[0])
        detail |= {"offset_s": round(best.offset_s, 3), "server": best.server, "stratum": best.stratum}
        reason = Reason.NONE if best.agrees else Reason.CLOCK_WRONG
        return Observation("ntp", target.name, began_ms, best.agrees, reason, (best.delay_ms,), detail=detail)
