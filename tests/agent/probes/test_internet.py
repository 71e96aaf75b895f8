"""The internet beside the way to the centre: hosts that answer one way or the other, and routers that say no."""

import asyncio
from typing import Any

import pytest

from agent.probes.internet import DEFAULT_HOSTS, DEFAULT_HOSTS_V6, InternetConfig
from tests.support.lab import Box, Lab
from tests.support.own_time import within
from tests.support.probe_once import observe_here, with_time
from tests.support.serving import serving

HOSTS = ["10.9.1.1", "10.9.1.8", "10.9.1.9"]
CONFIG = {"hosts": HOSTS, "timeout_s": 20.0}
"""For what does come, an answer or a word of refusal: a busy machine must not make it late."""


def network(lab: Lab) -> tuple[Box, Box, Box]:
    """node - router - internet, which has three addresses; nobody listens on 443 there."""
    node, router, internet = lab.box("node"), lab.box("router", router=True), lab.box("internet")
    lab.cable((node, "eth0", "10.9.0.2/24"), (router, "lan", "10.9.0.1/24"))
    addresses = " ".join(f"{host}/24" for host in HOSTS)
    lab.cable((router, "wan", "10.9.1.254/24"), (internet, "eth0", addresses))
    node.ip("route", "add", "default", "via", "10.9.0.1")
    internet.ip("route", "add", "default", "via", "10.9.1.254")
    return node, router, internet


def test_no_hosts_are_no_target() -> None:
    assert asyncio.run(observe_here("internet", {"hosts": ()})).reason == "no_target"


def test_a_connection_alone_is_an_answer_and_ends_the_run() -> None:
    with serving(lambda connection: None) as port, within(15):
        seen = asyncio.run(observe_here("internet", {"hosts": ("127.0.0.1",), "port": port, "timeout_s": 20.0}))
    assert (seen.ok, seen.sent, seen.detail["first"], seen.detail["tried"]) == (True, 1, "127.0.0.1", 1)


def test_a_target_may_bring_its_own_host() -> None:
    seen = asyncio.run(observe_here("internet", {"hosts": (), "port": 1}, host="127.0.0.1"))
    assert (seen.ok, seen.detail["by"]) == (True, "ping")


def test_names_that_do_not_resolve_say_so() -> None:
    seen = asyncio.run(observe_here("internet", {"hosts": ("nowhere.invalid",), "timeout_s": 10.0}))
    assert (seen.ok, seen.reason, seen.sent) == (False, "resolve_failed", 0)


def test_a_name_without_an_address_does_not_hide_a_host_that_answers() -> None:
    seen = asyncio.run(observe_here("internet", {"hosts": ("nowhere.invalid", "127.0.0.1"), "port": 1}))
    assert (seen.ok, seen.detail["tried"], seen.detail["answered"]) == (True, 2, 1)


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"timeout_s": 0.0}, "above 0"),
        ({"interval_s": 1.0}, "that long"),
        ({"hosts": tuple(f"10.0.0.{number}" for number in range(9))}, "at most 8"),
        ({"port": 0}, "65535"),
    ],
)
def test_an_impossible_config_is_refused_with_a_sentence(config: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        InternetConfig(**config)  # type: ignore[arg-type]
    assert len(DEFAULT_HOSTS) == 3


@pytest.mark.netns
def test_pings_are_answers_also_without_privileges(lab: Lab) -> None:
    node, _, _ = network(lab)
    node.sysctl("net.ipv4.ping_group_range", "0 2147483647")
    seen = node.probe("internet", config=CONFIG, as_nobody=True)
    assert (seen["ok"], seen["detail"]["by"]) == (True, "ping")
    node.sysctl("net.ipv4.ping_group_range", "1 0")
    seen = node.probe("internet", config=CONFIG, as_nobody=True)
    assert (seen["ok"], seen["detail"]["by"]) == (True, "refused")


@pytest.mark.netns
def test_hosts_that_answer_no_ping_live_by_their_ports(lab: Lab) -> None:
    node, router, _ = network(lab)
    router.nft("passing icmp type echo-request drop")
    seen = node.probe("internet", config=CONFIG)
    assert (seen["ok"], seen["detail"]["by"]) == (True, "refused")


@pytest.mark.netns
def test_one_host_of_three_is_an_internet(lab: Lab) -> None:
    node, router, _ = network(lab)
    router.nft("passing ip daddr { 10.9.1.1, 10.9.1.8 } drop")
    seen = node.probe("internet", config=CONFIG)
    assert (seen["ok"], seen["detail"]["first"]) == (True, "10.9.1.9")


@pytest.mark.netns
def test_all_silent_is_no_internet_within_the_time(lab: Lab) -> None:
    node, router, _ = network(lab)
    router.nft("passing ip daddr 10.9.1.0/24 drop")

    def look(timeout_s: float) -> dict[str, Any]:
        return node.probe("internet", config={**CONFIG, "timeout_s": timeout_s})

    seen = with_time(look, 1.5, lambda seen: seen["sent"] == 9)
    assert (seen["ok"], seen["reason"]) == (False, "no_reply")
    assert seen["sent"] == seen["lost"] == 9
    assert (seen["detail"]["tried"], seen["detail"]["answered"]) == (3, 0)


@pytest.mark.netns
@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        (("passing ip daddr 10.9.1.0/24 reject with icmp type admin-prohibited",), "prohibited"),
        (("passing ip daddr 10.9.1.0/24 reject with icmp type net-unreachable",), "net_unreachable"),
        # a filter that resets connections and forbids pings is not the host's answer
        (
            (
                "passing ip protocol icmp reject with icmp type admin-prohibited",
                "passing tcp dport 443 reject with tcp reset",
            ),
            "prohibited",
        ),
    ],
)
def test_a_router_that_says_no_is_heard_and_named(lab: Lab, rules: tuple[str, ...], reason: str) -> None:
    node, router, _ = network(lab)
    router.sysctl("net.ipv4.icmp_ratelimit", "0")
    router.nft(*rules)
    seen = node.probe("internet", config=CONFIG)
    assert (seen["ok"], seen["reason"], seen["detail"]["offender"]) == (False, reason, "10.9.0.1")


@pytest.mark.netns
def test_without_a_route_this_box_says_so_itself(lab: Lab) -> None:
    node, _, _ = network(lab)
    node.ip("route", "del", "default")
    seen = node.probe("internet", config=CONFIG)
    assert (seen["ok"], seen["reason"]) == (False, "no_route")


@pytest.mark.netns
def test_a_box_with_ipv6_alone_asks_the_usual_hosts_by_that(lab: Lab) -> None:
    node, internet = lab.box("node"), lab.box("internet")
    lab.cable((node, "eth0", "2001:db8::2/64"), (internet, "eth0", "2001:db8::1/64"))
    internet.ip("address", "add", f"{DEFAULT_HOSTS_V6[1]}/128", "dev", "lo")
    node.ip("-6", "route", "add", "default", "via", "2001:db8::1")
    seen = node.probe("internet", config={"timeout_s": 5.0})
    assert (seen["ok"], seen["detail"]["first"]) == (True, DEFAULT_HOSTS_V6[1])
