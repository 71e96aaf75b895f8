"""How large a packet passes: with and without a router that says so, one way, under loss, without any ping answered."""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from agent.probes.mtu import MtuConfig
from tests.support.line import FAR, FAR6, GATEWAY, ISP, Line
from tests.support.namespaces import inside
from tests.support.probe_once import looked_again
from tests.support.serving import Certificates, serving

pytestmark = pytest.mark.netns


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server whose certificate, with its authority's behind it three times, is larger than one packet."""
    made = Certificates(Path(tmp_path_factory.mktemp("tls")))
    leaf, key = made.leaf("far", host=FAR)
    leaf.write_bytes(leaf.read_bytes() + made.ca.read_bytes() * 3)
    return made.server_context((leaf, key))


@pytest.fixture
def port(line: Line, tls: ssl.SSLContext) -> Iterator[int]:
    """Where the far host speaks TLS."""
    with ExitStack() as stack:
        with inside(line.far):
            found = stack.enter_context(serving(lambda connection: connection.recv(1), tls, FAR))
        yield found


def passes(line: Line, **asked: Any) -> dict[str, Any]:
    """One look at a way that TCP passes. Its server is a thread of this process: where a busy machine makes it hang, it
    is looked again."""
    return looked_again(
        lambda: line.node.probe("mtu", host=FAR, **asked), lambda seen: seen["detail"].get("tcp") == "passes"
    )


def narrow(line: Line, size: int) -> None:
    """The cable between the gateway and the ISP takes packets of at most `size` bytes."""
    line.gateway.ip("link", "set", "wan", "mtu", str(size))
    line.isp.ip("link", "set", "west", "mtu", str(size))


def silence(line: Line) -> None:
    """The routers say nothing about packets that are too big."""
    for router in (line.gateway, line.isp):
        router.nft(
            "leaving icmp code frag-needed icmp type destination-unreachable drop",
            "leaving icmpv6 type packet-too-big drop",
        )


def single_segments(line: Line) -> None:
    """TCP hands over packets as they go over a wire: a rule can then see their size."""
    for box, name in ((line.node, "eth0"), (line.far, "eth0")):
        box.ip("link", "set", name, "gso_max_segs", "1")


def test_a_whole_line_takes_full_packets_and_one_round_trip(line: Line) -> None:
    seen = line.node.probe("mtu", host=FAR, as_nobody=True)
    assert (seen["ok"], seen["detail"]["mtu"], seen["detail"]["interface_mtu"]) == (True, 1500, 1500)
    assert (seen["detail"]["by"], seen["detail"]["address"]) == ("icmp", FAR)


def test_a_raw_socket_sends_its_packets_whole_too(line: Line) -> None:
    line.node.sysctl("net.ipv4.ping_group_range", "1 0")
    narrow(line, 1400)
    seen = line.node.probe("mtu", host=FAR)
    assert (seen["reason"], seen["detail"]["mtu"], seen["detail"]["reporter"]) == ("mtu_reduced", 1400, GATEWAY)


def test_a_process_that_may_not_ping_asks_tcp(line: Line, port: int) -> None:
    line.node.sysctl("net.ipv4.ping_group_range", "1 0")
    seen = passes(line, port=port, as_nobody=True)
    assert (seen["ok"], seen["detail"]["by"], seen["detail"]["tcp"]) == (True, "tcp", "passes")


def test_ipv6_too(line: Line) -> None:
    line.node.run("ping", "-c1", "-w30", FAR6)
    assert line.node.probe("mtu", host=FAR6)["detail"]["mtu"] == 1500
    narrow(line, 1400)
    seen = line.node.probe("mtu", host=FAR6)
    assert (seen["ok"], seen["reason"], seen["detail"]["mtu"]) == (False, "mtu_reduced", 1400)
    assert seen["detail"]["reporter"] == "2001:db8::1"


def test_a_black_hole_of_ipv6(line: Line) -> None:
    line.node.run("ping", "-c1", "-w30", FAR6)
    silence(line)
    narrow(line, 1400)
    seen = line.node.probe("mtu", host=FAR6)
    assert (seen["ok"], seen["reason"], seen["detail"]["mtu"]) == (False, "mtu_black_hole", 1400)


@pytest.mark.parametrize("size", [1450, 1433, 1000])
def test_a_router_that_says_so_is_named_with_the_size(line: Line, size: int) -> None:
    narrow(line, size)
    seen = line.node.probe("mtu", host=FAR)
    assert (seen["ok"], seen["reason"]) == (False, "mtu_reduced")
    assert (seen["detail"]["mtu"], seen["detail"]["reporter"], seen["detail"]["by"]) == (size, GATEWAY, "icmp")


def test_the_smallest_of_several_routers_counts(line: Line) -> None:
    narrow(line, 1450)
    line.isp.ip("link", "set", "east", "mtu", "1380")
    seen = line.node.probe("mtu", host=FAR)
    assert (seen["reason"], seen["detail"]["mtu"], seen["detail"]["reporter"]) == ("mtu_reduced", 1380, ISP)


def test_what_pppoe_takes_away_is_normal(line: Line) -> None:
    narrow(line, 1492)
    seen = line.node.probe("mtu", host=FAR)
    assert (seen["ok"], seen["detail"]["mtu"], seen["detail"]["reporter"]) == (True, 1492, GATEWAY)
    assert MtuConfig().normal_mtu == 1492


def test_an_interface_set_to_less_is_no_fault_of_the_way(line: Line) -> None:
    line.node.ip("link", "set", "eth0", "mtu", "1420")
    seen = line.node.probe("mtu", host=FAR)
    assert (seen["ok"], seen["detail"]["mtu"], seen["detail"]["interface_mtu"]) == (True, 1420, 1420)


def test_packets_that_vanish_in_silence_are_a_black_hole_with_the_size_that_passes(line: Line) -> None:
    silence(line)
    narrow(line, 1433)
    seen = line.node.probe("mtu", host=FAR)
    assert (seen["ok"], seen["reason"], seen["detail"]["mtu"]) == (False, "mtu_black_hole", 1420)
    assert "reporter" not in seen["detail"]


def test_a_black_hole_behind_a_router_that_speaks_is_not_excused_by_it(line: Line) -> None:
    narrow(line, 1450)
    line.isp.nft("passing oif east meta length > 1300 drop")
    seen = line.node.probe("mtu", host=FAR)
    assert (seen["reason"], seen["detail"]["mtu"]) == ("mtu_black_hole", 1300)


@pytest.mark.parametrize("way", ["oif east", "iif east"])
def test_large_packets_lost_one_way_only_are_a_black_hole(line: Line, way: str, port: int) -> None:
    single_segments(line)
    line.isp.nft(f"passing {way} meta length > 1300 drop")
    seen = line.node.probe("mtu", host=FAR, port=port)
    assert (seen["ok"], seen["reason"], seen["detail"]["mtu"]) == (False, "mtu_black_hole", 1300)
    assert seen["detail"]["tcp"] == "hangs"


@pytest.mark.parametrize("way", ["oif east", "iif east"])
def test_tcp_alone_finds_the_hole_when_no_ping_is_answered(line: Line, way: str, port: int) -> None:
    single_segments(line)
    line.far.nft("arriving meta l4proto icmp drop")
    line.isp.nft(f"passing {way} meta length > 1300 drop")
    seen = line.node.probe("mtu", host=FAR, port=port)
    assert (seen["ok"], seen["reason"], seen["detail"]["by"]) == (False, "mtu_black_hole", "tcp")


def test_without_any_ping_tcp_acquits(line: Line, port: int) -> None:
    line.far.nft("arriving meta l4proto icmp drop")
    seen = passes(line, port=port)
    assert (seen["ok"], seen["detail"]["by"], seen["detail"]["tcp"], seen["detail"]["mtu"]) == (
        True,
        "tcp",
        "passes",
        1500,
    )


def test_a_host_that_merely_drops_large_pings_has_no_fault(line: Line, port: int) -> None:
    line.far.nft("arriving icmp type echo-request meta length > 1000 drop")
    seen = passes(line, port=port)
    assert (seen["ok"], seen["detail"]["tcp"]) == (True, "passes")


def test_a_hole_that_tcp_is_kept_out_of_is_only_a_smaller_way(line: Line, port: int) -> None:
    """The router makes the segments of TCP fit, as many do: what vanishes hurts nobody."""
    silence(line)
    narrow(line, 1400)
    line.gateway.run("nft", "add", "chain", "inet", "lab", "clamp", "{ type filter hook forward priority -150 ; }")
    line.gateway.run(
        "nft", "add", "rule", "inet", "lab", "clamp", "tcp flags syn tcp option maxseg size set 1300"
    )  # fmt: skip
    seen = passes(line, port=port)
    assert (seen["ok"], seen["reason"], seen["detail"]["mtu"]) == (False, "mtu_reduced", 1400)


def test_without_pings_and_without_a_port_nothing_is_known(line: Line) -> None:
    line.far.nft("arriving meta l4proto icmp drop")
    seen = line.node.probe("mtu", host=FAR)
    assert (seen["ok"], seen["reason"], "mtu" in seen["detail"]) == (False, "no_reply", False)


def test_a_server_that_hangs_by_itself_is_not_blamed_on_size(line: Line) -> None:
    line.far.nft("arriving meta l4proto icmp drop")
    with ExitStack() as stack:
        with inside(line.far):
            port = stack.enter_context(serving(lambda connection: connection.recv(1 << 20) and None, None, FAR))
        line.far.nft("leaving tcp flags & (psh | fin) != 0 drop")  # it takes everything and says nothing
        seen = line.node.probe("mtu", host=FAR, port=port)
    assert (seen["ok"], seen["reason"]) == (False, "no_reply")


def test_a_fifth_lost_each_way_is_not_blamed_on_size(line: Line) -> None:
    line.isp.nft("passing numgen random mod 100 < 20 drop")
    found = looked_again(
        lambda: [line.node.probe("mtu", host=FAR)["reason"] for _ in range(6)],
        lambda found: found.count("mtu_black_hole") <= 1,
        times=2,
    )
    assert set(found) <= {"", "no_reply", "mtu_black_hole"}
    # An accident of one run in a hundred is allowed (tests/agent/core/test_mtu.py). Two of six are one of seven hundred
    # times by chance; twice in a row they are none.
    assert found.count("mtu_black_hole") <= 1
