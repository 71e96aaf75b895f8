"""Finding the routers on the way, without any privilege: packets whose time runs out tell where.

1. First round: one echo request per distance, from near to far, `gap_s` apart: a router's budget for ICMP errors is
   small (Linux: six at once, then one a second, to one asker), and a gap longer than a local round trip lets the way's
   end be known before more is sent into it.
2. Second round, for the distances that stayed silent: echo request and a UDP datagram to a high port. Where pings are
   filtered the datagram is often not; where a single packet was lost it is asked for again.
3. The way ends at the nearest distance at which the target itself answered, or somebody refused. One that circles
   is not asked again: its routers have spent their budgets.
4. A process that may not ping sends datagrams alone: they need no permission at all.
"""

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from agent.core.observation import Reason
from agent.core.path import OnHop, Path, PathHop, loop_at, trimmed
from agent.probes import sockets
from agent.probes.errors import ProbeError
from agent.probes.icmpwire import IcmpError
from agent.probes.pinger import Echo, Pinger, reason_of_errno

PAYLOAD_BYTES = 32
UDP_PORT = 33_434
"""Where traceroute has always sent to; nobody listens there, so that the target answers *port unreachable*."""
SURE_WAIT_S = 0.25
"""Once the target has answered, the routers before it have long had their chance: three of its round trips, this at
least (routers answer from their slow path)."""


@dataclass(slots=True)
class _Answer:
    """What came back for one distance. `final`: nothing lies behind it."""

    address: str
    rtt_ms: float
    final: bool = False
    reached: bool = False
    error: IcmpError | None = None


class Tracer:
    """One trace to one address; `run` once."""

    def __init__(self, address: str, pinger: Pinger, max_ttl: int, gap_s: float, on_hop: OnHop | None) -> None:
        self._address = address
        self._bare = address.partition("%")[0]
        self._pinger = pinger
        self._max_ttl = max_ttl
        self._gap_s = gap_s
        self._on_hop = on_hop
        self._own = sockets.address_towards(address)
        self._answers: dict[int, _Answer] = {}
        self._echoes: list[Echo] = []
        self._datagrams: list[socket.socket] = []
        self._refused_errno = 0
        self._denied = False
        self._asked = 0
        self._moved = asyncio.Event()

    async def run(self, timeout_s: float) -> Path:
        """Two rounds, each waited for `timeout_s` after its last packet at most."""
        try:
            await self._round(self._ask, timeout_s)
            if self._silent() and not self._circles:
                await self._round(self._ask_again, timeout_s)
        finally:
            self._close()
        return self._path()

    async def _round(self, ask: Callable[[int], None], timeout_s: float) -> None:
        for ttl in self._silent() if self._asked else range(1, self._max_ttl + 1):
            if ttl > self._end:
                break
            self._asked = max(self._asked, ttl)
            ask(ttl)
            await asyncio.sleep(self._gap_s)
        began_s = time.monotonic()
        while self._silent():
            left_s = began_s + self._patience_s(timeout_s) - time.monotonic()
            if left_s <= 0:
                return
            self._moved.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._moved.wait(), left_s)

    def _patience_s(self, timeout_s: float) -> float:
        """How long the silent ones are waited for after the last packet."""
        end = self._answers.get(self._end)
        if end is not None:
            return min(timeout_s, max(SURE_WAIT_S, 3 * end.rtt_ms / 1000))
        return min(timeout_s, SURE_WAIT_S) if self._circles else timeout_s

    @property
    def _circles(self) -> bool:
        """What is known already suffices: more packets only go round."""
        return bool(loop_at(Path(self._address, _hops(self._answers))))

    @property
    def _end(self) -> int:
        return min((ttl for ttl, answer in self._answers.items() if answer.final), default=self._max_ttl)

    def _silent(self) -> list[int]:
        return [ttl for ttl in range(1, min(self._asked, self._end) + 1) if ttl not in self._answers]

    def _ask(self, ttl: int) -> None:
        if not self._denied:
            try:
                return self._echo(ttl)
            except ProbeError:
                self._denied = True
        return self._datagram(ttl)

    def _echo(self, ttl: int) -> None:
        def changed(echo: Echo) -> None:
            if echo.rtt_ms is not None:
                self._take(ttl, _Answer(self._bare, echo.rtt_ms, final=True, reached=True))
            elif echo.error is not None:
                self._take_error(ttl, echo.error, echo.error_ms or 0.0)

        echo = self._pinger.send(self._address, PAYLOAD_BYTES, changed, ttl)
        self._echoes.append(echo)
        self._refused_errno = echo.send_errno or self._refused_errno

    def _ask_again(self, ttl: int) -> None:
        if not self._denied:
            self._echo(ttl)
        self._datagram(ttl)

    def _datagram(self, ttl: int) -> None:
        family = socket.AF_INET6 if ":" in self._address else socket.AF_INET
        try:
            sock = sockets.limited_datagram(family, ttl)
        except OSError:
            return
        self._datagrams.append(sock)
        sent_ns = time.monotonic_ns()
        try:
            sock.connect(sockets.numeric(self._address, UDP_PORT + ttl, family))
            sock.send(bytes(PAYLOAD_BYTES))
        except OSError as error:
            self._refused_errno = error.errno or self._refused_errno
            return
        asyncio.get_running_loop().add_reader(sock, self._heard, sock, ttl, sent_ns)

    def _heard(self, sock: socket.socket, ttl: int, sent_ns: int) -> None:
        asyncio.get_running_loop().remove_reader(sock)
        rtt_ms = (time.monotonic_ns() - sent_ns) / 1e6
        error = sockets.icmp_error(sock)
        if error is not None:
            self._take_error(ttl, error, rtt_ms)

    def _take_error(self, ttl: int, error: IcmpError, rtt_ms: float) -> None:
        if not error.offender:
            return  # this kernel's own word about a packet that it did not send
        if error.reason is Reason.TTL_EXCEEDED:
            self._take(ttl, _Answer(error.offender, rtt_ms))
        else:
            reached = error.offender == self._bare
            self._take(ttl, _Answer(error.offender, rtt_ms, final=True, reached=reached, error=error))

    def _take(self, ttl: int, answer: _Answer) -> None:
        if ttl in self._answers:
            return
        self._answers[ttl] = answer
        self._moved.set()
        if self._on_hop is not None and answer.address != self._own and ttl <= self._end:
            self._on_hop(PathHop(ttl, answer.address, answer.rtt_ms))

    def _close(self) -> None:
        self._pinger.forget(self._echoes)
        for sock in self._datagrams:
            asyncio.get_running_loop().remove_reader(sock)
            sock.close()

    def _path(self) -> Path:
        end = self._answers.get(self._end)
        kept = {ttl: answer for ttl, answer in self._answers.items() if ttl <= self._end}
        if end is None or not end.final:
            reason = reason_of_errno(self._refused_errno) if self._refused_errno and not kept else Reason.NONE
            return Path(self._address, _hops(kept), reason=reason)
        if end.reached:
            return Path(self._address, _hops(kept), reached=True)
        before = self._answers.get(self._end - 1)
        if end.address == self._own or (before is not None and before.address == end.address):
            del kept[self._end]  # a router that refuses to pass on answers one distance further than it is
        error = end.error
        assert error is not None
        return Path(self._address, _hops(kept), False, error.reason, end.address, error.icmp_code)


def _hops(answers: dict[int, _Answer]) -> tuple[PathHop, ...]:
    return trimmed(PathHop(ttl, answer.address, answer.rtt_ms) for ttl, answer in answers.items())
