"""Resolvers that answer, refuse, stay silent, lie and send rubbish: real sockets, dnspython on the other side."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dns.message
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core.observation import Observation
from agent.probes.context import Center
from tests.support.lab import Box, Lab
from tests.support.probe_once import observe_here

QUICK = {"timeout_s": 0.3, "tries": 2}
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
        settings = {**QUICK, **(config or {})}
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


def test_a_forwarder_that_knows_only_names_is_asked_for_one() -> None:
    def answer(query: bytes) -> list[bytes]:
        (question,) = dns.message.from_wire(query).question
        return [respond(query, 0 if question.name.to_text() == "a.root-servers.net." else 5)]

    assert run(answer, query="").ok


def test_a_lost_question_is_asked_again_and_counted() -> None:
    asked: list[bytes] = []

    def answer(query: bytes) -> list[bytes]:
        asked.append(query)
        return [respond(query)] if len(asked) == 2 else []

    seen = run(answer)
    assert (seen.ok, seen.sent, seen.lost) == (True, 2, 1)
    assert asked[0][:2] != asked[1][:2]  # a new id: an answer to the first is not taken for one to the second


def test_a_slow_resolver_is_not_a_silent_one() -> None:
    """Its answer to the first question comes while the second is out, and counts with its whole time."""

    async def go() -> Observation:
        loop = asyncio.get_running_loop()
        server = Server(lambda query: [], honest)

        def later(query: bytes) -> list[bytes]:
            address = ("127.0.0.1", senders[len(server.queries) - 1])
            loop.call_later(0.45, lambda: server.transport.sendto(respond(query), address))  # type: ignore[attr-defined]
            return []

        senders: list[int] = []
        received = server.datagram_received
        server.answer = later

        def note(data: bytes, addr: tuple[str, int]) -> None:
            senders.append(addr[1])
            received(data, addr)

        server.datagram_received = note  # type: ignore[method-assign, assignment]
        transport, _ = await loop.create_datagram_endpoint(lambda: server, local_addr=("127.0.0.1", 0))
        try:
            port = transport.get_extra_info("sockname")[1]
            return await observe_here("dns", {"timeout_s": 0.3, "tries": 4}, host="127.0.0.1", port=port, query="a.id")
        finally:
            transport.close()

    seen = asyncio.run(go())
    assert (seen.ok, seen.reason) == (True, "")
    assert 440 <= (seen.rtts_ms[-1] or 0) < 1200


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


# -- does it tell the truth? ---------------------------------------------------------------------------------------

PATIENT = {"timeout_s": 2.0}
"""For answers that do come: a busy machine must not make them late."""


def look(answer: Answering, query: str = "serangkota.go.id", **more: Any) -> Observation:
    return run(answer, query=query, **{**more, "config": {**PATIENT, **more.get("config", {})}})


def test_an_honest_resolver_says_that_the_canary_does_not_exist() -> None:
    seen, server = asyncio.run(ask(lambda query: [respond(query)], config=PATIENT))
    assert (seen.ok, seen.detail["canary"]) == (True, "ok")
    names = {dns.message.from_wire(query).question[0].name.to_text() for query in server.queries}
    [canary] = names - {"serangkota.go.id."}
    assert canary.endswith(".invalid.")
    assert len(canary) > 16


def test_canaries_are_never_the_same_name() -> None:
    def names() -> set[bytes]:
        return {query[12:] for query in asyncio.run(ask(lambda query: [respond(query)], config=PATIENT))[1].queries}

    assert len(names() | names()) == 3


def test_an_address_for_what_cannot_exist_is_a_wildcard() -> None:
    lies = lambda query: [respond(query, address="10.0.0.1")]  # noqa: E731
    seen = look(lies, canary=lies)
    assert (seen.ok, seen.reason) == (False, "dns_wildcard")
    assert (seen.detail["canary"], seen.detail["canary_answer"]) == ("wildcard", "10.0.0.1")
    assert seen.detail["answer_kind"] == "private"
    assert seen.lost == 0


@pytest.mark.parametrize(
    "canary",
    [
        lambda query: [],
        lambda query: [respond(query, 2)],
        lambda query: [respond(query, 5)],
        lambda query: [b"\xff" * 40],
    ],
)
def test_a_canary_without_an_answer_is_no_lie(canary: Answering) -> None:
    seen = look(lambda query: [respond(query)], canary=canary, config={"timeout_s": 0.5})
    assert (seen.ok, seen.detail["canary"]) == (True, "unanswered")


def test_an_empty_answer_to_the_canary_is_honest() -> None:
    empty = lambda query: [dns.message.make_response(dns.message.from_wire(query)).to_wire()]  # noqa: E731
    assert look(lambda query: [respond(query)], canary=empty).detail["canary"] == "ok"


def test_the_canary_can_be_left_out() -> None:
    lies = lambda query: [respond(query)]  # noqa: E731
    seen, server = asyncio.run(ask(lies, canary=lies, config={**PATIENT, "canary": False}))
    assert (seen.ok, seen.detail["canary"], len(server.queries)) == (True, "off", 1)


def test_a_failing_resolver_is_failing_and_not_lying() -> None:
    lies = lambda query: [respond(query)]  # noqa: E731
    assert look(lambda query: [respond(query, 2)], canary=lies).reason == "dns_servfail"
    assert look(lambda query: [], canary=lies, config=QUICK).reason == "timeout"


@pytest.mark.parametrize("expect", ["203.0.113.9", "203.0.113.0/24, 198.51.100.7"])
def test_another_address_than_the_known_ones_is_hijacked(expect: str) -> None:
    seen = look(lambda query: [respond(query, address="10.10.10.10")], expect=expect)
    assert (seen.ok, seen.reason) == (False, "dns_hijacked")
    assert (seen.detail["answer"], seen.detail["expected"]) == ("10.10.10.10", expect)
    assert seen.detail["answer_kind"] == "private"


@pytest.mark.parametrize("expect", ["192.0.2.9", "192.0.2.0/24", "198.51.100.1,192.0.2.9"])
def test_a_known_address_is_the_truth(expect: str) -> None:
    assert look(lambda query: [respond(query)], expect=expect).ok


def test_one_known_address_among_the_answers_acquits_them() -> None:
    def two(query: bytes) -> list[bytes]:
        message = dns.message.from_wire(respond(query, address="203.0.113.77"))
        message.answer[0].add(dns.rdata.from_text("IN", "A", "192.0.2.9"))
        return [message.to_wire()]

    seen = look(two, expect="192.0.2.9")
    assert (seen.ok, seen.detail["answers"]) == (True, 2)


def test_what_the_config_expects_belongs_to_the_configs_own_question() -> None:
    def config(**more: object) -> dict[str, object]:
        return {"query": "serangkota.go.id", "expect": ("203.0.113.1",), **more}

    assert look(lambda query: [respond(query)], query="", config=config()).reason == "dns_hijacked"
    assert look(lambda query: [respond(query)], query="other.example", config=config()).ok


def test_a_lie_is_worse_than_a_wildcard() -> None:
    lies = lambda query: [respond(query, address="10.0.0.1")]  # noqa: E731
    assert look(lies, canary=lies, expect="192.0.2.9").reason == "dns_hijacked"


def test_an_answer_after_half_a_second_is_slow_and_fine() -> None:
    async def go() -> Observation:
        server = Server(lambda query: [], honest)
        loop = asyncio.get_running_loop()

        class Slow(Server):
            def datagram_received(self, data: bytes, addr: object) -> None:
                loop.call_later(0.6, super().datagram_received, data, addr)

        server = Slow(lambda query: [respond(query)], honest)
        transport, _ = await loop.create_datagram_endpoint(lambda: server, local_addr=("127.0.0.1", 0))
        try:
            port = transport.get_extra_info("sockname")[1]
            return await observe_here("dns", {"timeout_s": 5.0}, host="127.0.0.1", port=port, query="a.id")
        finally:
            transport.close()

    seen = asyncio.run(go())
    assert (seen.ok, seen.detail["slow"]) == (True, True)
    assert "slow" not in look(lambda query: [respond(query)], config={}).detail


def test_an_answer_from_where_nobody_is_tells_of_somebody_on_the_way() -> None:
    async def go() -> Observation:
        """The second address stands for one that has no server: 127.0.0.2 is answered as a redirection would."""
        loop = asyncio.get_running_loop()
        server = Server(lambda query: [respond(query)], honest)
        transport, _ = await loop.create_datagram_endpoint(lambda: server, local_addr=("127.0.0.1", 0))
        port = transport.get_extra_info("sockname")[1]
        liar = Server(lambda query: [respond(query)], honest)
        other, _ = await loop.create_datagram_endpoint(lambda: liar, local_addr=("127.0.0.2", port))
        try:
            settings = {**PATIENT, "intercept_check": "127.0.0.2"}
            return await observe_here("dns", settings, host="127.0.0.1", port=port, query="a.id")
        finally:
            transport.close()
            other.close()

    seen = asyncio.run(go())
    assert (seen.ok, seen.reason, seen.detail["intercepted"]) == (False, "dns_hijacked", True)
    assert seen.detail["intercept_address"] == "127.0.0.2"


def test_silence_where_nobody_is_is_as_it_should_be() -> None:
    seen = look(lambda query: [respond(query)], config={"timeout_s": 0.5, "intercept_check": "127.0.0.2"})
    assert seen.ok
    assert "intercepted" not in seen.detail


@pytest.mark.netns
def test_a_router_that_takes_all_questions_for_itself_is_noticed(lab: Lab, tmp_path: Path) -> None:
    """Port 53 is redirected to a resolver that answers properly for each address asked, existing or not."""
    node, router = lab.box("node"), lab.box("router", router=True)
    far = lab.box("far")
    lab.cable((node, "eth0", "10.9.0.2/24"), (router, "lan", "10.9.0.1/24"))
    lab.cable((router, "wan", "10.9.1.1/24"), (far, "eth0", "10.9.1.2/24"))
    node.ip("route", "add", "default", "via", "10.9.0.1")
    far.ip("route", "add", "default", "via", "10.9.1.1")
    router.ip("route", "add", "default", "via", "10.9.1.2")
    serve_names(router, "10.9.0.1")
    serve_names(far, "10.9.1.2")
    config = {**QUICK, "timeout_s": 1.0, "intercept_check": "192.0.2.53"}
    assert node.probe("dns", config=config, host="10.9.1.2", query="serangkota.go.id")["ok"]
    router.run("nft", "-f", "-", text=(
        "add table ip hijack\n"
        "add chain ip hijack pre { type nat hook prerouting priority -100; }\n"
        "add rule ip hijack pre udp dport 53 dnat to 10.9.0.1\n"
    ))  # fmt: skip
    seen = node.probe("dns", config=config, host="10.9.1.2", query="serangkota.go.id")
    assert (seen["reason"], seen["detail"]["intercepted"]) == ("dns_hijacked", True)
    seen = node.probe("dns", config=QUICK, host="10.9.1.2", query="serangkota.go.id", expect="10.9.1.2")
    assert (seen["reason"], seen["detail"]["answer"]) == ("dns_hijacked", "10.9.0.1")


def serve_names(box: Box, address: str) -> None:
    """A resolver in a box: `address` for every name that can exist."""
    process = box.start(sys.executable, "-m", "tests.support.names", address)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready"


def test_a_name_with_an_ipv6_address_alone_has_an_address() -> None:
    def answer(query: bytes) -> list[bytes]:
        response = dns.message.make_response(dns.message.from_wire(query))
        (question,) = response.question
        if question.rdtype == dns.rdatatype.AAAA:
            response.answer.append(dns.rrset.from_text(question.name, 60, "IN", "AAAA", "2001:db8::7"))
        return [response.to_wire()]

    seen = run(answer)
    assert (seen.ok, seen.lost, seen.detail["answer"]) == (True, 0, "2001:db8::7")


@pytest.mark.parametrize(
    ("host", "asked"),
    [
        ("pusat.serangkota.test", "pusat.serangkota.test"),
        ("pusat.kantor.test", "."),  # it is in /etc/hosts
        ("pusat.local", "."),
        ("pusat", "."),
        ("192.0.2.7", "."),
    ],
)
def test_resolvers_are_not_asked_for_a_centre_that_is_not_theirs_to_know(tmp_path: Path, host: str, asked: str) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/hosts").write_text("127.0.0.1 localhost\n192.0.2.7\tpusat.kantor.test Pusat # kota\n")
    center = Center(host, 8883, None)
    seen = asyncio.run(observe_here("dns", QUICK, host="127.0.0.1", port=9, center=center, root=tmp_path))
    assert seen.detail["query"] == asked
