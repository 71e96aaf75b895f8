"""Traces over real routers: whole, silent, circling, refused; without privilege; by IPv6; beside pings that go on."""

import asyncio
from typing import Any

import pytest

from agent.core.path import Path, PathHop
from agent.probes.pinger import Pinger
from agent.probes.trace import trace
from tests.support.lab import Lab
from tests.support.line import FAR, FAR6, GATEWAY, ISP, Line
from tests.support.namespaces import run_inside
from tests.support.own_time import within
from tests.support.probe_once import looked_again

netns = pytest.mark.netns
WHOLE = f"{GATEWAY}>{ISP}>{FAR}"


@netns
@pytest.mark.parametrize("nobody", [False, True])
def test_the_routers_are_found_without_any_privilege(line: Line, nobody: bool) -> None:
    def quick(seen: dict[str, Any]) -> bool:
        return all(0 < rtt_ms < 1000 for rtt_ms in seen["phases_ms"].values())

    seen = looked_again(lambda: line.node.probe("trace", host=FAR, as_nobody=nobody), quick)
    assert (seen["ok"], seen["detail"]["path"], seen["detail"]["reached"]) == (True, WHOLE, True)
    assert (seen["detail"]["hops"], seen["detail"]["last"]) == (3, FAR)
    assert set(seen["phases_ms"]) == {"hop1", "hop2", "hop3"}
    assert quick(seen)


@netns
def test_a_raw_socket_finds_the_same(line: Line) -> None:
    line.node.sysctl("net.ipv4.ping_group_range", "1 0")
    assert line.node.probe("trace", host=FAR)["detail"]["path"] == WHOLE


@netns
def test_ipv6_routers_are_found_too(line: Line) -> None:
    line.node.run("ping", "-c1", "-w30", FAR6)  # new IPv6 cables need a second or two to find their neighbours
    seen = line.node.probe("trace", host=FAR6, as_nobody=True)
    assert (seen["ok"], seen["detail"]["path"]) == (True, f"2001:db8::1>2001:db8:1::2>{FAR6}")
    line.node.sysctl("net.ipv4.ping_group_range", "1 0")  # now through a raw socket
    seen = line.node.probe("trace", host=FAR6)
    assert (seen["ok"], seen["detail"]["path"]) == (True, f"2001:db8::1>2001:db8:1::2>{FAR6}")


@netns
def test_a_muted_router_is_a_star(line: Line) -> None:
    line.gateway.nft("leaving icmp type time-exceeded drop")
    seen = line.node.probe("trace", host=FAR)
    assert (seen["ok"], seen["detail"]["path"]) == (True, f"*>{ISP}>{FAR}")


@netns
def test_packets_that_vanish_end_the_way_at_the_last_router_in_bounded_time(line: Line) -> None:
    line.isp.nft(f"passing ip daddr {FAR} drop")
    with within(10):
        seen = line.node.probe("trace", host=FAR)
    assert (seen["ok"], seen["reason"], seen["detail"]["path"]) == (False, "no_reply", f"{GATEWAY}>{ISP}")
    assert (seen["detail"]["hops"], seen["detail"]["last"], seen["detail"]["reached"]) == (2, ISP, False)


@netns
def test_a_circle_is_named_with_where_it_begins(line: Line) -> None:
    line.isp.ip("route", "add", "10.9.7.0/24", "via", "10.9.1.1")
    seen = line.node.probe("trace", host="10.9.7.7")
    assert (seen["ok"], seen["reason"]) == (False, "loop")
    assert seen["detail"]["loop_at"] in (GATEWAY, ISP)
    assert seen["detail"]["path"].startswith(f"{GATEWAY}>{ISP}>")


@netns
def test_a_router_that_refuses_is_named_with_its_words_and_counted_once(line: Line) -> None:
    line.isp.nft(f"passing ip daddr {FAR} reject with icmp type admin-prohibited")
    seen = line.node.probe("trace", host=FAR)
    assert (seen["ok"], seen["reason"], seen["detail"]["path"]) == (False, "prohibited", f"{GATEWAY}>{ISP}")
    assert (seen["detail"]["offender"], seen["detail"]["icmp_code"]) == (ISP, 13)
    assert seen["detail"]["offender_is_us"] is False


@netns
def test_a_router_without_a_way_ends_the_trace_at_once(line: Line) -> None:
    line.gateway.ip("route", "del", "default")
    seen = line.node.probe("trace", host=FAR)
    assert (seen["reason"], seen["detail"]["path"]) == ("net_unreachable", GATEWAY)
    assert (seen["detail"]["offender"], seen["detail"]["hops"]) == (GATEWAY, 1)


@netns
def test_a_target_that_answers_no_ping_is_reached_by_udp(line: Line) -> None:
    line.far.nft("arriving icmp type echo-request drop")
    seen = line.node.probe("trace", host=FAR)
    assert (seen["ok"], seen["detail"]["path"]) == (True, WHOLE)


@netns
def test_where_pings_are_filtered_on_the_way_udp_shows_the_routers(line: Line) -> None:
    line.gateway.nft("passing icmp type echo-request drop")
    seen = line.node.probe("trace", host=FAR)
    assert (seen["ok"], seen["detail"]["path"]) == (True, WHOLE)


@netns
def test_without_a_route_nothing_is_sent_and_that_is_said(line: Line) -> None:
    line.node.ip("route", "del", "default")
    seen = line.node.probe("trace", host=FAR)
    assert (seen["ok"], seen["reason"], seen["detail"]["path"]) == (False, "no_route", "")


@netns
def test_a_gateway_that_is_gone_is_our_own_report_and_no_hop(line: Line) -> None:
    line.node.ip("route", "replace", "default", "via", "10.9.0.77")
    line.node.sysctl("net.ipv4.neigh.eth0.retrans_time_ms", "50")
    seen = line.node.probe("trace", host=FAR)
    assert (seen["ok"], seen["reason"], seen["detail"]["path"]) == (False, "host_unreachable", "")
    assert (seen["detail"]["offender"], seen["detail"]["offender_is_us"]) == ("10.9.0.2", True)


@netns
def test_a_way_longer_than_asked_for_is_said_to_be(line: Line) -> None:
    seen = line.node.probe("trace", host=FAR, config={"max_hops": 2})
    assert (seen["ok"], seen["reason"], seen["detail"]["path"]) == (False, "ttl_exceeded", f"{GATEWAY}>{ISP}")


@netns
def test_a_lost_packet_is_asked_for_again(line: Line) -> None:
    """The first packet into the ISP is lost; the datagrams, which might help, are filtered."""
    line.gateway.nft("passing meta l4proto udp drop", "passing icmp type echo-request numgen inc mod 1000 == 0 drop")
    assert line.node.probe("trace", host=FAR)["detail"]["path"] == WHOLE


@netns
def test_a_process_that_may_not_even_ping_traces_by_datagrams(line: Line) -> None:
    line.node.sysctl("net.ipv4.ping_group_range", "1 0")
    seen = line.node.probe("trace", host=FAR, as_nobody=True)
    assert (seen["ok"], seen["detail"]["path"]) == (True, WHOLE)
    line.isp.nft(f"passing ip daddr {FAR} reject with icmp type host-prohibited")
    seen = line.node.probe("trace", host=FAR, as_nobody=True)
    assert (seen["reason"], seen["detail"]["offender"], seen["detail"]["icmp_code"]) == ("prohibited", ISP, 10)


@netns
def test_hops_are_told_as_they_answer_and_other_pings_keep_their_hop_limit(line: Line) -> None:
    """The socket is shared with the pings: theirs must still reach the far end while a trace runs."""

    async def go() -> tuple[Path, list[PathHop], int]:
        pinger, heard, answered = Pinger(), [], []
        try:
            tracing = asyncio.create_task(trace(FAR, pinger, on_hop=heard.append))
            for _ in range(20):
                pinger.send(FAR, 32, lambda echo: answered.append(echo.rtt_ms is not None))
                await asyncio.sleep(0.01)
            found = await tracing
            for _ in range(600):
                if len(answered) == 20:
                    break
                await asyncio.sleep(0.05)
            return found, heard, sum(answered)
        finally:
            pinger.close()

    found, heard, answered = run_inside(line.node, lambda: asyncio.run(go()))
    assert (found.reached, found.text) == (True, WHOLE)
    assert {hop.address for hop in heard} == {GATEWAY, ISP, FAR}
    assert answered == 20


def test_this_machine_is_one_hop_away() -> None:
    async def go() -> Path:
        pinger = Pinger()
        try:
            return await trace("127.0.0.1", pinger)
        finally:
            pinger.close()

    found = asyncio.run(go())
    assert (found.reached, found.text) == (True, "127.0.0.1")


@netns
def test_a_trace_leaves_no_open_socket(lab: Lab) -> None:
    import os

    box = lab.box("alone")

    async def go() -> tuple[int, int]:
        pinger = Pinger()
        pinger.send("127.0.0.1", 32, lambda _: None)
        before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
        box.nft("leaving meta l4proto {icmp, udp} drop")
        await trace("127.0.0.9", pinger, max_hops=4, timeout_s=0.1)
        after = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
        pinger.close()
        return before, after

    before, after = run_inside(box, lambda: asyncio.run(go()))
    assert after <= before
