"""Does this resolver answer? Own messages over a connected UDP socket, TCP when the answer did not fit.

A connected socket hears that a port is refused, which an unconnected one takes for silence. Datagrams which are not
the answer to this very question (id, question) are counted and passed over, until the time is up.
"""

import asyncio
import os
import socket
import struct
import time
from dataclasses import dataclass, field

from agent.core.observation import Observation, Reason, Scalar
from agent.probes import dnswire, sockets
from agent.probes.context import Context, Target
from agent.probes.errors import ProbeError
from agent.probes.procfs import is_address

PORT = 53
_UDP_BYTES = 4096
_MAX_TCP_BYTES = 65_535
_RCODE_REASONS = {2: Reason.DNS_SERVFAIL, 3: Reason.DNS_NXDOMAIN, 5: Reason.DNS_REFUSED}


@dataclass(frozen=True, slots=True)
class DnsConfig:
    """`tries` of `timeout_s` each: a lost datagram is not a dead resolver, and both figures are reported.

    `query`: the name to ask for; empty asks for the centre's host, or for the root servers when that is an address.
    A name must exist. The root is only a question that every resolver can be asked: any proper answer will do, also
    that there is none (small forwarders in routers say so).
    """

    interval_s: float = field(default=60.0, metadata={"help": "seconds between questions"})
    timeout_s: float = field(default=2.0, metadata={"help": "longest wait for one answer", "max": 30})
    tries: int = field(default=2, metadata={"help": "questions until a resolver counts as silent", "min": 1, "max": 10})
    query: str = field(default="", metadata={"help": "name to ask for; it must exist; empty: the host of the centre"})

    def __post_init__(self) -> None:
        if not 0 < self.timeout_s <= 30 or not 1 <= self.tries <= 10:
            raise ValueError("timeout_s must be above 0 and at most 30 seconds, tries 1 to 10")
        if self.interval_s < self.deadline_s:
            raise ValueError(f"interval_s must be at least {self.deadline_s:g}: one run can take that long")
        try:
            dnswire.encode_name(self.query)
        except dnswire.DnsFormatError as error:
            raise ValueError(f"query is not a name: {error}") from error

    @property
    def deadline_s(self) -> float:
        return (self.tries + 1) * self.timeout_s + 1.0


async def probe(target: Target, context: Context) -> Observation:
    """Ask once, again after silence."""
    config = target.settings(DnsConfig)
    began_ms = context.clock.mono_ms()
    name, kind = _question(target, config, context)
    detail: dict[str, Scalar] = {"query": name or "."}
    rtts_ms: list[float | None] = []
    reason = Reason.TIMEOUT
    try:
        detail["address"] = address = await context.resolver.address(target.host, config.timeout_s)
        for _ in range(config.tries):
            asking = _Asking(address, target.port or PORT, name, kind)
            rtt_ms, reason = await asking.run(config.timeout_s)
            rtts_ms.append(rtt_ms)
            detail |= asking.detail
            if reason is not Reason.TIMEOUT:
                break
    except ProbeError as error:
        reason = error.reason
        detail |= error.detail
    return Observation("dns", target.name, began_ms, reason is Reason.NONE, reason, tuple(rtts_ms), detail=detail)


def _question(target: Target, config: DnsConfig, context: Context) -> tuple[str, int]:
    """Each resolver must know the root's name servers; that is asked where no better name is known."""
    name = target.query or config.query
    if not name and context.center is not None and not is_address(context.center.host):
        name = context.center.host
    if name in ("", ".", "localhost"):
        return "", dnswire.TYPES["NS"]
    return name, dnswire.TYPES["A"]


class _Asking:
    """One question to one resolver."""

    def __init__(self, address: str, port: int, name: str, kind: int) -> None:
        self._address = address
        self._port = port
        self._id = int.from_bytes(os.urandom(2), "big")
        self._asked = dnswire.Question(name.rstrip(".").lower(), kind)
        try:
            self._query = dnswire.build_query(self._id, name, kind)
        except dnswire.DnsFormatError as error:
            raise ProbeError(Reason.LOCAL_ERROR, {"error": str(error)}) from error
        self._garbage = ""
        self.detail: dict[str, Scalar] = {}

    async def run(self, timeout_s: float) -> tuple[float | None, Reason]:
        """The round trip (None when no answer came) and what the answer says."""
        start = time.perf_counter()
        try:
            async with asyncio.timeout(timeout_s):
                answer = await self._udp()
                rtt_ms = (time.perf_counter() - start) * 1000
                if answer.truncated:
                    self.detail["truncated"] = True
                    answer = await self._tcp()
        except TimeoutError:
            if self._garbage:
                self.detail["error"] = self._garbage
                return None, Reason.DNS_MALFORMED
            return None, Reason.TIMEOUT
        except ProbeError as error:
            self.detail |= error.detail
            return None, error.reason
        return rtt_ms, self._judge(answer)

    async def _udp(self) -> dnswire.Message:
        connection = await sockets.connect(self._address, self._port, socket.SOCK_DGRAM)
        try:
            await connection.send(self._query)
            while True:
                answer = self._accept(await connection.receive(_UDP_BYTES))
                if answer is not None:
                    return answer
        finally:
            connection.close()

    async def _tcp(self) -> dnswire.Message:
        connection = await sockets.connect(self._address, self._port)
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
            raise ProbeError(Reason.DNS_MALFORMED, {"phase": "tcp", "error": self._garbage or "another question's"})
        return answer

    def _accept(self, data: bytes) -> dnswire.Message | None:
        """The message when it is the answer to our question."""
        try:
            message = dnswire.parse(data)
        except dnswire.DnsFormatError as error:
            self._garbage = str(error)
            return None
        # A server that could not read the question (FORMERR) or will not look (REFUSED) may leave it out.
        asked = message.questions == (self._asked,) or (message.rcode != 0 and not message.questions)
        if message.is_response and message.id == self._id and asked:
            return message
        self.detail["strays"] = int(self.detail.get("strays") or 0) + 1
        return None

    def _judge(self, answer: dnswire.Message) -> Reason:
        rcode = dnswire.RCODES.get(answer.rcode, str(answer.rcode))
        self.detail |= {"rcode": rcode, "answers": len(answer.answers)}
        if not self._asked.name and rcode in ("noerror", "nxdomain"):
            return Reason.NONE
        if answer.rcode:
            return _RCODE_REASONS.get(answer.rcode, Reason.DNS_RCODE)
        for record in answer.answers:
            if record.kind in (dnswire.TYPES["A"], dnswire.TYPES["AAAA"]):
                self.detail["answer"] = record.text
                break
        return Reason.NONE if answer.answers else Reason.DNS_EMPTY
