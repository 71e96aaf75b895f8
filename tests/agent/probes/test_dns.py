"""Resolvers that answer, refuse, stay silent, lie and send rubbish: real sockets, dnspython on the other side."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core.observation import Observation
from agent.probes.context import Center
from tests.support.lab import Lab
from tests.support.probe_once import observe_here

QUICK = {"timeout_s": 0.3, "tries": 2}
Answering = Callable[[bytes], list[bytes]]


class Server(asyncio.DatagramProtocol):
    """A UDP server that sends what `answer` makes of each query."""

    def __init__(self, answer: Answering) -> None:
        self.answer = answer
        self.queries: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.queries.append(data)
        for reply in self.answer(data):
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


async def ask(
    answer: Answering, tcp: Answering | None = None, query: str = "serangkota.go.id"
) -> tuple[Observation, Server]:
    loop = asyncio.get_running_loop()
    server = Server(answer)

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
        return await observe_here("dns", QUICK, host="127.0.0.1", port=port, query=query), server
    finally:
        transport.close()
        streams.close()


def run(answer: Answering, tcp: Answering | None = None, query: str = "serangkota.go.id") -> Observation:
    return asyncio.run(ask(answer, tcp, query))[0]


def test_an_answer_has_its_round_trip_and_its_address() -> None:
    seen = run(lambda query: [respond(query)])
    assert (seen.ok, seen.sent, seen.lost) == (True, 1, 0)
    assert seen.detail["answer"] == "192.0.2.9"
    assert (seen.detail["rcode"], seen.detail["answers"]) == ("noerror", 1)


@pytest.mark.parametrize(
    ("rcode", "reason"), [(2, "dns_servfail"), (3, "dns_nxdomain"), (5, "dns_refused"), (4, "dns_rcode")]
)
def test_a_refusal_is_an_answer_with_a_reason(rcode: int, reason: str) -> None:
    seen = run(lambda query: [respond(query, rcode)])
    assert (seen.ok, seen.reason, seen.lost) == (False, reason, 0)


def test_no_address_for_a_name_that_must_exist_is_a_failure() -> None:
    assert run(lambda query: [dns.message.make_response(dns.message.from_wire(query)).to_wire()]).reason == "dns_empty"


def test_the_root_is_only_asked_to_hear_something() -> None:
    assert run(lambda query: [respond(query, 3)], query="").ok
    assert run(lambda query: [respond(query, 2)], query="").reason == "dns_servfail"


def test_a_lost_question_is_asked_again_and_counted() -> None:
    asked: list[bytes] = []

    def answer(query: bytes) -> list[bytes]:
        asked.append(query)
        return [respond(query)] if len(asked) == 2 else []

    seen = run(answer)
    assert (seen.ok, seen.sent, seen.lost) == (True, 2, 1)
    assert asked[0][:2] != asked[1][:2]  # a new id: an answer to the first is not taken for one to the second


def test_silence_is_a_timeout_and_a_closed_port_is_refused_at_once() -> None:
    seen = run(lambda query: [])
    assert (seen.ok, seen.reason, seen.sent, seen.lost) == (False, "timeout", 2, 2)
    seen = asyncio.run(observe_here("dns", QUICK, host="127.0.0.1", port=1, query="a.id"))
    assert (seen.ok, seen.reason, seen.sent) == (False, "refused", 1)


def test_a_truncated_answer_is_fetched_over_tcp() -> None:
    def over_tcp(query: bytes) -> list[bytes]:
        reply = respond(query)
        return [len(reply).to_bytes(2, "big") + reply]

    seen = run(lambda query: [respond(query, truncated=True)], over_tcp)
    assert (seen.ok, seen.detail["truncated"], seen.detail["answer"]) == (True, True, "192.0.2.9")


def test_a_tcp_answer_that_breaks_off_is_a_reset() -> None:
    seen = run(lambda query: [respond(query, truncated=True)], lambda query: [b"\x01\x00short"])
    assert (seen.ok, seen.reason) == (False, "reset")


def test_somebody_elses_answers_are_passed_over() -> None:
    def answer(query: bytes) -> list[bytes]:
        wrong_id = bytes([query[0] ^ 1]) + respond(query, address="203.0.113.66")[1:]
        other = dns.message.make_query("bank.example", "A")
        other.id = int.from_bytes(query[:2], "big")
        return [wrong_id, respond(other.to_wire(), address="203.0.113.66"), query, respond(query)]

    seen = run(answer)
    assert (seen.ok, seen.detail["answer"], seen.detail["strays"]) == (True, "192.0.2.9", 3)


def test_rubbish_alone_is_malformed_and_rubbish_before_the_answer_does_no_harm() -> None:
    seen = run(lambda query: [b"\xff" * 40])
    assert (seen.ok, seen.reason) == (False, "dns_malformed")
    assert run(lambda query: [b"", b"\0", b"\xff" * 4000, respond(query)]).ok


@settings(max_examples=15)
@given(st.lists(st.binary(max_size=100), max_size=3))
def test_any_datagrams_end_in_an_observation_in_time(datagrams: list[bytes]) -> None:
    async def go() -> Observation:
        return (await ask(lambda query: [query[:2] + data for data in datagrams]))[0]

    seen = asyncio.run(go())
    assert seen.reason in (
        "timeout",
        "dns_malformed",
        "dns_empty",
        "dns_rcode",
        "dns_refused",
        "dns_servfail",
        "dns_nxdomain",
    )


def test_the_centres_name_is_asked_for_when_nothing_else_is_named() -> None:
    async def go(host: str) -> object:
        center = Center(host, 8883, Path("/nowhere"))
        return (await observe_here("dns", QUICK, center=center, host="127.0.0.1", port=1)).detail["query"]

    assert asyncio.run(go("sandi.serangkota.go.id")) == "sandi.serangkota.go.id"
    assert asyncio.run(go("198.51.100.7")) == "."


def test_resolvers_are_those_of_the_system_and_absent_ones_are_no_target(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/resolv.conf").write_text("nameserver 127.0.0.1\n")
    seen = asyncio.run(observe_here("dns", QUICK, root=tmp_path, host="resolver:1", port=1))
    assert (seen.reason, seen.detail["address"]) == ("refused", "127.0.0.1")
    assert asyncio.run(observe_here("dns", QUICK, root=tmp_path, host="resolver:2")).reason == "no_target"


@pytest.mark.netns
def test_a_filtered_resolver_names_the_filter(lab: Lab) -> None:
    node, router, far = lab.box("node"), lab.box("router", router=True), lab.box("far")
    lab.cable((node, "eth0", "10.9.0.2/24"), (router, "lan", "10.9.0.1/24"))
    lab.cable((router, "wan", "10.9.1.1/24"), (far, "eth0", "10.9.1.2/24"))
    node.ip("route", "add", "default", "via", "10.9.0.1")
    router.nft("passing udp dport 53 reject with icmp type admin-prohibited")
    seen = node.probe("dns", config=QUICK, host="10.9.1.2")
    assert (seen["reason"], seen["detail"]["offender"]) == ("prohibited", "10.9.0.1")
