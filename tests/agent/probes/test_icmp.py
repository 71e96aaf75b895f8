"""Pings over real cables: loss, errors with their senders, late replies, privileges, a busy host."""

import asyncio
import os
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from agent.core.observation import Observation, Reason
from agent.core.window import RecentLoss, Window
from agent.probes import icmp
from agent.probes.execute import confirm_burst, observe
from agent.probes.pinger import Echo, Pinger
from tests.support.lab import Box, Lab
from tests.support.namespaces import run_inside
from tests.support.own_time import within
from tests.support.probe_once import context_for, looked_again, target_for
from wire.shape import replace

netns = pytest.mark.netns
QUICK = {"count": 5, "gap_s": 0.02, "timeout_s": 0.5, "late_s": 0.3}
"""Where nothing is to come, or a complaint."""
ANSWERED = {**QUICK, "timeout_s": 20.0, "late_s": 10.0}
"""Where all are answered: a round ends with its last answer, and a busy machine must not make any late."""


@pytest.fixture
def pair(lab: Lab) -> tuple[Box, Box]:
    """A node and its neighbour, on one cable."""
    node, peer = lab.box("node"), lab.box("peer")
    lab.cable((node, "eth0", "10.9.0.2/24 fd09::2/64"), (peer, "eth0", "10.9.0.1/24 fd09::1/64"))
    return node, peer


@pytest.fixture
def chain(lab: Lab) -> tuple[Box, Box, Box]:
    """A node, its router, and a host behind it."""
    node, router, far = lab.box("node"), lab.box("router", router=True), lab.box("far")
    lab.cable((node, "eth0", "10.9.0.2/24"), (router, "lan", "10.9.0.1/24"))
    lab.cable((router, "wan", "10.9.1.1/24"), (far, "eth0", "10.9.1.2/24"))
    node.ip("route", "add", "default", "via", "10.9.0.1")
    far.ip("route", "add", "default", "via", "10.9.1.1")
    return node, router, far


def run(
    probe: str = "icmp", burst: bool = False, config: dict[str, object] | None = None, host: str = "127.0.0.1"
) -> Observation:
    """One round on this machine's loopback."""

    async def go() -> Observation:
        context = context_for()
        target = target_for(probe, {**ANSWERED, **(config or {})}, {"host": host})
        try:
            return await (confirm_burst if burst else observe)(target, context)
        finally:
            context.pinger.close()

    return asyncio.run(go())


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_loopback_answers_every_ping(host: str) -> None:
    seen = run(host=host)
    assert (seen.ok, seen.sent, seen.lost, seen.late) == (True, 5, 0, 0)
    rtts_ms = [rtt_ms for rtt_ms in seen.rtts_ms if rtt_ms is not None]
    assert len(rtts_ms) == 5
    assert 0 < min(rtts_ms) < 100  # a machine that stands still makes any of them as long as it likes


@netns
@pytest.mark.parametrize("host", ["10.9.0.1", "fd09::1"])
@pytest.mark.parametrize("nobody", [False, True])
def test_a_neighbour_answers_privileged_or_not(pair: tuple[Box, Box], host: str, nobody: bool) -> None:
    node, _ = pair
    if nobody:
        node.sysctl("net.ipv4.ping_group_range", "0 2147483647")
    else:  # closed for everybody: the raw socket is taken
        node.sysctl("net.ipv4.ping_group_range", "1 0")
    node.run("ping", "-c1", "-w30", host)  # a new IPv6 cable needs a second or two to find its neighbours
    seen = node.probe("icmp", config=ANSWERED, host=host, as_nobody=nobody)
    assert (seen["ok"], seen["sent"], seen["lost"]) == (True, 5, 0)
    assert seen["detail"]["address"] == host


@netns
def test_without_any_permission_the_way_out_is_told(pair: tuple[Box, Box]) -> None:
    node, _ = pair
    node.sysctl("net.ipv4.ping_group_range", "1 0")
    seen = node.probe("icmp", config=QUICK, host="10.9.0.1", as_nobody=True)
    assert (seen["ok"], seen["reason"], seen["sent"]) == (False, "not_permitted", 0)
    assert "ping_group_range" in seen["detail"]["hint"]


@netns
def test_a_fifth_lost_is_seen_within_its_interval_with_its_bursts(pair: tuple[Box, Box]) -> None:
    node, peer = pair
    peer.nft("arriving meta l4proto icmp numgen random mod 100 < 20 drop")
    config = {"count": 100, "gap_s": 0.01, "timeout_s": 0.4, "late_s": 0.0}

    def measured() -> list[float | None]:
        return [rtt for _ in range(2) for rtt in node.probe("icmp", config=config, host="10.9.0.1")["rtts_ms"]]

    def is_a_fifth(rtts_ms: list[float | None]) -> bool:
        return 0.085 < rtts_ms.count(None) / 200 < 0.315  # four standard deviations around 20 %

    rtts_ms = looked_again(measured, is_a_fifth, times=2)  # the dice fall outside once in 15,000 times
    recent, window = RecentLoss(limit=200), Window("icmp", "it")
    recent.add(rtts_ms)
    window.add(Observation("icmp", "it", 0, True, rtts_ms=tuple(rtts_ms)))
    row = window.drain("up")
    low, high = recent.interval
    assert row.sent == 200
    assert is_a_fifth(rtts_ms)
    assert row.lost == rtts_ms.count(None)
    assert low < row.lost / 200 < high
    assert 1 <= row.burst <= 12


@netns
def test_a_router_without_a_way_names_itself(chain: tuple[Box, Box, Box]) -> None:
    node, _, _ = chain
    seen = node.probe("icmp", config=QUICK, host="198.51.100.7")
    assert (seen["ok"], seen["reason"]) == (False, "net_unreachable")
    assert (seen["detail"]["offender"], seen["detail"]["offender_is_us"]) == ("10.9.0.1", False)
    assert (seen["detail"]["icmp_type"], seen["detail"]["icmp_code"]) == (3, 0)


@netns
def test_errors_are_heard_through_a_raw_socket_too(chain: tuple[Box, Box, Box]) -> None:
    node, _, _ = chain
    node.sysctl("net.ipv4.ping_group_range", "1 0")
    seen = node.probe("icmp", config=QUICK, host="198.51.100.7")
    assert (seen["reason"], seen["detail"]["offender"]) == ("net_unreachable", "10.9.0.1")


@netns
def test_a_host_that_is_gone_is_reported_by_its_router(chain: tuple[Box, Box, Box]) -> None:
    node, router, _ = chain
    router.sysctl("net.ipv4.neigh.wan.retrans_time_ms", "50")
    seen = node.probe("icmp", config={**QUICK, "timeout_s": 2.0, "late_s": 2.0}, host="10.9.1.77")
    assert (seen["reason"], seen["detail"]["offender"]) == ("host_unreachable", "10.9.0.1")


@netns
def test_a_filter_that_says_so_is_told_from_silence(chain: tuple[Box, Box, Box]) -> None:
    node, router, _ = chain
    router.nft("passing meta l4proto icmp reject with icmp type admin-prohibited")
    seen = node.probe("icmp", config=QUICK, host="10.9.1.2")
    assert (seen["reason"], seen["detail"]["offender"]) == ("prohibited", "10.9.0.1")
    router.heal()
    router.nft("passing meta l4proto icmp drop")
    seen = node.probe("icmp", config=QUICK, host="10.9.1.2")
    assert (seen["ok"], seen["reason"], seen["lost"]) == (False, "no_reply", 5)
    assert "offender" not in seen["detail"]


@netns
def test_a_neighbour_that_does_not_answer_arp_is_our_own_report(pair: tuple[Box, Box]) -> None:
    node, _ = pair
    node.sysctl("net.ipv4.neigh.eth0.retrans_time_ms", "50")
    seen = node.probe("icmp", config={**QUICK, "timeout_s": 2.0, "late_s": 2.0}, host="10.9.0.77")
    assert (seen["reason"], seen["detail"]["offender_is_us"]) == ("host_unreachable", True)


@netns
def test_without_a_route_nothing_is_sent_and_that_is_said(pair: tuple[Box, Box]) -> None:
    node, _ = pair
    seen = node.probe("icmp", config=QUICK, host="198.51.100.7")
    assert (seen["ok"], seen["reason"], seen["lost"]) == (False, "no_route", 5)


@netns
def test_our_own_firewall_is_named_as_a_filter(pair: tuple[Box, Box]) -> None:
    node, _ = pair
    node.nft("leaving meta l4proto icmp drop")
    seen = node.probe("icmp", config=QUICK, host="10.9.0.1")
    assert (seen["ok"], seen["reason"]) == (False, "prohibited")


@netns
def test_an_answer_after_its_time_is_late_and_the_target_lives(pair: tuple[Box, Box]) -> None:
    """The neighbour's answers go through a queue so slow that each later one waits longer."""
    node, peer = pair
    peer.run("tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", "4kbit", "burst", "200", "latency", "10s")
    config = {"count": 5, "gap_s": 0.01, "timeout_s": 0.12, "late_s": 20.0, "payload_bytes": 56}
    # A box that stands still between two pings gives the queue time to empty.
    seen = looked_again(lambda: node.probe("icmp", config=config, host="10.9.0.1"), lambda seen: seen["late"] >= 3)
    assert seen["ok"]
    assert seen["lost"] == seen["late"] >= 3
    assert seen["sent"] == 5


def silent(node: Box, **config: object) -> dict[str, object]:
    """A run into silence; how long it took is `took_s`."""
    began = time.monotonic()
    seen = node.probe("icmp", config={"count": 40, "gap_s": 0.01, **config}, host="10.9.0.1")
    return {**seen, "took_s": time.monotonic() - began}


@netns
def test_a_run_into_silence_waits_for_its_time(pair: tuple[Box, Box]) -> None:
    node, peer = pair
    peer.nft("arriving meta l4proto icmp drop")
    seen = silent(node, timeout_s=1.0, late_s=0.5)
    assert (seen["sent"], seen["lost"]) == (40, 40)
    assert float(str(seen["took_s"])) > 1.9


@netns
def test_a_lost_ping_that_others_overtook_is_not_waited_for(pair: tuple[Box, Box]) -> None:
    node, peer = pair
    peer.nft("arriving meta l4proto icmp numgen inc mod 41 == 20 drop")
    with within(15):
        seen = silent(node, timeout_s=20.0, late_s=20.0)
    assert (seen["sent"], seen["lost"], seen["late"]) == (40, 1, 0)


@netns
def test_a_mute_host_that_is_proven_to_live_is_not_waited_for(pair: tuple[Box, Box]) -> None:
    node, peer = pair
    peer.nft("arriving meta l4proto icmp drop")

    async def go() -> Observation:
        context = replace(context_for(), proven=lambda target: target == "it")
        config = {"count": 40, "gap_s": 0.01, "timeout_s": 20.0, "late_s": 20.0}
        try:
            return await observe(target_for("icmp", config, {"host": "10.9.0.1"}), context)
        finally:
            context.pinger.close()

    with within(15):
        seen = run_inside(node, lambda: asyncio.run(go()))
    assert (seen.ok, seen.reason, seen.sent, seen.lost) == (False, Reason.NO_REPLY, 40, 40)


@netns
def test_the_sending_does_not_wait_for_answers(pair: tuple[Box, Box]) -> None:
    node, peer = pair
    peer.nft("arriving meta l4proto icmp drop")
    with within(8):  # one after the other would be 25 s
        seen = node.probe("icmp", config={"count": 50, "gap_s": 0.01, "timeout_s": 0.5, "late_s": 0.0}, host="10.9.0.1")
    assert (seen["sent"], seen["lost"]) == (50, 50)


def test_rounds_that_run_together_get_their_own_answers() -> None:
    async def go() -> list[Observation]:
        context = context_for()
        hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "::1"] * 5
        try:
            return await asyncio.gather(
                *(observe(target_for("icmp", ANSWERED, {"host": host}), context) for host in hosts)
            )
        finally:
            context.pinger.close()

    found = asyncio.run(go())
    assert all(seen.ok and seen.lost == 0 and "duplicates" not in seen.detail for seen in found)


def test_a_busy_host_marks_its_pings_as_suspect() -> None:
    class Halting(Pinger):
        """The machine stands still after the first counted ping."""

        sent = 0

        def send(self, *what: Any) -> Echo:
            self.sent += 1
            if self.sent == 2:
                asyncio.get_running_loop().call_soon(time.sleep, 0.2)
            return super().send(*what)

    async def go() -> Observation:
        context = replace(context_for(), pinger=Halting())
        try:
            return await observe(target_for("icmp", ANSWERED, {"host": "127.0.0.1"}), context)
        finally:
            context.pinger.close()

    def prompt(seen: Observation) -> bool:
        return all(rtt_ms is not None and rtt_ms < 150 for rtt_ms in seen.rtts_ms)

    seen = looked_again(lambda: asyncio.run(go()), prompt)
    assert seen.suspect
    assert seen.sent_late >= 2
    assert float(str(seen.detail["lateness_ms"])) > 10
    assert prompt(seen), "the kernel's time of receipt counts"


def test_the_confirming_burst_is_five_pings_in_about_a_second() -> None:
    with within(2.5):
        seen = run(burst=True, config={"gap_s": 1.0})
    assert (seen.ok, seen.sent) == (True, 5)


@pytest.mark.skipif(os.geteuid() != 0, reason="forging needs a raw socket, which needs root")
def test_forged_and_foreign_messages_are_not_taken_for_answers() -> None:
    """Somebody else pings the same address meanwhile, and raw rubbish comes in."""
    stop = threading.Event()

    def disturb() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as raw:
            number = 0
            while not stop.is_set():
                number = (number + 1) & 0xFFFF
                for body in (
                    b"\0\0\0\0\0\0\0\0",
                    b"\3\1" + bytes(40),
                    b"\0\0\0\0\0\0" + number.to_bytes(2, "big") + bytes(56),
                ):
                    raw.sendto(body, ("127.0.0.1", 0))
                time.sleep(0.0005)

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        with subprocess.Popen(("ping", "-q", "-i", "0.01", "-c", "30", "127.0.0.1"), stdout=subprocess.DEVNULL):
            seen = run()
    finally:
        stop.set()
        thread.join()
    assert (seen.ok, seen.sent, seen.lost) == (True, 5, 0)
    assert "duplicates" not in seen.detail


def test_a_name_is_resolved_and_a_role_without_a_holder_is_no_target(tmp_path: Path) -> None:
    assert run(host="localhost").ok
    seen = run(host="center")
    assert (seen.ok, seen.reason, seen.sent) == (False, Reason.NO_TARGET, 0)


def test_lateness_limit_is_ten_milliseconds() -> None:
    assert icmp.SUSPECT_LATENESS_S == 0.010
