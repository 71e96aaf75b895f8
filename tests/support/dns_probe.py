"""Small resolvers in this process, honest or not, and the DNS probe asking them."""

import asyncio
from collections.abc import Callable

import dns.message
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.rrset

from agent.core.observation import Observation
from tests.support.probe_once import observe_here

QUICK = {"timeout_s": 0.3, "tries": 2}
"""Where nothing is to come."""
PATIENT = {"timeout_s": 20.0, "tries": 2}
"""For answers that do come: a busy machine must not make them late."""
Answering = Callable[[bytes], list[bytes]]


class Server(asyncio.DatagramProtocol):
    """A UDP server that sends what `answer` makes of each query, and `canary` of each name that cannot exist."""

    def __init__(self, answer: Answering, canary: Answering) -> None:
        self.answer, self.canary = answer, canary
        self.queries: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.queries.append(data)
        impossible = dns.message.from_wire(data).question[0].name.labels[-2:-1] == (b"invalid",)
        for reply in (self.canary if impossible else self.answer)(data):
            self.transport.sendto(reply, addr)  # type: ignore[attr-defined]


def respond(query: bytes, rcode: int = 0, address: str = "192.0.2.9", truncated: bool = False) -> bytes:
    asked = dns.message.from_wire(query)
    response = dns.message.make_response(asked)
    response.set_rcode(dns.rcode.Rcode(rcode))
    if rcode == 0 and not truncated:
        response.answer.append(dns.rrset.from_text(asked.question[0].name, 60, "IN", "A", address))
    if truncated:
        response.flags |= dns.flags.TC
    return response.to_wire()


def honest(query: bytes) -> list[bytes]:
    """There is no such name."""
    return [respond(query, 3)]


async def ask(
    answer: Answering,
    tcp: Answering | None = None,
    query: str = "serangkota.go.id",
    *,
    canary: Answering = honest,
    config: dict[str, object] | None = None,
    expect: str = "",
) -> tuple[Observation, Server]:
    loop = asyncio.get_running_loop()
    server = Server(answer, canary)

    async def over_tcp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = int.from_bytes(await reader.readexactly(2), "big")
        for reply in (tcp or answer)(await reader.readexactly(length)):
            writer.write(reply)
        await writer.drain()
        writer.close()

    streams = await asyncio.start_server(over_tcp, "127.0.0.1", 0)
    port = streams.sockets[0].getsockname()[1]
    transport, _ = await loop.create_datagram_endpoint(lambda: server, local_addr=("127.0.0.1", port))
    try:
        settings = {**PATIENT, **(config or {})}
        return await observe_here("dns", settings, host="127.0.0.1", port=port, query=query, expect=expect), server
    finally:
        transport.close()
        streams.close()


def run(
    answer: Answering,
    tcp: Answering | None = None,
    query: str = "serangkota.go.id",
    *,
    canary: Answering = honest,
    config: dict[str, object] | None = None,
    expect: str = "",
) -> Observation:
    return asyncio.run(ask(answer, tcp, query, canary=canary, config=config, expect=expect))[0]
