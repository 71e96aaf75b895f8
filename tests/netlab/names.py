"""The laboratory's DNS servers: one that knows a small zone and can be told to misbehave, one that forwards to it."""

import asyncio
import socket
from dataclasses import dataclass, field
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from tests.netlab.loop import ServerLoop, bound
from tests.support.lab import Box

PORT = 53


@dataclass
class Manners:
    """How a server answers. `answer`: ok, servfail, refused, silent, or wildcard (any name exists, see `lies`).

    `lies` are answers instead of the zone's, "*" the one for names that do not exist.
    """

    answer: str = "ok"
    delay_s: float = 0.0
    lies: dict[str, str] = field(default_factory=dict)


class NameServer:
    """Answers for `zone` (name without final dot -> addresses) on UDP port 53 of a box, as `manners` say."""

    def __init__(
        self, loop: ServerLoop, box: Box, zone: dict[str, list[str]], *addresses: str, port: int = PORT
    ) -> None:
        self.manners = Manners()
        self._zone = zone
        for address in addresses:  # one socket each: an answer comes from where the question went
            sock = bound(box, port, socket.SOCK_DGRAM, address)
            loop.run(_endpoint(lambda: _Answering(self.reply), sock))

    def reply(self, question: bytes) -> bytes | None:
        """The answer's bytes; None is silence."""
        try:
            asked = dns.message.from_wire(question)
        except Exception:  # noqa: BLE001 - whatever came, it was no question
            return None
        if not asked.question or self.manners.answer == "silent":
            return None
        made = dns.message.make_response(asked, recursion_available=True)
        codes = {"servfail": dns.rcode.SERVFAIL, "refused": dns.rcode.REFUSED}
        if self.manners.answer in codes:
            made.set_rcode(codes[self.manners.answer])
        else:
            self._fill(made, asked)
        return made.to_wire()

    def _fill(self, made: dns.message.Message, asked: dns.message.Message) -> None:
        question = asked.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        if question.rdtype == dns.rdatatype.NS and name in ("", "."):
            made.answer.append(dns.rrset.from_text(question.name, 3600, "IN", "NS", "a.root-servers.net."))
            return
        found = list(self._zone.get(name, ()))
        if name in self.manners.lies:
            found = [self.manners.lies[name]]
        elif not found and self.manners.answer == "wildcard":
            found = [self.manners.lies.get("*", "192.0.2.80")]
        kind = {dns.rdatatype.A: ".", dns.rdatatype.AAAA: ":"}.get(question.rdtype, "\0")
        fitting = [address for address in found if kind in address]
        if not found:
            made.set_rcode(dns.rcode.NXDOMAIN)
        elif fitting:
            made.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", question.rdtype, fitting))


class Forwarder:
    """What a home router does: passes questions on to its provider's server and the answers back. `silent` stops it."""

    def __init__(self, loop: ServerLoop, box: Box, address: str, upstream: str) -> None:
        self.silent = False
        self._waiting: dict[int, tuple[bytes, Any]] = {}
        self._next = 0
        outside = bound(box, 0, socket.SOCK_DGRAM)
        inside = bound(box, PORT, socket.SOCK_DGRAM, address)
        self._upstream = (upstream, PORT)
        self._out: asyncio.DatagramTransport = loop.run(_endpoint(lambda: _Calling(self._back), outside))
        self._in: asyncio.DatagramTransport = loop.run(_endpoint(lambda: _Calling(self._forth), inside))

    def _forth(self, data: bytes, sender: Any) -> None:
        if self.silent or len(data) < 12:
            return
        self._next = (self._next + 1) % 65_536
        self._waiting[self._next] = (data[:2], sender)
        self._out.sendto(self._next.to_bytes(2, "big") + data[2:], self._upstream)

    def _back(self, data: bytes, _: Any) -> None:
        waiting = self._waiting.pop(int.from_bytes(data[:2], "big"), None)
        if waiting is not None and not self.silent:
            ident, sender = waiting
            self._in.sendto(ident + data[2:], sender)


class _Calling(asyncio.DatagramProtocol):
    def __init__(self, call: Any) -> None:
        self._call = call

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._call(data, addr)


class _Answering(asyncio.DatagramProtocol):
    """Answers each datagram with what `reply` makes of it, after the server's delay."""

    def __init__(self, reply: Any) -> None:
        self._reply = reply
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        answer = self._reply(data)
        owner = getattr(self._reply, "__self__", None)
        delay_s = owner.manners.delay_s if isinstance(owner, NameServer) else 0.0
        if answer is not None and self._transport is not None:
            asyncio.get_running_loop().call_later(delay_s, self._transport.sendto, answer, addr)


async def _endpoint(made: Any, sock: socket.socket) -> asyncio.DatagramTransport:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(made, sock=sock)
    return transport


class TimeServer:
    """SNTP version 4 on UDP port 123 of a box; its clock is `offset_s` ahead of this machine's. `silent` stops it."""

    # Seconds from 1900, where NTP counts from, to 1970 (RFC 5905, figure 4).
    _TO_1970 = 2_208_988_800

    def __init__(self, loop: ServerLoop, box: Box) -> None:
        self.offset_s = 0.0
        self.silent = False
        loop.run(_endpoint(lambda: _Answering(self.reply), bound(box, 123, socket.SOCK_DGRAM)))

    def reply(self, asked: bytes) -> bytes | None:
        """Mode 4, stratum 2, the client's transmit time as origin."""
        import time

        if self.silent or len(asked) < 48:
            return None
        now = int((time.time() + self.offset_s + self._TO_1970) * 2**32) & (2**64 - 1)
        stamp = now.to_bytes(8, "big")
        head = bytes([0b00_100_100, 2, 6, 0xEC]) + bytes(4) + (1 << 10).to_bytes(4, "big") + b"\x0a\x00\x00\x01"
        return head + stamp + asked[40:48] + stamp + stamp
