"""Link, address and route of a box whose cable, DHCP and routes really come and go."""

import subprocess

import pytest

from tests.support.lab import Box, Lab

pytestmark = pytest.mark.netns


@pytest.fixture
def boxes(lab: Lab) -> tuple[Box, Box]:
    node, peer = lab.box("node"), lab.box("peer")
    lab.cable((node, "eth0", "10.9.0.2/24"), (peer, "eth0", "10.9.0.1/24"))
    return node, peer


def test_a_connected_cable_is_a_link(boxes: tuple[Box, Box]) -> None:
    seen = boxes[0].probe("link")
    assert (seen["ok"], seen["detail"]["interface"], seen["detail"]["carrier"]) == (True, "eth0", True)


def test_a_pulled_cable_is_no_carrier_and_a_switched_off_interface_something_else(boxes: tuple[Box, Box]) -> None:
    node, peer = boxes
    peer.ip("link", "set", "eth0", "down")
    assert node.probe("link")["reason"] == "no_carrier"
    node.ip("link", "set", "eth0", "down")
    assert node.probe("link")["reason"] == "link_off"
    node.ip("link", "del", "eth0")
    assert node.probe("link")["reason"] == "no_interface"


def test_an_interface_can_be_named(boxes: tuple[Box, Box]) -> None:
    node, _ = boxes
    node.ip("link", "add", "spare", "type", "veth", "peer", "name", "loose")
    assert node.probe("link", config={"interface": "spare"})["reason"] == "link_off"
    assert node.probe("link", config={"interface": "eth0"})["ok"]


def test_addresses_are_told_from_self_given_ones(boxes: tuple[Box, Box]) -> None:
    node, _ = boxes
    assert node.probe("address")["detail"]["ipv4"] == "10.9.0.2/24"
    node.ip("address", "flush", "dev", "eth0")
    assert node.probe("address")["reason"] == "no_address"
    node.ip("address", "add", "169.254.7.7/16", "dev", "eth0", "scope", "link")
    assert node.probe("address")["reason"] == "link_local_only"


def test_a_route_with_its_gateway_and_what_arp_knows_of_it(boxes: tuple[Box, Box]) -> None:
    node, _ = boxes
    assert node.probe("route")["reason"] == "no_default_route"
    node.ip("route", "add", "default", "via", "10.9.0.1")
    seen = node.probe("route")
    assert (seen["ok"], seen["detail"]["gateway"], seen["detail"]["gateway_arp"]) == (True, "10.9.0.1", "absent")
    node.run("ping", "-c1", "-w30", "10.9.0.1")
    assert node.probe("route")["detail"]["gateway_arp"] == "known"
    node.ip("route", "replace", "default", "via", "10.9.0.77")
    with pytest.raises(AssertionError):
        node.run("ping", "-c1", "-w1", "10.9.0.77")
    assert node.probe("route")["detail"]["gateway_arp"] == "unanswered"


def test_the_gateway_is_looked_up_at_each_run(boxes: tuple[Box, Box]) -> None:
    node, _ = boxes
    quick = {"count": 2, "gap_s": 0.02, "timeout_s": 0.5, "late_s": 0.0}
    assert node.probe("icmp", config=quick, host="gateway")["reason"] == "no_target"
    node.ip("route", "add", "default", "via", "10.9.0.1")
    seen = node.probe("icmp", config=quick, host="gateway")
    assert (seen["ok"], seen["detail"]["address"]) == (True, "10.9.0.1")


def test_these_probes_need_no_privilege(boxes: tuple[Box, Box]) -> None:
    for probe in ("link", "address"):
        assert boxes[0].probe(probe, as_nobody=True)["ok"]


def test_the_laboratory_leaves_nothing_behind() -> None:
    from tests.support.lab import laboratory

    with laboratory() as lab:
        box = lab.box("brief")
        running = box.start("sleep", "60")
    assert running.poll() is not None
    assert box.name not in subprocess.run(("ip", "netns", "list"), capture_output=True, text=True, check=True).stdout
