"""Is there an internet beside the way to the centre? A few well-known hosts, each by two pings and a TCP connection.

Everything leaves at once, and the first answer is enough: these hosts are announced from many places, so that all of
them together are silent only when the way out is. A refused connection is an answer of the host asked, unless a router
on the way says at the same time that nothing gets through to it.
"""

import asyncio
import contextlib
import socket
import time

from agent.configuration.settings import Settings, field
from agent.core.observation import Observation, Reason, Scalar
from agent.probes import sockets
from agent.probes.context import Context, Target
from agent.probes.errors import ProbeError
from agent.probes.pinger import Echo, Pinger, reason_of_errno
from agent.probes.procfs import default_routes
from wire import shape

DEFAULT_HOSTS = ("1.1.1.1", "8.8.8.8", "9.9.9.9")
"""Public resolvers of three operators, each announced worldwide; all answer pings and TCP 443 (RFC 8484)."""
DEFAULT_HOSTS_V6 = ("2606:4700:4700::1111", "2001:4860:4860::8888", "2620:fe::fe")
"""The same, asked where there is no IPv4 at all."""
MAX_HOSTS = 8
_PINGS, _GAP_S, _PAYLOAD_BYTES = 2, 0.4, 16
"""Two, apart: a full queue that drops one packet has mostly drained by the second."""
_WORST = (
    Reason.PROHIBITED,
    Reason.NET_UNREACHABLE,
    Reason.HOST_UNREACHABLE,
    Reason.TTL_EXCEEDED,
    Reason.NO_ROUTE,
    Reason.RESET,
    Reason.LOCAL_ERROR,
    Reason.RESOLVE_FAILED,
)
"""What is told when nobody answers: who said something, before what this box could not do, before silence."""
_FROM_THE_WAY = frozenset(_WORST[:4])


class InternetConfig(Settings, frozen=True):
    """`timeout_s` is for everything together."""

    interval_s: float = field(default=60.0, metadata={"help": "seconds between tries"})
    timeout_s: float = field(default=2.5, metadata={"help": "longest time of one try", "max": 30})
    hosts: tuple[str, ...] = field(
        default=DEFAULT_HOSTS, metadata={"help": "names or addresses that always answer; empty: nothing is tried"}
    )
    port: int = field(default=443, metadata={"help": "the TCP port tried beside the pings"})

    def __post_init__(self) -> None:
        if not 0 < self.timeout_s <= 30:
            raise ValueError("timeout_s must be above 0 and at most 30 seconds")
        if self.interval_s < self.deadline_s:
            raise ValueError(f"interval_s must be at least {self.deadline_s:g}: one try can take that long")
        if len(self.hosts) > MAX_HOSTS:
            raise ValueError(f"{len(self.hosts)} hosts; at most {MAX_HOSTS} are tried")
        if not 1 <= self.port <= 65_535:
            raise ValueError("port must be 1 to 65535")

    @property
    def deadline_s(self) -> float:
        return self.timeout_s + 1.0


async def probe(target: Target, context: Context) -> Observation:
    """Try all hosts; `target.host` replaces the configured ones."""
    config = target.settings(InternetConfig)
    began_ms = context.clock.mono_ms()
    hosts = (target.host,) if target.host else _hosts(config, context)
    if not hosts:
        return Observation("internet", target.name, began_ms, False, Reason.NO_TARGET)
    trying = _Trying(context, config)
    await trying.run(hosts)
    return trying.observation(target, began_ms, len(hosts))


def _hosts(config: InternetConfig, context: Context) -> tuple[str, ...]:
    """Those configured; the usual ones by IPv6 on a box whose only way out is that."""
    if config.hosts != DEFAULT_HOSTS:
        return config.hosts
    families = {route.family for route in default_routes(context.root)}
    return DEFAULT_HOSTS_V6 if families == {socket.AF_INET6} else config.hosts


class _Host(shape.Struct):
    """What is known of one host."""

    address: str = ""
    attempts: int = 0
    complaints: list[Reason] = shape.field(default_factory=list)


class _Trying:
    """One run at all hosts."""

    def __init__(self, context: Context, config: InternetConfig) -> None:
        self._context = context
        self._config = config
        self._hosts: list[_Host] = []
        self._answers: list[tuple[str, str, float]] = []  # address, by what, milliseconds
        self._offence: dict[str, Scalar] = {}
        self._over = asyncio.Event()

    async def run(self, hosts: tuple[str, ...]) -> None:
        """Until the first answer, until everything failed, or until the time is up."""
        tasks = [asyncio.create_task(self._at(host)) for host in hosts]
        everything = asyncio.gather(*tasks, return_exceptions=True)
        everything.add_done_callback(lambda _: self._over.set())
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), self._config.timeout_s)
        finally:
            for task in tasks:
                task.cancel()
        for outcome in await everything:
            if isinstance(outcome, Exception):  # a defect of this probe must not pass for silence
                raise outcome

    async def _at(self, name: str) -> None:
        """Everything at one host, until all of it ended."""
        host = _Host()
        self._hosts.append(host)
        try:
            host.address = await self._context.resolver.address(name, self._config.timeout_s)
        except ProbeError as error:
            host.complaints.append(error.reason)
            return
        await asyncio.gather(self._pings(host), self._tcp(host))

    async def _pings(self, host: _Host) -> None:
        """Two echo requests; ends with an answer, or with an error to each. Silence is ended from outside."""
        settled = asyncio.Event()
        echoes: list[Echo] = []

        def changed(echo: Echo) -> None:
            if echo.rtt_ms is not None:
                self._take(host, "ping", echo.rtt_ms)
            elif echo.error is not None:
                self._complain(host, echo.error.reason, echo.error.offender)
            settled.set()

        pinger: Pinger = self._context.pinger
        try:
            for number in range(_PINGS):
                if number:
                    await asyncio.sleep(_GAP_S)
                echoes.append(pinger.send(host.address, _PAYLOAD_BYTES, changed))
                host.attempts += 1
                if echoes[-1].send_errno:
                    host.complaints.append(reason_of_errno(echoes[-1].send_errno))
            while not all(echo.rtt_ms is not None or echo.error or echo.send_errno for echo in echoes):
                await settled.wait()
                settled.clear()
        except ProbeError:  # this process may not ping: the connection has to do
            return
        finally:
            pinger.forget(echoes)

    async def _tcp(self, host: _Host) -> None:
        host.attempts += 1
        start = time.perf_counter()
        try:
            connection = await sockets.connect(host.address, self._config.port)
        except ProbeError as error:
            rtt_ms = (time.perf_counter() - start) * 1000
            if error.reason is not Reason.REFUSED:
                self._complain(host, error.reason, str(error.detail.get("offender") or ""))
                return
            await asyncio.sleep(_GAP_S)  # a router that forbids the way says so to the ping in the same time
            if not _FROM_THE_WAY.intersection(host.complaints):
                self._take(host, "refused", rtt_ms)
            return
        connection.close()
        self._take(host, "tcp", (time.perf_counter() - start) * 1000)

    def _take(self, host: _Host, by: str, rtt_ms: float) -> None:
        self._answers.append((host.address, by, rtt_ms))
        self._over.set()

    def _complain(self, host: _Host, reason: Reason, offender: str) -> None:
        host.complaints.append(reason)
        if offender and not self._offence:
            self._offence = {"offender": offender}

    def observation(self, target: Target, began_ms: int, tried: int) -> Observation:
        """The run as it stands now."""
        answered = len({address for address, _, _ in self._answers})
        detail: dict[str, Scalar] = {"tried": tried, "answered": answered}
        if self._answers:
            address, by, rtt_ms = self._answers[0]
            detail |= {"first": address, "by": by, "address": address}
            return Observation("internet", target.name, began_ms, True, rtts_ms=(rtt_ms,), detail=detail)
        said = {reason for host in self._hosts for reason in host.complaints}
        reason = next((reason for reason in _WORST if reason in said), Reason.NO_REPLY)
        attempts = sum(host.attempts for host in self._hosts)
        return Observation(
            "internet", target.name, began_ms, False, reason, (None,) * attempts, detail=detail | self._offence
        )
