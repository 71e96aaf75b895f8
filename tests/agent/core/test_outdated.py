"""When pings fail, what worked before they did is no evidence for now; when they never worked, it is."""

import pytest

from agent.core.diagnosis import diagnose
from agent.core.evidence import Evidence
from agent.core.observation import Observation, Reason, Scalar
from agent.core.outdated import behind, judged
from agent.core.past import Past


def pings(letters: str) -> Past:
    found = Past()
    for number, letter in enumerate(letters):
        found.add(Observation("icmp", "center", 1000 * number, letter == "+"))
    return found


def item(probe: str, at_ms: int, ok: bool = True, target: str = "center", **detail: Scalar) -> Evidence:
    return Evidence(Observation(probe, target, at_ms, ok, Reason.NONE if ok else Reason.TIMEOUT, detail=detail))


@pytest.mark.parametrize(
    ("probe", "at_ms", "history", "fresh"),
    [
        ("tcp", 500, "++--", False),
        ("tcp", 2500, "++--", True),
        ("tcp", 500, "++-+", True),
        ("tcp", 500, "----", True),  # it mutes pings
        ("broker", 1999, "++--", False),
        ("icmp", 500, "++--", True),
    ],
)
def test_a_connection_counts_when_it_was_made_after_the_pings_began_to_fail(
    probe: str, at_ms: int, history: str, fresh: bool
) -> None:
    assert judged([item(probe, at_ms)], pings(history))[0].fresh is fresh


def test_a_session_that_merely_stands_is_no_sign_of_life_while_pings_fail() -> None:
    standing = item("broker", 9000, evidence="uplink")
    assert not judged([standing], pings("++--"))[0].fresh
    assert judged([standing], pings("++++"))[0].fresh


def test_failures_and_other_targets_are_left_as_they_are() -> None:
    items = (item("tcp", 0, ok=False), item("tcp", 0, target="panel"))
    assert judged(items, pings("+-")) == items
    assert judged(items, None) == items


def test_a_dead_line_is_called_that_though_a_connection_stood_a_minute_ago() -> None:
    inside = [Evidence(Observation(probe, "local", 0, True), "up") for probe in ("link", "address", "route")]
    gateway = Evidence(Observation("icmp", "gateway", 60_000, True, rtts_ms=(1.0,), detail={"address": "g"}), "up")
    lost = Observation("icmp", "center", 60_000, False, Reason.NO_REPLY, (None,) * 6, detail={"address": "c"})
    items = [*inside, gateway, Evidence(lost, "up", 2), item("tcp", 30_000), item("broker", 61_000, evidence="uplink")]
    assert diagnose(judged(items, pings("+" * 50 + "-" * 10))).code == "L5d"


@pytest.mark.parametrize(("history", "fresh"), [("++--", False), ("----", True), ("++++", True), ("--++", True)])
def test_a_gateway_that_fell_silent_outdates_what_was_found_well_behind_it(history: str, fresh: bool) -> None:
    well, ill = item("internet", 500, target="internet"), item("ntp", 500, ok=False, target="clock")
    assert [one.fresh for one in behind((well, ill), pings(history))] == [fresh, True]
    assert behind((well, ill), None) == (well, ill)
