"""The ladder: each verdict from the evidence that names it, and U0 where the evidence is thin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.diagnosis import diagnose
from agent.core.evidence import Evidence
from agent.core.observation import Observation, Reason, Scalar
from wire.shape import replace
from wire.verdicts import VERDICTS

LOST = (None,) * 5
GOOD = (1.0,) * 5


def item(
    probe: str,
    target: str = "local",
    reason: Reason = Reason.NONE,
    rtts_ms: tuple[float | None, ...] = (),
    runs: int = 2,
    **detail: Scalar,
) -> Evidence:
    seen = Observation(probe, target, 0, reason is Reason.NONE, reason, rtts_ms, detail=detail)
    return Evidence(seen, "up" if seen.ok else "unknown", 0 if seen.ok else runs)


def table(*changed: Evidence, without: tuple[str, ...] = ()) -> list[Evidence]:
    """A node where everything is fine, but for what is given."""
    found = {
        "link local": item("link", carrier=True),
        "address local": item("address", ipv4="192.0.2.2/24"),
        "route local": item("route", gateway="192.0.2.1"),
        "icmp gateway": item("icmp", "gateway", rtts_ms=GOOD, address="192.0.2.1"),
        "icmp center": item("icmp", "center", rtts_ms=GOOD, address="198.51.100.7"),
        "tcp center": item("tcp", "center", rtts_ms=(2.0,), address="198.51.100.7"),
        "broker center": item("broker", "center", rtts_ms=(9.0,)),
        "dns resolver-1": item("dns", "resolver-1", rtts_ms=(3.0,)),
    }
    for one in changed:
        found[f"{one.seen.probe} {one.seen.target}"] = one
    return [one for name, one in found.items() if name not in without]


def center(reason: Reason, **detail: Scalar) -> tuple[Evidence, ...]:
    """Nothing reaches the centre: its pings fail with this reason, TCP and the broker time out."""
    return (
        item("icmp", "center", reason, LOST, address="198.51.100.7", **detail),
        item("tcp", "center", Reason.TIMEOUT, (None,)),
        item("broker", "center", Reason.TIMEOUT, (None,), phase="connect"),
    )


GATEWAY, FAR = "192.0.2.1", "203.0.113.9"
SILENT = item("icmp", "gateway", Reason.NO_REPLY, LOST, address=GATEWAY)
CASES: dict[str, tuple[str, list[Evidence]]] = {
    "everything answers": ("OK", table()),
    "the interface is switched off": (
        "L0",
        table(item("link", reason=Reason.LINK_OFF), SILENT, *center(Reason.NO_ROUTE)),
    ),
    "there is no interface": ("L0", table(item("link", reason=Reason.NO_INTERFACE))),
    "the cable is out": ("L1", table(item("link", reason=Reason.NO_CARRIER))),
    "DHCP does not answer": ("L2", table(item("address", reason=Reason.LINK_LOCAL_ONLY), *center(Reason.NO_ROUTE))),
    "no default route": ("L3", table(item("route", reason=Reason.NO_DEFAULT_ROUTE), *center(Reason.NO_ROUTE))),
    "a static route does without a default one": ("OK", table(item("route", reason=Reason.NO_DEFAULT_ROUTE))),
    "the gateway is dead": ("L4", table(SILENT, *center(Reason.NO_REPLY))),
    "ARP for the gateway fails": (
        "L4",
        table(SILENT, *center(Reason.HOST_UNREACHABLE, offender="192.0.2.2", offender_is_us=True)),
    ),
    "the gateway only mutes pings": ("OK", table(SILENT)),
    "someone behind a mute gateway complains": ("L6a", table(SILENT, *center(Reason.NET_UNREACHABLE, offender=FAR))),
    "the router lost its uplink": ("L5a", table(*center(Reason.NET_UNREACHABLE, offender=GATEWAY))),
    "the router blocks": ("L5c", table(*center(Reason.PROHIBITED, offender=GATEWAY))),
    "silence beyond the gateway": ("L5d", table(*center(Reason.NO_REPLY))),
    "the centre is on this network and gone": (
        "L7",
        table(*center(Reason.HOST_UNREACHABLE, offender="192.0.2.2", offender_is_us=True)),
    ),
    "the kernel here knows no way to the centre": ("L3", table(*center(Reason.NO_ROUTE))),
    "the ISP has no route": ("L6a", table(*center(Reason.NET_UNREACHABLE, offender=FAR))),
    "the ISP blocks": ("L6b", table(*center(Reason.PROHIBITED, offender=FAR))),
    "packets circle": ("L6d", table(*center(Reason.TTL_EXCEEDED, offender=FAR))),
    "the broker is not running": (
        "B1",
        table(item("tcp", "center", Reason.REFUSED, (None,)), item("broker", "center", Reason.REFUSED, (None,))),
    ),
    "the broker's port is filtered": (
        "B2",
        table(
            item("tcp", "center", Reason.TIMEOUT, (None,)),
            item("broker", "center", Reason.TIMEOUT, (None,), phase="connect"),
        ),
    ),
    "the broker hangs": ("B3", table(item("broker", "center", Reason.TIMEOUT, (None,), phase="tls"))),
    "the broker refuses our certificate": ("B4", table(item("broker", "center", Reason.TLS_REFUSED_US, (None,)))),
    "the broker's certificate ran out": ("B5", table(item("broker", "center", Reason.TLS_EXPIRED, (None,)))),
    "every resolver is dead": ("D1", table(item("dns", "resolver-1", Reason.TIMEOUT, (None, None)))),
    "one of two resolvers is dead": (
        "OK",
        table(item("dns", "resolver-1", Reason.TIMEOUT, (None, None)), item("dns", "resolver-2", rtts_ms=(1.0,))),
    ),
    "a site shows an error": ("W1", table(item("http", "site", Reason.HTTP_STATUS, (1.0,)))),
    "a site's certificate ran out": ("W2", table(item("http", "site", Reason.TLS_EXPIRED, (None,)))),
    "the centre is this machine": (
        "OK",
        table(item("link", reason=Reason.NO_CARRIER), item("icmp", "center", rtts_ms=GOOD, address="127.0.0.1")),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_ladder_names(case: str) -> None:
    code, evidence = CASES[case]
    assert diagnose(evidence).code == code


@pytest.mark.parametrize("case", CASES)
def test_the_order_of_evidence_does_not_matter(case: str) -> None:
    code, evidence = CASES[case]
    assert diagnose(reversed(evidence)).code == code


def test_no_evidence_is_inconclusive() -> None:
    assert diagnose([]).code == "U0"


@pytest.mark.parametrize("name", ["link local", "address local", "route local"])
def test_fine_is_said_only_when_everything_was_looked_at(name: str) -> None:
    assert diagnose(table(without=(name,))).code == "U0"


def test_stale_evidence_does_not_speak_for_now() -> None:
    assert diagnose([replace(one, fresh=False) for one in table()]).code == "U0"


@pytest.mark.parametrize("reason", [Reason.PROBE_FAILED, Reason.NOT_PERMITTED, Reason.LOCAL_ERROR, Reason.NO_TARGET])
def test_a_probe_that_could_not_measure_blames_nobody(reason: Reason) -> None:
    assert diagnose(table(item("icmp", "gateway", reason), item("dns", "resolver-1", reason))).code == "OK"


def test_one_lost_connection_on_a_good_line_is_no_verdict() -> None:
    evidence = table(item("tcp", "center", Reason.TIMEOUT, (None,), runs=1))
    assert diagnose(evidence).code == "OK"


def test_a_connection_that_times_out_on_a_losing_line_is_loss_and_not_a_filter() -> None:
    losing = replace(item("icmp", "center", rtts_ms=(1.0, None, None, 1.0, 1.0)), sent=40, loss_low=0.26)
    evidence = table(
        losing,
        item("tcp", "center", Reason.TIMEOUT, (None,)),
        item("broker", "center", Reason.TIMEOUT, (None,), phase="connect"),
    )
    assert diagnose(evidence).code == "Q2"


@pytest.mark.parametrize(
    ("sent", "loss_low", "code"), [(19, 0.2, "OK"), (20, 0.2, "Q2"), (40, 0.02, "OK"), (40, 0.021, "Q2")]
)
def test_loss_needs_twenty_probes_and_certainty(sent: int, loss_low: float, code: str) -> None:
    evidence = replace(item("icmp", "center", rtts_ms=GOOD), sent=sent, loss_low=loss_low)
    assert diagnose(table(evidence)).code == code


def test_a_complaint_of_an_earlier_round_still_names_its_sender() -> None:
    earlier = item("icmp", "center", Reason.NET_UNREACHABLE, LOST, offender=GATEWAY).seen
    silent, *others = center(Reason.NO_REPLY)
    found = diagnose(table(replace(silent, complaint=earlier), *others))
    assert found.code == "L5a"
    assert found.lines[0].startswith("icmp center: net_unreachable")


def test_a_complaint_heard_by_another_probe_counts_too() -> None:
    ping, _, broker = center(Reason.NO_REPLY)
    heard = item("tcp", "center", Reason.PROHIBITED, (None,), offender=FAR)
    assert diagnose(table(ping, heard, broker)).code == "L6b"


def test_a_flapping_line_is_called_that() -> None:
    assert diagnose(table(replace(item("icmp", "center", rtts_ms=GOOD), state="flapping"))).code == "Q4"


def test_a_verdict_says_what_it_rests_on() -> None:
    found = diagnose(table(*center(Reason.PROHIBITED, offender=FAR)))
    assert found.lines[0] == f"icmp center: prohibited 0/5 address=198.51.100.7 offender={FAR}"


EVIDENCE = st.builds(
    lambda probe, target, reason, rtts, state, runs, sent, low, fresh, detail: Evidence(
        Observation(probe, target, 0, reason is Reason.NONE, reason, tuple(rtts), detail=detail),
        state,
        runs,
        sent,
        low,
        fresh=fresh,
    ),
    st.sampled_from(["link", "address", "route", "icmp", "tcp", "broker", "dns", "http"]),
    st.sampled_from(["local", "gateway", "center", "resolver-1", "site"]),
    st.sampled_from(list(Reason)),
    st.lists(st.one_of(st.none(), st.just(1.0)), max_size=5),
    st.sampled_from(["up", "down", "flapping", "unknown"]),
    st.integers(0, 5),
    st.integers(0, 40),
    st.floats(0, 1),
    st.booleans(),
    st.dictionaries(
        st.sampled_from(["address", "offender", "phase", "offender_is_us"]),
        st.sampled_from([GATEWAY, FAR, "tls", True]),
        max_size=4,
    ),
)


@given(st.lists(EVIDENCE, max_size=12))
def test_any_evidence_gives_a_known_code(evidence: list[Evidence]) -> None:
    assert diagnose(evidence).code in VERDICTS
