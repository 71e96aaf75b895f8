"""Resolvers that answer, refuse, stay silent, lie and send rubbish: real sockets, dnspython on the other side."""

import asyncio
import time
from pathlib import Path

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
from tests.support.dns_probe import PATIENT, QUICK, Server, ask, honest, respond, run
from tests.support.lab import Lab
from tests.support.probe_once import observe_here, with_time


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

    def look(timeout_s: float) -> Observation:
        asked.clear()
        return run(answer, config={"timeout_s": timeout_s, "tries": 9})

    seen = with_time(look, 1.0, lambda seen: seen.sent == 2)
    assert (seen.ok, seen.sent, seen.lost) == (True, 2, 1)
    assert asked[0][:2] != asked[1][:2]  # a new id: an answer to the first is not taken for one to the second


def test_a_slow_resolver_is_not_a_silent_one() -> None:
    """Its answer to the first question comes while the second is out, and counts with its whole time."""
    asked: list[tuple[float, bytes, object]] = []
    took_s: list[float] = []

    class Slow(Server):
        def datagram_received(self, data: bytes, addr: object) -> None:
            if dns.message.from_wire(data).question[0].name.to_text() != "a.id.":
                return
            asked.append((time.perf_counter(), data, addr))
            if len(asked) == 2:
                came_s, first, sender = asked[0]
                took_s.append(time.perf_counter() - came_s)
                self.transport.sendto(respond(first), sender)  # type: ignore[attr-defined]

    async def go() -> Observation:
        loop = asyncio.get_running_loop()
        server = Slow(lambda query: [], honest)
        transport, _ = await loop.create_datagram_endpoint(lambda: server, local_addr=("127.0.0.1", 0))
        try:
            port = transport.get_extra_info("sockname")[1]
            return await observe_here("dns", {"timeout_s": 0.3, "tries": 10}, host="127.0.0.1", port=port, query="a.id")
        finally:
            transport.close()

    seen = asyncio.run(go())
    assert (seen.ok, seen.reason, seen.lost) == (True, "", 0)
    assert (seen.rtts_ms[-1] or 0) >= took_s[0] * 1000 > 0


def test_silence_is_a_timeout_and_a_closed_port_is_refused_at_once() -> None:
    seen = run(lambda query: [], config=QUICK)
    assert (seen.ok, seen.reason, seen.sent, seen.lost) == (False, "timeout", 2, 2)
    seen = asyncio.run(observe_here("dns", PATIENT, host="127.0.0.1", port=1, query="a.id"))
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
    seen = run(lambda query: [b"\xff" * 40], config=QUICK)
    assert (seen.ok, seen.reason) == (False, "dns_malformed")
    assert run(lambda query: [b"", b"\0", b"\xff" * 4000, respond(query)]).ok


@settings(max_examples=15)
@given(st.lists(st.binary(max_size=100), max_size=3))
def test_any_datagrams_end_in_an_observation_in_time(datagrams: list[bytes]) -> None:
    async def go() -> Observation:
        return (await ask(lambda query: [query[:2] + data for data in datagrams], config=QUICK))[0]

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
    seen = asyncio.run(observe_here("dns", PATIENT, root=tmp_path, host="resolver:1", port=1))
    assert (seen.reason, seen.detail["address"]) == ("refused", "127.0.0.1")
    assert asyncio.run(observe_here("dns", QUICK, root=tmp_path, host="resolver:2")).reason == "no_target"


@pytest.mark.netns
def test_a_filtered_resolver_names_the_filter(lab: Lab) -> None:
    node, router, far = lab.box("node"), lab.box("router", router=True), lab.box("far")
    lab.cable((node, "eth0", "10.9.0.2/24"), (router, "lan", "10.9.0.1/24"))
    lab.cable((router, "wan", "10.9.1.1/24"), (far, "eth0", "10.9.1.2/24"))
    node.ip("route", "add", "default", "via", "10.9.0.1")
    router.nft("passing udp dport 53 reject with icmp type admin-prohibited")
    seen = node.probe("dns", config=PATIENT, host="10.9.1.2")
    assert (seen["reason"], seen["detail"]["offender"]) == ("prohibited", "10.9.0.1")


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
