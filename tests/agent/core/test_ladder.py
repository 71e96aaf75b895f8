"""What the further rungs name, which fault explains which, and what is told besides the verdict."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.diagnosis import diagnose
from agent.core.evidence import Evidence
from agent.core.ladder.rungs import EXPLAINS, LADDER
from agent.core.observation import Observation, Reason, Scalar
from wire.shape import replace
from wire.verdicts import RUNGS, VERDICTS

GATEWAY, ISP, CENTER = "192.0.2.1", "198.51.100.1", "203.0.113.7"
LOST = (None,) * 5


def item(
    probe: str,
    target: str = "local",
    reason: Reason = Reason.NONE,
    rtts_ms: tuple[float | None, ...] = (),
    runs: int = 2,
    ok: bool | None = None,
    **detail: Scalar,
) -> Evidence:
    good = reason is Reason.NONE if ok is None else ok
    seen = Observation(probe, target, 0, good, reason, rtts_ms, detail=detail)
    return Evidence(seen, "unknown", 0 if good else runs)


def node(*changed: Evidence, without: tuple[str, ...] = ()) -> list[Evidence]:
    """Everything is fine, and was looked at, but for what is given."""
    found = {
        "link local": item("link", carrier=True),
        "address local": item("address", ipv4="192.0.2.2/24"),
        "route local": item("route", gateway=GATEWAY),
        "icmp gateway": item("icmp", "gateway", rtts_ms=(0.4,) * 20, address=GATEWAY),
        "gateway gateway": item("gateway", "gateway", address=GATEWAY, arp="reachable"),
        "icmp center": item("icmp", "center", rtts_ms=(12.0,) * 40, address=CENTER),
        "tcp center": item("tcp", "center", rtts_ms=(12.0,)),
        "broker center": item("broker", "center", rtts_ms=(30.0,)),
        "mtu center": item("mtu", "center", mtu=1500),
        "dns resolver-1": item("dns", "resolver-1", rtts_ms=(3.0,)),
        "internet internet": item("internet", "internet", tried=3, answered=3),
        "portal portal": item("portal", "portal", status=204),
        "ipv6 internet": item("ipv6", "internet", absent=True),
        "ntp clock": item("ntp", "clock", offset_s=0.01),
    }
    for one in changed:
        found[f"{one.seen.probe} {one.seen.target}"] = one
    return [one for name, one in found.items() if name not in without]


def cut(
    reason: Reason = Reason.NO_REPLY, *, trace: Evidence | None = None, internet: bool = False, **detail: Scalar
) -> list[Evidence]:
    """Nothing comes back from the centre."""
    changed = [
        item("icmp", "center", reason, LOST, address=CENTER, **detail),
        item("tcp", "center", Reason.TIMEOUT, (None,)),
        item("broker", "center", Reason.TIMEOUT, (None,), phase="connect"),
        item("mtu", "center", Reason.NO_REPLY),
    ]
    if trace is not None:
        changed.append(trace)
    if not internet:
        changed.append(item("internet", "internet", Reason.NO_REPLY, tried=3, answered=0))
    return changed


def traced(hops: int, path: str, **detail: Scalar) -> Evidence:
    return item("trace", "center", Reason.NO_REPLY, path=path, hops=hops, reached=False, **detail)


def nameless(internet: Evidence, *dns: Evidence, trace: Evidence | None = None) -> list[Evidence]:
    """The centre has only a name, and no resolver answers."""
    return node(
        item("icmp", "center", Reason.RESOLVE_FAILED),
        item("tcp", "center", Reason.RESOLVE_FAILED),
        item("broker", "center", Reason.RESOLVE_FAILED),
        internet,
        *((trace,) if trace is not None else ()),
        *(dns or (item("dns", "resolver-1", Reason.TIMEOUT, (None, None)),)),
        without=("mtu center",),
    )


INTERNET_SILENT = item("internet", "internet", Reason.NO_REPLY, (None,) * 9, tried=3, answered=0)
UNROUTED = item("dns", "resolver-1", Reason.NET_UNREACHABLE, (None,), offender=GATEWAY)
WAY_OUT = item("trace", "internet", Reason.NO_REPLY, path=GATEWAY, hops=1, reached=False)
BESIDE = item("icmp", "beside", rtts_ms=(5.0,) * 5)
BESIDE_DEAD = item("icmp", "beside", Reason.NO_REPLY, LOST)
CASES: dict[str, tuple[str, list[Evidence]]] = {
    "all well": ("OK", node()),
    "the supply is weak": ("N1", node(item("power", reason=Reason.UNDERVOLTAGE, throttled=1))),
    "somebody else has our address": ("L2", node(item("address", reason=Reason.DUPLICATE_ADDRESS, conflict_mac="a"))),
    "nobody owns the gateway's address": (
        "L4",
        node(*cut(), item("gateway", "gateway", Reason.NO_ARP), item("icmp", "gateway", Reason.NO_REPLY, LOST)),
    ),
    "the gateway answers ARP and nothing else": (
        "L4",
        node(
            *cut(),
            item("gateway", "gateway", Reason.NO_REPLY, arp="reachable"),
            item("icmp", "gateway", Reason.NO_REPLY, LOST),
        ),
    ),
    "a mute gateway that refuses a knock has nothing behind it": (
        "L5d",
        node(*cut(), item("gateway", "gateway", knock="refused"), item("icmp", "gateway", Reason.NO_REPLY, LOST)),
    ),
    "nothing behind the gateway, internet included": ("L5b", node(*cut(trace=traced(1, GATEWAY)))),
    "the router's neighbour does not answer ARP, internet gone": (
        "L5b",
        node(*cut(Reason.HOST_UNREACHABLE, offender=GATEWAY, error_after_ms=3050.0)),
    ),
    "the router has no route": ("L5a", node(*cut(Reason.NET_UNREACHABLE, offender=GATEWAY, error_after_ms=1.0))),
    "silence although the internet answers": ("L5d", node(*cut(trace=traced(1, GATEWAY), internet=True))),
    "the last router asked for the host in vain": (
        "L7",
        node(*cut(Reason.HOST_UNREACHABLE, offender=ISP, error_after_ms=3050.0)),
    ),
    "an outer router says so at once": ("L6a", node(*cut(Reason.HOST_UNREACHABLE, offender=ISP, error_after_ms=4.0))),
    "a loop that a trace found": ("L6d", node(*cut(trace=item("trace", "center", Reason.LOOP, hops=9, path="a>b>a")))),
    "the host beside the centre answers": ("L7", node(*cut(trace=traced(3, "a>b>c"), internet=True), BESIDE)),
    "lost inside the ISP, for nothing at the centre answers": (
        "L6c",
        node(*cut(trace=traced(2, "a>b"), internet=True), BESIDE_DEAD),
    ),
    "the trace ends where it is known to end": ("L7", node(*cut(trace=traced(3, "a>b>c", known_hops=4)))),
    "the trace ends where routers have always fallen silent": (
        "L5d",
        node(*cut(trace=traced(2, "a>b", known_hops=5, known_last=2))),
    ),
    "the trace ends before routers that used to answer": (
        "L6c",
        node(*cut(trace=traced(2, "a>b", known_hops=5, known_last=3))),
    ),
    "the trace ends too early": ("L6c", node(*cut(trace=traced(2, "a>b", known_hops=4)))),
    "beyond the gateway, and nothing else is known": ("L5d", node(*cut(trace=traced(2, "a>b"), internet=True))),
    "MQTT refuses": ("B4", node(item("broker", "center", Reason.MQTT_REFUSED, (None,), reason_code=135))),
    "MQTT hangs": ("B3", node(item("broker", "center", Reason.TIMEOUT, (None,), phase="mqtt"))),
    "a router refuses in the broker's name": (
        "B2",
        node(
            item("broker", "center", Reason.REFUSED, (None,)),
            item("tcp", "center", Reason.REFUSED, (None,)),
            item("refusal", "center", Reason.PROHIBITED, distance=3),
        ),
    ),
    "the broker refuses itself": (
        "B1",
        node(item("broker", "center", Reason.REFUSED, (None,)), item("refusal", "center", distance=3)),
    ),
    "a resolver invents names": ("D2", node(item("dns", "resolver-1", Reason.DNS_WILDCARD, (3.0,)))),
    "no resolver and a centre that has only a name": (
        "D1",
        node(
            item("icmp", "center", Reason.RESOLVE_FAILED),
            item("tcp", "center", Reason.RESOLVE_FAILED),
            item("broker", "center", Reason.RESOLVE_FAILED),
            without=("dns resolver-1",),
        ),
    ),
    "nobody can be asked for the centre's name, for the way out is gone": ("L5d", nameless(INTERNET_SILENT)),
    "the same, and the trace to the internet ends at the gateway": ("L5b", nameless(INTERNET_SILENT, trace=WAY_OUT)),
    "the same, and the trace went on behind it": (
        "L5d",
        nameless(INTERNET_SILENT, trace=item("trace", "internet", Reason.NO_REPLY, path=f"{GATEWAY}>{ISP}", hops=2)),
    ),
    "the same, and the router only shows in the trace": (
        "L5d",
        [one for one in nameless(INTERNET_SILENT, trace=WAY_OUT) if one.seen.target != "gateway"],
    ),
    "a trace into an internet that answers is no fault of the way": (
        "D1",
        nameless(item("internet", "internet", tried=3, answered=1), trace=WAY_OUT),
    ),
    "the router has spent its one word on a resolver, the centre has only a name": (
        "L5a",
        nameless(INTERNET_SILENT, UNROUTED),
    ),
    "a router on a network without internet knows no way to a resolver, which says nothing of the centre": (
        "L5d",
        node(*cut(), INTERNET_SILENT, UNROUTED),
    ),
    "an inner router says so of a resolver": (
        "L5d",
        node(*cut(), INTERNET_SILENT, item("dns", "resolver-1", Reason.NET_UNREACHABLE, (None,), offender=ISP)),
    ),
    "a resolver without a way, and the way goes on behind the router": (
        "L5d",
        node(*cut(trace=traced(3, f"{GATEWAY}>{ISP}>x")), INTERNET_SILENT, UNROUTED),
    ),
    "the router says that the way out is gone, the centre has only a name": (
        "L5a",
        nameless(item("internet", "internet", Reason.NET_UNREACHABLE, (None,) * 9, offender=GATEWAY)),
    ),
    "the names alone are gone": ("D1", nameless(item("internet", "internet", tried=3, answered=1))),
    "a name that no resolver knows, and a net without internet": (
        "D1",
        nameless(item("internet", "internet", Reason.NO_ROUTE, (None,) * 9)),
    ),
    "a portal": ("P1", node(*cut(), item("portal", "portal", Reason.CAPTIVE_PORTAL, status=302))),
    "the internet is gone, the centre is not": ("I1", node(item("internet", "internet", Reason.NO_REPLY, tried=3))),
    "IPv6 alone is broken": ("OK", node(item("ipv6", "internet", Reason.IPV6_BROKEN))),
    "a smaller path": ("M1", node(item("mtu", "center", Reason.MTU_REDUCED, mtu=1300, reporter=ISP))),
    "large packets vanish, so TLS hangs": (
        "M2",
        node(
            item("mtu", "center", Reason.MTU_BLACK_HOLE, mtu=1300),
            item("broker", "center", Reason.TIMEOUT, (None,), phase="tls"),
        ),
    ),
    "a long way": ("Q1", node(item("icmp", "center", rtts_ms=(320.0,) * 40, address=CENTER))),
    "a queue under load": ("Q3", node(item("throughput", "center", Reason.BUFFERBLOAT, idle_ms=12.0, loaded_ms=900.0))),
    "a queue that shows without a test": (
        "Q3",
        node(item("icmp", "center", rtts_ms=(12.0,) * 5 + (480.0,) * 35, address=CENTER)),
    ),
    "the line stops for long, twice": (
        "Q4",
        node(item("icmp", "center", rtts_ms=((12.0,) * 20 + (None,) * 45) * 3 + (12.0,) * 20, address=CENTER)),
    ),
    "a loose plug, and what was asked meanwhile was not answered": (
        "Q4",
        node(
            *cut(Reason.HOST_UNREACHABLE, offender="192.0.2.2", offender_is_us=True),
            item("link", carrier=True, carrier_lost=1),
            item("gateway", "gateway", Reason.NO_ARP),
            item("icmp", "gateway", Reason.NO_REPLY, LOST),
        ),
    ),
    "a loose plug that is out again": ("Q4", node(item("link", reason=Reason.NO_CARRIER, carrier_lost=2))),
    "a plug pulled just now": ("L1", node(item("link", reason=Reason.NO_CARRIER, carrier_lost=1))),
    "a loose plug": ("Q4", node(item("link", carrier=True, carrier_lost=2))),
    "cut at the first byte of TLS": (
        "B2",
        node(item("broker", "center", Reason.RESET, (None,), phase="tls", by_reset=True)),
    ),
    "the broker ends the stream": ("B3", node(item("broker", "center", Reason.RESET, (None,), phase="tls"))),
    "the router complains with the address of its other side": (
        "L5a",
        node(*cut(Reason.NET_UNREACHABLE, offender="100.64.0.2", offender_hops=1)),
    ),
    "a site refuses the connection": ("W1", node(item("site", "dinas", Reason.REFUSED, (None,)))),
    "a site shows a default page": ("W1", node(item("site", "dinas", Reason.SITE_DEFAULT_PAGE, (9.0,)))),
    "a site has gone stale": ("W3", node(item("site", "dinas", rtts_ms=(9.0,), stale=True, fresh_days=200))),
    "the clock is wrong": ("T1", node(item("ntp", "clock", Reason.CLOCK_WRONG, offset_s=300.0))),
    "nobody tells the time, and the broker's certificate is of the future": (
        "T1",
        node(
            item("ntp", "clock", Reason.NO_REPLY, (None,)), item("broker", "center", Reason.TLS_NOT_YET_VALID, (None,))
        ),
    ),
    "the clock is right, and the broker's certificate is of the future": (
        "B5",
        node(item("broker", "center", Reason.TLS_NOT_YET_VALID, (None,))),
    ),
    "the centre's own firewall forbids": (
        "B2",
        node(
            *cut(Reason.PROHIBITED, offender=CENTER),
            item("tcp", "center", Reason.PROHIBITED, (None,), address=CENTER, offender=CENTER),
            item("broker", "center", Reason.PROHIBITED, (None,), address=CENTER, offender=CENTER, phase="connect"),
            item("trace", "center", reached=True, hops=4),
        ),
    ),
    "a firewall's default refusal at the router": (
        "L5c",
        node(*cut(Reason.PORT_UNREACHABLE, offender=GATEWAY, error_after_ms=1.0)),
    ),
    "one run in which the internet stood still": (
        "OK",
        node(item("internet", "internet", Reason.NO_REPLY, (None,) * 9, runs=1)),
    ),
    "years in the past, certificates look too young": (
        "T1",
        node(
            item("ntp", "clock", Reason.CLOCK_WRONG, offset_s=1.7e9),
            item("broker", "center", Reason.TLS_NOT_YET_VALID, (None,)),
        ),
    ),
    "nobody answers pings and all works": (
        "OK",
        node(
            item("icmp", "center", Reason.NO_REPLY, (None,) * 200, address=CENTER),
            item("icmp", "gateway", Reason.NO_REPLY, (None,) * 20, address=GATEWAY),
            item("gateway", "gateway", Reason.NO_REPLY, arp="reachable"),
            item("mtu", "center", Reason.NO_REPLY),
        ),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_ladder_names(case: str) -> None:
    code, evidence = CASES[case]
    assert diagnose(evidence).code == code
    assert diagnose(list(reversed(evidence))) == diagnose(evidence)


ALSO = {
    "IPv6 alone is broken": {"I2"},
    "a site has gone stale": set(),
    "large packets vanish, so TLS hangs": set(),
    "years in the past, certificates look too young": set(),
    "a portal": set(),
    "nothing behind the gateway, internet included": set(),
}


@pytest.mark.parametrize("case", ALSO)
def test_what_another_fault_explains_is_not_told_twice(case: str) -> None:
    assert {one.code for one in diagnose(CASES[case][1]).also} == ALSO[case]


def test_of_two_independent_faults_the_inner_is_the_verdict_and_the_other_is_told() -> None:
    losing = replace(item("icmp", "center", rtts_ms=(12.0, None) * 20, address=CENTER), sent=40, loss_low=0.35)
    found = diagnose(node(losing, item("broker", "center", Reason.TLS_EXPIRED, (None,))))
    assert (found.code, [one.code for one in found.also]) == ("B5", ["Q2"])


def test_what_was_answered_is_not_explained_by_a_dead_way() -> None:
    refused = item("dns", "resolver-1", Reason.DNS_SERVFAIL, (3.0,))
    silent = item("dns", "resolver-1", Reason.TIMEOUT, (None, None))
    loop = item("trace", "center", Reason.LOOP, hops=9, path="a>b>a")
    assert [one.code for one in diagnose(node(*cut(trace=loop), refused)).also] == ["D1"]
    assert diagnose(node(*cut(trace=loop), silent)).also == ()


def test_dead_resolvers_beside_a_broken_way_are_told_where_the_internet_answers() -> None:
    dead = item("dns", "resolver-1", Reason.TIMEOUT, (None, None))
    broken = cut(trace=traced(3, "a>b>c", known_hops=6, known_last=5), internet=True)
    found = diagnose(node(*broken, dead))
    assert (found.code, [one.code for one in found.also]) == ("L6c", ["D1"])
    silent = diagnose(node(*cut(trace=traced(3, "a>b>c", known_hops=6, known_last=5)), INTERNET_SILENT, dead))
    assert (silent.code, silent.also) == ("L6c", ())


def test_what_cuts_the_line_comes_before_what_worsens_it() -> None:
    found = diagnose(node(item("power", reason=Reason.UNDERVOLTAGE), *cut(trace=traced(1, GATEWAY))))
    assert (found.code, [one.code for one in found.also]) == ("L5b", ["N1"])


def test_loss_before_the_gateway_is_the_sites_own() -> None:
    def losing(target: str) -> Evidence:
        return replace(item("icmp", target, rtts_ms=(1.0, None) * 20), sent=40, loss_low=0.35)

    assert diagnose(node(losing("center"))).party == "isp"
    assert diagnose(node(losing("center"), losing("gateway"))).party == "site"


def test_pings_lost_by_most_are_no_loss_while_tcp_loses_nothing() -> None:
    rationed = replace(item("icmp", "center", rtts_ms=(12.0, *LOST), address=CENTER), sent=260, loss_low=0.84)
    assert diagnose(node(rationed)).code == "OK"
    assert diagnose(node(rationed, item("broker", "center", rtts_ms=(2400.0,)))).code == "Q2"


def test_a_gateway_that_rations_its_answers_is_not_blamed_for_loss_behind_it() -> None:
    behind = replace(item("icmp", "center", rtts_ms=(12.0,) * 9 + (None,), address=CENTER), sent=260, loss_low=0.07)
    rationed = replace(item("icmp", "gateway", rtts_ms=(0.4, None), address=GATEWAY), sent=20, loss_low=0.36)
    found = diagnose(node(behind, rationed))
    assert (found.code, found.party) == ("Q2", "isp")


def test_rungs_beyond_a_fault_are_not_judged() -> None:
    rungs = {rung.name: rung for rung in diagnose(node(*cut(trace=traced(1, GATEWAY)))).rungs}
    assert list(rungs) == [rung.name for rung in LADDER] == list(RUNGS)
    assert rungs["gateway"].state == "ok"
    assert (rungs["isp"].state, rungs["isp"].code) == ("failed", "L5b")
    assert {rungs[name].state for name in ("center", "broker", "mtu", "quality")} == {"unjudged"}


def test_a_rung_whose_fault_is_explained_is_not_called_fine() -> None:
    silent = item("dns", "resolver-1", Reason.TIMEOUT, (None, None))
    rungs = {rung.name: rung for rung in diagnose(node(*cut(trace=traced(1, GATEWAY)), silent)).rungs}
    assert (rungs["names"].state, rungs["internet"].state) == ("unjudged", "unknown")


def test_a_fine_rung_shows_what_tells_it_best() -> None:
    rungs = {rung.name: rung for rung in diagnose(node()).rungs}
    assert rungs["gateway"].evidence[0].probe == "icmp"
    assert rungs["broker"].evidence[0].probe == "broker"


def test_every_code_that_explains_or_is_explained_exists() -> None:
    assert set(EXPLAINS) | {code for codes in EXPLAINS.values() for code in codes} <= set(VERDICTS)


@given(st.lists(st.sampled_from([one for _, evidence in CASES.values() for one in evidence]), max_size=30))
def test_any_mixture_gives_a_verdict_with_evidence_or_none(evidence: list[Evidence]) -> None:
    found = diagnose(evidence)
    assert found.code in VERDICTS
    assert 0.0 <= found.confidence <= 1.0
    assert found.code in ("OK", "U0") or found.evidence
    assert found.code not in {one.code for one in found.also}
    assert len(found.rungs) == len(LADDER)
