"""Signs of life of a gateway that answers everything, something, only ARP, or nothing."""

import pytest

from tests.support.lab import Box, Lab
from tests.support.line import GATEWAY, Line
from tests.support.own_time import within

pytestmark = pytest.mark.netns


def test_a_gateway_that_answers_pings_is_not_knocked_at(line: Line) -> None:
    line.gateway.nft("arriving meta l4proto tcp counter", "arriving meta l4proto udp counter")
    line.node.run("ping", "-c1", "-w30", GATEWAY)
    seen = line.node.probe("gateway")
    assert (seen["ok"], seen["detail"]["alive_by"], seen["detail"]["ping"]) == (True, "ping", True)
    assert (seen["detail"]["address"], seen["detail"]["interface"]) == (GATEWAY, "eth0")
    assert seen["detail"]["arp"] in ("reachable", "delay", "stale", "probe")
    assert len(seen["detail"]["mac"]) == 17
    assert "knock" not in seen["detail"]
    assert line.gateway.run("nft", "list", "ruleset").count("packets 0 bytes 0") == 2


def test_an_unprivileged_process_sees_the_same(line: Line) -> None:
    assert line.node.probe("gateway", as_nobody=True)["detail"]["alive_by"] == "ping"


def test_a_process_that_may_not_ping_knocks(line: Line) -> None:
    line.node.sysctl("net.ipv4.ping_group_range", "1 0")
    seen = line.node.probe("gateway", as_nobody=True)
    assert (seen["ok"], seen["detail"]["ping"], seen["detail"]["knock"]) == (True, False, "refused")


def test_a_gateway_that_mutes_pings_lives_by_a_refused_door(line: Line) -> None:
    line.gateway.nft("arriving meta l4proto icmp drop")
    with within(8):
        seen = line.node.probe("gateway")
    assert (seen["ok"], seen["detail"]["ping"], seen["detail"]["knock"]) == (True, False, "refused")
    assert seen["detail"]["alive_by"].startswith(("tcp:", "udp:"))
    assert seen["rtts_ms"] == []


def test_an_open_door_is_a_sign_too(line: Line) -> None:
    line.gateway.nft(
        "arriving meta l4proto icmp drop", "arriving meta l4proto udp drop", "arriving tcp dport {53, 443} drop"
    )
    line.gateway.start("python3", "-m", "http.server", "80")
    for _ in range(50):
        seen = line.node.probe("gateway")
        if seen["detail"]["knock"] == "open":
            break
    assert (seen["ok"], seen["detail"]["alive_by"], seen["detail"]["knock"]) == (True, "tcp:80", "open")


def test_a_gateway_whose_filter_refuses_in_words_lives(line: Line) -> None:
    line.gateway.nft("arriving meta l4proto icmp drop", "arriving reject with icmpx type admin-prohibited")
    seen = line.node.probe("gateway")
    assert (seen["ok"], seen["detail"]["knock"]) == (True, "refused")


def test_a_gateway_that_only_answers_arp_is_silent_and_there(line: Line) -> None:
    line.gateway.nft("arriving drop")
    seen = line.node.probe("gateway")
    assert (seen["ok"], seen["reason"], seen["detail"]["knock"]) == (False, "no_reply", "silent")
    assert (seen["detail"]["arp"], seen["lost"], seen["sent"]) == ("reachable", 2, 2)
    assert seen["detail"]["arp_asked"] == "answered"
    assert len(seen["detail"]["mac"]) == 17


@pytest.mark.parametrize("nobody", [False, True])
def test_an_address_that_nobody_owns_is_told_from_a_silent_machine(line: Line, nobody: bool) -> None:
    line.node.ip("route", "replace", "default", "via", "10.9.0.77")
    seen = line.node.probe("gateway", as_nobody=nobody)
    assert (seen["ok"], seen["reason"], seen["detail"]["address"]) == (False, "no_arp", "10.9.0.77")
    assert seen["detail"]["arp"] in ("incomplete", "failed")


def test_a_gateway_that_died_a_moment_ago_is_asked_for_again(line: Line) -> None:
    """The kernel remembers its hardware address for half a minute; only an ARP question tells."""
    for state in ("reachable", "stale"):
        line.gateway.ip("address", "flush", "dev", "lan")
        line.node.ip("neigh", "replace", GATEWAY, "lladdr", "02:00:00:00:00:09", "nud", state, "dev", "eth0")
        seen = line.node.probe("gateway")
        assert (seen["ok"], seen["reason"], seen["detail"]["arp_asked"]) == (False, "no_arp", "silent")
    line.node.ip("neigh", "replace", GATEWAY, "lladdr", "02:00:00:00:00:09", "nud", "stale", "dev", "eth0")
    seen = line.node.probe("gateway", as_nobody=True)  # may not ask: the table's word has to do
    assert seen["ok"] is False
    assert "arp_asked" not in seen["detail"]


def test_a_gateway_of_ipv6_alone(lab: Lab) -> None:
    node, gateway = lab.box("node"), lab.box("gw")
    lab.cable((node, "eth0", "2001:db8::2/64"), (gateway, "lan", "2001:db8::1/64"))
    node.ip("-6", "route", "add", "default", "via", "2001:db8::1")
    node.run("ping", "-c1", "-w30", "2001:db8::1")  # a new IPv6 cable needs a second or two
    seen = node.probe("gateway")
    assert (seen["ok"], seen["detail"]["address"], seen["detail"]["alive_by"]) == (True, "2001:db8::1", "ping")
    assert len(seen["detail"]["mac"]) == 17
    node.ip("-6", "route", "replace", "default", "via", "2001:db8::77")
    assert node.probe("gateway")["reason"] == "no_arp"


def test_a_link_local_gateway_of_ipv6(lab: Lab) -> None:
    node, gateway = lab.box("node"), lab.box("gw")
    lab.cable((node, "eth0", "2001:db8::2/64 fe80::2/64"), (gateway, "lan", "2001:db8::1/64 fe80::1/64"))
    node.ip("-6", "route", "add", "default", "via", "fe80::1", "dev", "eth0")
    node.run("ping", "-c1", "-w30", "fe80::1%eth0")
    seen = node.probe("gateway")
    assert (seen["ok"], seen["detail"]["address"], seen["detail"]["ping"]) == (True, "fe80::1%eth0", True)
    gateway.nft("arriving icmpv6 type echo-request drop")
    seen = node.probe("gateway")
    assert (seen["ok"], seen["detail"]["knock"]) == (True, "refused")


def test_without_a_gateway_there_is_no_target(line: Line) -> None:
    for box in (line.node,):
        box.ip("route", "del", "default")
        box.ip("-6", "route", "del", "default")
        assert box.probe("gateway")["reason"] == "no_target"
        box.ip("route", "add", "default", "dev", "eth0")  # a point-to-point link has a route and no gateway
        assert box.probe("gateway")["reason"] == "no_target"


def test_our_own_firewall_is_named(line: Line) -> None:
    node: Box = line.node
    node.nft("leaving meta l4proto {icmp, tcp, udp} drop")
    seen = node.probe("gateway")
    assert seen["ok"] is False
    assert seen["reason"] in ("prohibited", "no_reply")
