"""Questions to one resolver: UDP over a connected socket, TCP when the answer did not fit.

A connected socket hears that a port is refused, which an unconnected one takes for silence. Datagrams which are not
the answer to this very question (id, question) are counted and passed over.
"""

import asyncio
import os
import socket
import struct
import time

from agent.core.observation import Reason, Scalar
from agent.probes import dnswire, sockets
from agent.probes.errors import ProbeError
from wire.shape import Struct, field

_UDP_BYTES = 4096
_MAX_TCP_BYTES = 65_535


class Place(Struct, frozen=True):
    """Where to ask, and what: an address, its port, a name (the root is ""), a type's number."""

    address: str
    port: int
    name: str
    kind: int


class Outcome(Struct):
    """What came of asking. `message` is None when nothing usable came; `reason` then says why."""

    reason: Reason
    message: dnswire.Message | None = None
    rtts_ms: tuple[float | None, ...] = ()
    detail: dict[str, Scalar] = field(default_factory=dict)


async def ask(place: Place, timeout_s: float, tries: int) -> Outcome:
    """Ask, and again every `timeout_s` while nothing came; all in all for `tries` times that.

    The answer to an earlier question still counts while a later one is out: a slow resolver is not a silent one.
    Raises ProbeError (local_error) when the name cannot be asked for.
    """
    askings: list[_Asking] = []
    tasks: list[asyncio.Task[dnswire.Message]] = []
    try:
        for _ in range(tries):
            askings.append(_Asking(place))
            tasks.append(asyncio.create_task(askings[-1].run()))
            done, _ = await asyncio.wait(tasks, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if done:
                break
        ended = next((number for number, task in enumerate(tasks) if task.done()), None)
        return _silence(askings) if ended is None else _settled(askings[ended], tasks[ended], ended)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _silence(askings: "list[_Asking]") -> Outcome:
    garbage = next((asking.garbage for asking in askings if asking.garbage), "")
    reason = Reason.DNS_MALFORMED if garbage else Reason.TIMEOUT
    detail = askings[-1].detail | ({"error": garbage} if garbage else {})
    return Outcome(reason, None, (None,) * len(askings), detail)


def _settled(asking: "_Asking", task: "asyncio.Task[dnswire.Message]", number: int) -> Outcome:
    failure = task.exception()
    if failure is None:
        return Outcome(Reason.NONE, task.result(), (*(None,) * number, asking.rtt_ms), asking.detail)
    if not isinstance(failure, ProbeError):
        raise failure
    return Outcome(failure.reason, None, (None,) * (number + 1), asking.detail | failure.detail)


class _Asking:
    """One question, asked once. `rtt_ms` is known when the first answer came, `garbage` when something else did."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._id = int.from_bytes(os.urandom(2), "big")
        self._asked = dnswire.Question(place.name.rstrip(".").lower(), place.kind)
        try:
            self._query = dnswire.build_query(self._id, place.name, place.kind)
        except dnswire.DnsFormatError as error:
            raise ProbeError(Reason.LOCAL_ERROR, {"error": str(error)}) from error
        self.garbage = ""
        self.rtt_ms: float | None = None
        self.detail: dict[str, Scalar] = {}

    async def run(self) -> dnswire.Message:
        """The answer, however long it takes: the caller limits that. Raises ProbeError."""
        start = time.perf_counter()
        answer = await self._udp()
        self.rtt_ms = (time.perf_counter() - start) * 1000
        if answer.truncated:
            self.detail["truncated"] = True
            answer = await self._tcp()
        return answer

    async def _udp(self) -> dnswire.Message:
        connection = await sockets.connect(self._place.address, self._place.port, socket.SOCK_DGRAM)
        try:
            await connection.send(self._query)
            while True:
                answer = self._accept(await connection.receive(_UDP_BYTES))
                if answer is not None:
                    return answer
        finally:
            connection.close()

    async def _tcp(self) -> dnswire.Message:
        connection = await sockets.connect(self._place.address, self._place.port)
        try:
            await connection.send(struct.pack("!H", len(self._query)) + self._query)
            data = b""
            while len(data) < 2 or len(data) < 2 + int.from_bytes(data[:2], "big"):
                more = await connection.receive(_MAX_TCP_BYTES)
                if not more:
                    raise ProbeError(Reason.RESET, {"phase": "tcp"})
                data += more
        finally:
            connection.close()
        answer = self._accept(data[2 : 2 + int.from_bytes(data[:2], "big")])
        if answer is None:
            raise ProbeError(Reason.DNS_MALFORMED, {"phase": "tcp", "error": self.garbage or "another question's"})
        return answer

    def _accept(self, data: bytes) -> dnswire.Message | None:
        """The message when it is the answer to our question."""
        try:
            message = dnswire.parse(data)
        except dnswire.DnsFormatError as error:
            self.garbage = str(error)
            return None
        # A server that could not read the question (FORMERR) or will not look (REFUSED) may leave it out.
        asked = message.questions == (self._asked,) or (message.rcode != 0 and not message.questions)
        if message.is_response and message.id == self._id and asked:
            return message
        self.detail["strays"] = int(self.detail.get("strays") or 0) + 1
        return None
