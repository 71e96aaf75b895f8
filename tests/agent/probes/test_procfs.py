"""Readers of /proc, /sys and resolv.conf on golden files of a Raspberry Pi, and on broken ones."""

import asyncio
import socket
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.core.observation import Reason
from agent.probes.link import judge
from agent.probes.procfs import (
    DefaultRoute,
    Interface,
    default_routes,
    interfaces,
    is_address,
    neighbour,
    resolvers,
)
from tests.support.probe_once import observe_here

ROUTE = """\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
eth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth0\t0000000A\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
eth0\t00000000\t0200000A\t0203\t0\t0\t50\t00000000\t0\t0\t0
"""
IPV6_ROUTE = (
    "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
    "fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n"
    "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
    "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n"
)
ARP = """\
IP address       HW type     Flags       HW address            Mask     Device
10.0.0.1         0x1         0x2         dc:a6:32:00:00:01     *        eth0
10.0.0.9         0x1         0x0         00:00:00:00:00:00     *        eth0
"""


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def interface(root: Path, name: str, physical: bool = True, **files: str) -> None:
    for file, text in files.items():
        write(root, f"sys/class/net/{name}/{file}", text + "\n")
    if physical:
        write(root, f"sys/class/net/{name}/device/uevent", "")


def test_default_routes_come_by_family_and_metric_without_rejected_ones(tmp_path: Path) -> None:
    write(tmp_path, "proc/net/route", ROUTE)
    write(tmp_path, "proc/net/ipv6_route", IPV6_ROUTE)
    assert default_routes(tmp_path) == (
        DefaultRoute("eth0", "10.0.0.1", 100, socket.AF_INET),
        DefaultRoute("wlan0", "192.168.1.1", 600, socket.AF_INET),
        DefaultRoute("eth0", "fe80::1%eth0", 1024, socket.AF_INET6),
    )


def test_a_point_to_point_route_has_no_gateway(tmp_path: Path) -> None:
    write(tmp_path, "proc/net/route", "head\nppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n")
    assert default_routes(tmp_path) == (DefaultRoute("ppp0", "", 0, socket.AF_INET),)


@pytest.mark.parametrize("text", ["", "head\n", "head\neth0\n", "head\neth0 zz zz zz zz zz zz zz\n", "\0\0\0"])
def test_a_broken_table_holds_no_route(tmp_path: Path, text: str) -> None:
    write(tmp_path, "proc/net/route", text)
    write(tmp_path, "proc/net/ipv6_route", text)
    assert default_routes(tmp_path) == ()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=200))
def test_any_text_in_the_kernels_place_is_survived(tmp_path: Path, text: str) -> None:
    for path in ("proc/net/route", "proc/net/ipv6_route", "proc/net/arp", "etc/resolv.conf"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(text.encode("utf-8", "surrogatepass"))
    for route in default_routes(tmp_path):
        assert route.interface and not route.interface.isspace()
        assert not route.gateway or is_address(route.gateway)
    assert neighbour(tmp_path, "10.0.0.1") in ("known", "unanswered", "absent")
    found = resolvers(tmp_path)
    assert len(set(found)) == len(found) <= 3
    assert all(map(is_address, found))


def test_missing_files_are_nothing_known(tmp_path: Path) -> None:
    assert default_routes(tmp_path) == ()
    assert interfaces(tmp_path) == ()
    assert resolvers(tmp_path) == ()
    assert neighbour(tmp_path, "10.0.0.1") == "absent"


def test_what_arp_knows_of_the_gateway(tmp_path: Path) -> None:
    write(tmp_path, "proc/net/arp", ARP)
    assert neighbour(tmp_path, "10.0.0.1") == "known"
    assert neighbour(tmp_path, "10.0.0.9") == "unanswered"
    assert neighbour(tmp_path, "10.0.0.2") == "absent"


def test_resolvers_are_at_most_three_addresses_once_each(tmp_path: Path) -> None:
    write(tmp_path, "etc/resolv.conf", "# x\nnameserver 10.0.0.1\nnameserver 10.0.0.1\nnameserver dns.example\n"
          "options edns0\nnameserver fe80::1%eth0\nnameserver 9.9.9.9\nnameserver 8.8.8.8\n")  # fmt: skip
    assert resolvers(tmp_path) == ("10.0.0.1", "fe80::1%eth0", "9.9.9.9")


def test_interfaces_of_a_pi_with_a_cable_and_idle_wifi(tmp_path: Path) -> None:
    interface(tmp_path, "lo", physical=False, flags="0x9", carrier="1", operstate="unknown")
    interface(tmp_path, "eth0", flags="0x1003", carrier="1", operstate="up", speed="1000", carrier_changes="2")
    interface(tmp_path, "wlan0", flags="0x1002", operstate="down", carrier_changes="1")  # carrier reads EINVAL
    interface(tmp_path, "docker0", physical=False, flags="0x1003", carrier="0", operstate="down", speed="-1")
    found = {link.name: link for link in interfaces(tmp_path)}
    assert found["eth0"] == Interface("eth0", True, True, True, "up", 1000, 2)
    assert found["wlan0"] == Interface("wlan0", False, True, None, "down", None, 1)
    assert found["docker0"].speed_mbps is None
    assert "lo" not in found


def link(up: bool, carrier: bool | None) -> Interface:
    return Interface("eth0", up, True, carrier, "", None, None)


@pytest.mark.parametrize(
    ("links", "reason"),
    [
        ([], Reason.NO_INTERFACE),
        ([link(False, None)], Reason.LINK_OFF),
        ([link(True, False), link(False, None)], Reason.NO_CARRIER),
        ([link(True, False), link(True, True)], Reason.NONE),
        ([link(True, None)], Reason.NO_CARRIER),
    ],
)
def test_judging_links(links: list[Interface], reason: Reason) -> None:
    assert judge(links) is reason


@pytest.mark.parametrize(("kind", "reason"), [("512", ""), ("65534", "no_carrier")])
def test_a_dialled_modem_is_a_link_although_no_cable_is_in_and_a_tunnel_is_none(
    tmp_path: Path, kind: str, reason: str
) -> None:
    interface(tmp_path, "eth0", flags="0x1003", carrier="0", operstate="down", type="1")
    interface(tmp_path, "ppp0", physical=False, flags="0x10d1", carrier="1", operstate="unknown", type=kind)
    write(tmp_path, "proc/net/route", "head\nppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n")
    assert asyncio.run(observe_here("link", root=tmp_path)).reason == reason
