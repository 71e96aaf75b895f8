"""IPv6 where there is one: working, broken alone, broken with everything, absent."""

import pytest

from agent.probes.ipv6 import Ipv6Config, is_global
from tests.support.line import FAR, FAR6, Line

netns = pytest.mark.netns
HOSTS = {"hosts": (FAR6, "2001:db8:2::99"), "hosts_v4": (FAR,)}


@netns
def test_a_working_ipv6_is_seen_by_one_answer(line: Line) -> None:
    line.node.run("ping", "-c1", "-w30", FAR6)
    seen = line.node.probe("ipv6", config=HOSTS, as_nobody=True)
    assert (seen["ok"], seen["detail"]["absent"], seen["detail"]["first"]) == (True, False, FAR6)
    assert (seen["detail"]["v6_tried"], seen["detail"]["v6_answered"]) == (2, 1)


@netns
def test_a_refused_connection_is_an_answer_where_pings_are_not(line: Line) -> None:
    line.node.run("ping", "-c1", "-w30", FAR6)
    line.far.nft("arriving icmpv6 type echo-request drop")
    assert line.node.probe("ipv6", config=HOSTS)["ok"]


@netns
@pytest.mark.parametrize("fault", ["silent", "no route"])
def test_ipv6_that_fails_beside_a_working_ipv4_is_broken(line: Line, fault: str) -> None:
    if fault == "silent":
        line.isp.nft("passing meta nfproto ipv6 drop")
    else:
        line.gateway.ip("-6", "route", "del", "default")
    seen = line.node.probe("ipv6", config=HOSTS)
    assert (seen["ok"], seen["reason"], seen["detail"]["v6_answered"]) == (False, "ipv6_broken", 0)
    assert seen["detail"]["v4_answered"] == 1


@netns
def test_when_nothing_answers_at_all_it_is_not_ipv6_that_is_broken(line: Line) -> None:
    line.isp.nft("passing drop")
    seen = line.node.probe("ipv6", config=HOSTS)
    assert (seen["ok"], seen["reason"]) == (False, "no_reply")


@netns
def test_without_an_address_or_a_route_there_is_no_ipv6_to_judge(line: Line) -> None:
    line.node.ip("-6", "route", "del", "default")
    seen = line.node.probe("ipv6", config=HOSTS)
    assert (seen["ok"], seen["detail"]["absent"], seen["detail"]["v6_tried"]) == (True, True, 0)
    line.node.ip("-6", "address", "flush", "dev", "eth0", "scope", "global")
    line.node.ip("address", "add", "fd09::2/64", "dev", "eth0", "nodad")  # of this site alone
    line.node.ip("-6", "route", "add", "default", "via", "fd09::1", "dev", "eth0")
    assert line.node.probe("ipv6", config=HOSTS)["detail"]["absent"] is True


@pytest.mark.parametrize(
    ("text", "of_the_world"),
    [
        ("2606:4700:4700::1111", True),
        ("2001:db8::7", True),
        ("fd09::2", False),
        ("fe80::1", False),
        ("::1", False),
        ("ff02::1", False),
    ],
)
def test_only_global_unicast_counts(text: str, of_the_world: bool) -> None:
    assert is_global(text) is of_the_world


@pytest.mark.parametrize(
    "make",
    [
        lambda: Ipv6Config(hosts=("1.1.1.1",)),
        lambda: Ipv6Config(hosts_v4=("::1",)),
        lambda: Ipv6Config(hosts=("example.net",)),
        lambda: Ipv6Config(hosts=("2001:db8::1",) * 9),
        lambda: Ipv6Config(timeout_s=0),
        lambda: Ipv6Config(interval_s=1),
    ],
)
def test_hosts_are_addresses_of_their_family(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError):
        make()
