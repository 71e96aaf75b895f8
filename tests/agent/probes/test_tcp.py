"""TCP: open, refused, filtered, unreachable, and who says so."""

import asyncio
import socket

import pytest

from agent.probes import resolve
from agent.probes.errors import ProbeError
from agent.probes.resolve import Resolver
from tests.support.lab import Box, Lab
from tests.support.probe_once import observe_here

netns = pytest.mark.netns
QUICK = {"timeout_s": 0.4}
"""Where nothing is to come."""
PATIENT = {"timeout_s": 20.0}
"""For what does come: a busy machine must not make it late."""


def listening(family: int = socket.AF_INET) -> socket.socket:
    sock = socket.socket(family)
    sock.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
    sock.listen()
    return sock


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_an_open_port_is_reached(family: int) -> None:
    with listening(family) as sock:
        host, port = sock.getsockname()[:2]
        seen = asyncio.run(observe_here("tcp", PATIENT, host=host, port=port))
    assert (seen.ok, seen.sent, seen.lost) == (True, 1, 0)


def test_a_closed_port_is_refused() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))  # nobody else's port, and nobody listens
        seen = asyncio.run(observe_here("tcp", PATIENT, host="127.0.0.1", port=sock.getsockname()[1]))
    assert (seen.ok, seen.reason, seen.rtts_ms) == (False, "refused", (None,))


@pytest.fixture
def chain(lab: Lab) -> tuple[Box, Box]:
    node, router, far = lab.box("node"), lab.box("router", router=True), lab.box("far")
    lab.cable((node, "eth0", "10.9.0.2/24"), (router, "lan", "10.9.0.1/24"))
    lab.cable((router, "wan", "10.9.1.1/24"), (far, "eth0", "10.9.1.2/24"))
    node.ip("route", "add", "default", "via", "10.9.0.1")
    far.ip("route", "add", "default", "via", "10.9.1.1")
    return node, router


@netns
def test_refused_filtered_and_unreachable_are_three_things(chain: tuple[Box, Box]) -> None:
    node, router = chain
    assert node.probe("tcp", config=PATIENT, host="10.9.1.2", port=9)["reason"] == "refused"
    router.nft("passing tcp dport 9 drop")
    assert node.probe("tcp", config=QUICK, host="10.9.1.2", port=9)["reason"] == "timeout"
    seen = node.probe("tcp", config=PATIENT, host="198.51.100.7", port=9)
    assert (seen["reason"], seen["detail"]["offender"]) == ("net_unreachable", "10.9.0.1")


@netns
def test_a_filter_that_says_so_names_itself(chain: tuple[Box, Box]) -> None:
    node, router = chain
    router.nft("passing tcp dport 9 reject with icmp type admin-prohibited")
    seen = node.probe("tcp", config=PATIENT, host="10.9.1.2", port=9)
    assert (seen["reason"], seen["detail"]["offender"], seen["detail"]["icmp_code"]) == ("prohibited", "10.9.0.1", 13)


@netns
def test_a_box_without_a_route_blames_nobody_else(lab: Lab) -> None:
    seen = lab.box("alone").probe("tcp", config=QUICK, host="198.51.100.7", port=9)
    assert seen["reason"] == "no_route"


def test_a_name_nobody_knows_is_no_lost_packet() -> None:
    seen = asyncio.run(observe_here("tcp", {"timeout_s": 3.0}, host="nowhere.invalid", port=9))
    assert (seen.ok, seen.reason, seen.sent) == (False, "resolve_failed", 0)


def test_a_name_is_looked_up_once_and_its_last_address_survives_a_dead_resolver(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[bytes] = []
    real = socket.getaddrinfo

    def counted(host: bytes, *rest: object, **more: object) -> object:
        calls.append(host)
        if len(calls) > 1:
            raise socket.gaierror(-3, "Temporary failure in name resolution")
        return real("127.0.0.1", *rest, **more)  # type: ignore[call-overload]

    async def go() -> None:
        resolver = Resolver()
        monkeypatch.setattr(socket, "getaddrinfo", counted)
        assert await resolver.address("sandi.example", 60) == "127.0.0.1"
        assert await resolver.address("sandi.example", 60) == "127.0.0.1"
        assert calls == [b"sandi.example"]
        monkeypatch.setattr("agent.probes.resolve.FRESH_S", 0.0)
        assert await resolver.address("sandi.example", 60) == "127.0.0.1"
        assert len(calls) == 2
        with pytest.raises(ProbeError):
            await resolver.address("other.example", 60)

    asyncio.run(go())


def test_a_look_up_that_hangs_does_not_hang_the_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    release = threading.Event()

    def looking_up() -> set[threading.Thread]:
        return {thread for thread in threading.enumerate() if thread.name == "resolve"}

    def stuck(*_: object, **__: object) -> object:
        release.wait(60)
        raise socket.gaierror(-3, "late")

    async def go() -> None:
        resolver, before = Resolver(), looking_up()
        monkeypatch.setattr(socket, "getaddrinfo", stuck)
        for _ in range(3):
            with pytest.raises(ProbeError) as caught:
                await resolver.address("sandi.example", 0.05)
            assert caught.value.detail["error"] == "timeout"
        assert len(looking_up() - before) == 1  # not a thread for each try

    try:
        asyncio.run(go())
    finally:
        release.set()


@netns
def test_a_firewall_that_speaks_of_ports_is_not_the_host(chain: tuple[Box, Box]) -> None:
    """What iptables' REJECT sends unless told otherwise."""
    node, router = chain
    router.nft("passing tcp dport 9 reject with icmp type port-unreachable")
    seen = node.probe("tcp", config=PATIENT, host="10.9.1.2", port=9)
    assert (seen["reason"], seen["detail"]["offender"]) == ("prohibited", "10.9.0.1")


def test_of_a_names_addresses_the_one_with_a_way_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def ways(*families: str) -> None:
        monkeypatch.setattr(resolve, "address_towards", lambda address: "own" if address in families else "")

    ways("192.0.2.7", "2001:db8::7")
    assert resolve.chosen(["2001:db8::7", "192.0.2.7"]) == "192.0.2.7"
    ways("2001:db8::7")
    assert resolve.chosen(["192.0.2.7", "2001:db8::7"]) == "2001:db8::7"
    ways()
    assert resolve.chosen(["192.0.2.7", "2001:db8::7"]) == "192.0.2.7"
