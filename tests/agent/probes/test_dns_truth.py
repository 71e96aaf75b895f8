"""Whether a resolver tells the truth: wildcards, known addresses, and answers from where nobody is."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import dns.message
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.rrset
import pytest

from agent.core.observation import Observation
from tests.support.dns_probe import PATIENT, QUICK, Answering, Server, ask, honest, respond, run
from tests.support.lab import Box, Lab
from tests.support.probe_once import observe_here, with_time


def look(answer: Answering, query: str = "serangkota.go.id", **more: Any) -> Observation:
    return run(answer, query=query, **more)


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
    seen = with_time(
        lambda timeout_s: look(lambda query: [respond(query)], canary=canary, config={"timeout_s": timeout_s}),
        0.5,
        lambda seen: seen.ok,
    )
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
            return await observe_here("dns", {"timeout_s": 20.0}, host="127.0.0.1", port=port, query="a.id")
        finally:
            transport.close()

    seen = asyncio.run(go())
    assert (seen.ok, seen.detail["slow"]) == (True, True)
    # A machine that stands still in the middle of one makes that one slow.
    assert any("slow" not in look(lambda query: [respond(query)], config={}).detail for _ in range(10))


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
    def wait(timeout_s: float) -> Observation:
        config = {"timeout_s": timeout_s, "intercept_check": "127.0.0.2"}
        return look(lambda query: [respond(query)], config=config)

    seen = with_time(wait, 0.5, lambda seen: seen.ok)
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
    config = {**PATIENT, "intercept_check": "192.0.2.53"}

    def wait(timeout_s: float) -> dict[str, Any]:
        """Where nobody is, it waits to the end."""
        return node.probe("dns", config={**config, "timeout_s": timeout_s}, host="10.9.1.2", query="serangkota.go.id")

    assert with_time(wait, 1.0, lambda seen: bool(seen["ok"]))["ok"]
    router.run("nft", "-f", "-", text=(
        "add table ip hijack\n"
        "add chain ip hijack pre { type nat hook prerouting priority -100; }\n"
        "add rule ip hijack pre udp dport 53 dnat to 10.9.0.1\n"
    ))  # fmt: skip
    seen = node.probe("dns", config=config, host="10.9.1.2", query="serangkota.go.id")
    assert (seen["reason"], seen["detail"]["intercepted"]) == ("dns_hijacked", True)
    seen = node.probe("dns", config=PATIENT, host="10.9.1.2", query="serangkota.go.id", expect="10.9.1.2")
    assert (seen["reason"], seen["detail"]["answer"]) == ("dns_hijacked", "10.9.0.1")


def serve_names(box: Box, address: str) -> None:
    """A resolver in a box: `address` for every name that can exist."""
    process = box.start(sys.executable, "-m", "tests.support.names", address)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready"
