"""A second machine with our address, on the same switch."""

import asyncio
from pathlib import Path

import pytest

from agent.probes.duplicates import Check, Checks
from agent.probes.execute import observe
from tests.support.lab import Box, Lab
from tests.support.namespaces import run_inside
from tests.support.probe_once import context_for, target_for

pytestmark = pytest.mark.netns


@pytest.fixture
def network(lab: Lab) -> tuple[Box, Box]:
    """A node and another machine on a switch."""
    node, other, switch = lab.box("node"), lab.box("other"), lab.box("switch")
    lab.cable((node, "eth0", "10.9.0.2/24"), (switch, "port1", ""))
    lab.cable((other, "eth0", "10.9.0.3/24"), (switch, "port2", ""))
    switch.ip("link", "add", "br0", "type", "bridge")
    for name in ("port1", "port2"):
        switch.ip("link", "set", name, "master", "br0")
    switch.ip("link", "set", "br0", "up")
    node.run("ping", "-c1", "-w30", "10.9.0.3")  # the switch is through
    return node, other


def mac(box: Box) -> str:
    return box.run("cat", "/sys/class/net/eth0/address").strip()


def test_an_address_of_our_own_is_clear(network: tuple[Box, Box]) -> None:
    node, _ = network
    seen = node.probe("address")
    assert (seen["ok"], seen["detail"]["acd"], seen["detail"]["ipv4"]) == (True, "clear", "10.9.0.2/24")


def test_another_machine_with_our_address_is_named(network: tuple[Box, Box]) -> None:
    node, other = network
    other.ip("address", "add", "10.9.0.2/24", "dev", "eth0")
    seen = node.probe("address")
    assert (seen["ok"], seen["reason"], seen["detail"]["acd"]) == (False, "duplicate_address", "conflict")
    assert (seen["detail"]["conflict_mac"], seen["detail"]["conflict_address"]) == (mac(other), "10.9.0.2")


def test_the_question_leaves_no_trace_in_anybodys_arp_cache(network: tuple[Box, Box]) -> None:
    node, other = network
    other.ip("neigh", "flush", "dev", "eth0")
    node.probe("address")
    assert "10.9.0.2" not in other.run("ip", "neigh", "show", "dev", "eth0")


def test_who_may_not_ask_judges_as_before(network: tuple[Box, Box]) -> None:
    node, other = network
    other.ip("address", "add", "10.9.0.2/24", "dev", "eth0")
    seen = node.probe("address", as_nobody=True)
    assert (seen["ok"], seen["detail"]["acd"]) == (True, "not_permitted")


def test_asking_can_be_switched_off(network: tuple[Box, Box]) -> None:
    node, other = network
    other.ip("address", "add", "10.9.0.2/24", "dev", "eth0")
    seen = node.probe("address", config={"check_duplicates": False})
    assert (seen["ok"], seen["detail"]["acd"]) == (True, "skipped")


def test_two_interfaces_of_this_box_on_one_switch_are_no_conflict(lab: Lab) -> None:
    """A Pi with cable and Wi-Fi on the same network: Linux answers for either address on both."""
    node, switch = lab.box("node"), lab.box("switch")
    lab.cable((node, "eth0", "10.9.0.2/24"), (switch, "port1", ""))
    lab.cable((node, "eth1", "10.9.0.4/24"), (switch, "port2", ""))
    switch.ip("link", "add", "br0", "type", "bridge")
    for name in ("port1", "port2"):
        switch.ip("link", "set", name, "master", "br0")
    switch.ip("link", "set", "br0", "up")
    seen = node.probe("address")
    assert (seen["ok"], seen["detail"]["acd"]) == (True, "clear")


def test_a_pulled_cable_is_asked_when_it_is_in_again(network: tuple[Box, Box], tmp_path: Path) -> None:
    """The files of the interface are a copy, since a thread in a namespace still sees the host's."""
    node, other = network
    interface = tmp_path / "sys/class/net/eth0"
    interface.mkdir(parents=True)
    for name, text in (("address", mac(node)), ("type", "1"), ("carrier", "0")):
        (interface / name).write_text(f"{text}\n")

    async def story() -> list[object]:
        context = context_for(root=tmp_path)
        try:
            target = target_for("address", {}, {})
            other.ip("address", "add", "10.9.0.2/24", "dev", "eth0")
            out = await observe(target, context)
            (interface / "carrier").write_text("1\n")
            back = await observe(target, context)
            other.ip("address", "del", "10.9.0.2/24", "dev", "eth0")
            still = await observe(target, context)  # the answer holds for a minute
            return [out.detail["acd"], back.detail["acd"], still.reason]
        finally:
            context.pinger.close()

    assert run_inside(node, lambda: asyncio.run(story())) == ["skipped", "conflict", "duplicate_address"]


def test_a_tunnel_has_nobody_to_ask(lab: Lab) -> None:
    node = lab.box("node")
    node.ip("tuntap", "add", "ppp7", "mode", "tun")
    node.ip("address", "add", "10.9.0.2", "peer", "10.9.0.1", "dev", "ppp7")
    node.ip("link", "set", "ppp7", "up")
    seen = node.probe("address")
    assert (seen["ok"], seen["detail"]["acd"]) == (True, "skipped")


def test_the_kernels_own_finding_for_ipv6_counts_and_a_good_ipv4_outweighs_it(network: tuple[Box, Box]) -> None:
    node, other = network
    other.ip("address", "add", "2001:db8::7/64", "dev", "eth0", "nodad")
    node.sysctl("net.ipv6.conf.eth0.dad_transmits", "1")
    node.ip("address", "add", "2001:db8::7/64", "dev", "eth0")
    for _ in range(40):
        seen = node.probe("address", config={"check_duplicates": False})
        if "ipv6_duplicate" in seen["detail"]:
            break
    assert (seen["ok"], seen["detail"]["ipv6_duplicate"]) == (True, "2001:db8::7")
    node.ip("address", "del", "10.9.0.2/24", "dev", "eth0")
    assert node.probe("address")["reason"] == "duplicate_address"


def test_a_check_is_due_at_once_then_every_ten_minutes_and_after_a_change() -> None:
    mine, other = frozenset({"10.9.0.2"}), frozenset({"10.9.0.9"})
    checks = Checks()
    assert checks.due(1_000, mine)
    checks.asked, checks.at_ms, checks.last = mine, 1_000, Check("clear")
    assert not checks.due(600_999, mine)
    assert checks.due(601_000, mine)
    assert checks.due(2_000, other)
    checks.last = Check("conflict", "10.9.0.2", "02:00:00:00:00:01")
    assert not checks.due(60_999, mine)
    assert checks.due(61_000, mine)
