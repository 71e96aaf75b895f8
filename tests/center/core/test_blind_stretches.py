"""The centre's own blindness blames nobody and costs nobody availability; what nodes prove on the spot stays."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.core.blind_stretches import AFTER_MS, EDGE_MS, is_beyond
from center.core.candidates import TOLD, Candidate
from center.core.causes import CAUSES
from center.core.facts import Concluded, FleetFacts, LinkFact, NodeFacts, Seconds, Span, ToldOutage, ToldStep, When
from center.core.layers import FIRST_MS
from center.core.outages import conclude
from center.core.spans import subtract, union
from center.core.sweep import certain, seconds
from tests.support.node_facts import (
    ALL_DAY,
    DAY,
    alive,
    at,
    concluded,
    contact,
    life,
    lines,
    ms,
    node,
    span,
    told,
    verdict,
)  # fmt: skip
from tests.support.node_story import Trouble, tell, troubles, wall_ms

BLIND = (span("10:00", "10:30"),)
AROUND = (contact("08:00", "10:00"), contact("10:31", "12:00"))
LINE = {"n": (LinkFact("isp-a", "line"),), "m": (LinkFact("isp-a", "line"),)}


def one(*outages: ToldOutage, **facts: object) -> NodeFacts:
    return node(contacts=AROUND, lives=(life("08:00", "12:00"),), outages=outages, **facts)


def seen(*nodes: NodeFacts, now: str = "12:00", blind: tuple[Span, ...] = BLIND) -> list[str]:
    return lines(concluded(*nodes, now=now, blind=blind)["n"])


@pytest.mark.parametrize("code", ["L5d", "L6a", "L6b", "L6c", "L6d", "L7", "U0", "B2", "D1", "I1"])
def test_what_lies_beyond_the_gateway_is_the_centres_matter_while_it_is_blind(code: str) -> None:
    assert seen(one(told("10:00:05", "10:29:50", code))) == ["10:00:05-10:29:50 L7 center unknown"]


@pytest.mark.parametrize("code", ["L0", "L1", "L4", "L5a", "L5b", "L5c", "P1"])
def test_what_a_node_proves_on_the_spot_stays_though_the_centre_is_blind(code: str) -> None:
    said = f"10:00:05-10:29:50 {code} {CAUSES[code].party} down"
    assert seen(one(told("10:00:05", "10:29:50", code))) == [said]


def test_a_broker_that_was_down_leaves_the_line_good_though_the_centre_is_blind() -> None:
    facts = one(told("10:00:05", "10:29:50", "B1"))
    assert lines(concluded(facts, now="12:00", hearing=(span("00:00", "10:00"), span("10:30", "23:00")))["n"]) == [
        "10:00:05-10:29:50 B1 center up"
    ]


def test_what_lies_outside_of_the_blind_stretch_stays_the_isps_but_for_the_edges() -> None:
    outage = told("09:40", "11:00", "L6a")
    facts = node(contacts=(contact("08:00", "09:40"), contact("11:01", "12:00")), outages=(outage,))
    assert seen(facts) == [
        "09:40:00-09:59:30 L6a isp down",
        "09:59:30-10:30:30 L7 center unknown",
        "10:30:30-11:00:00 L6a isp down",
    ]
    assert seen(facts, blind=()) == ["09:40:00-11:00:00 L6a isp down"]


def test_an_isp_that_broke_before_or_after_is_charged_for_no_more_than_its_own_part() -> None:
    def with_steps(onset: str, end: str, code: str, *steps: tuple[str, str]) -> NodeFacts:
        said = tuple(ToldStep(at(since), word, 95.0) for since, word in steps)
        outage = replace(told(onset, end, code), steps=said)
        return node(contacts=(contact("08:00", onset), contact("11:31", "12:00")), outages=(outage,))

    cable_then_centre = with_steps("09:50", "11:30", "L5b", ("09:50:15", "L5b"), ("10:10", "L6a"))
    assert seen(cable_then_centre) == [
        "09:50:00-10:09:30~10:10:00 L5b isp down",
        "10:09:30~10:10:00-10:30:00~10:30:30 L7 center unknown",
        "10:30:00~10:30:30-11:30:00 L6a isp down",
    ]
    centre_then_cable = with_steps("10:00:05", "11:30", "L5b", ("10:00:20", "L6a"), ("10:10", "L5b"))
    assert seen(centre_then_cable) == [
        "10:00:05-10:09:30~10:10:00 L7 center unknown",
        "10:09:30~10:10:00-11:30:00 L5b isp down",
    ]


def test_what_began_just_before_the_blind_stretch_is_called_what_was_found_first() -> None:
    """Both findings came in the blind stretch: the surer one may be the centre's cut, found behind a broken line."""
    outage = replace(
        told("09:59:18", "10:29:00", "L6a"),
        steps=(ToldStep(at("09:59:31"), "L6c", 72.0), ToldStep(at("10:05:00"), "L6a", 98.0)),
    )
    assert seen(node(contacts=(contact("08:00", "09:59"), contact("10:31", "12:00")), outages=(outage,))) == [
        "09:59:18-09:59:30 L6c isp down",
        "09:59:30-10:29:00 L7 center unknown",
    ]


def test_an_outage_that_lasts_is_the_isps_again_behind_the_blind_stretch() -> None:
    facts = node(contacts=(contact("08:00", "10:00"),), outages=(told("10:00:05", code="L6a"),))
    assert seen(facts) == ["10:00:05-10:30:30 L7 center unknown", "10:30:30- L6a isp down"]


def test_silence_while_the_centre_is_blind_is_no_outage_and_behind_it_a_node_has_its_time_to_come_back() -> None:
    assert seen(node(contacts=AROUND)) == []
    late = node(contacts=(contact("08:00", "10:00"), contact("10:34:50", "12:00")))
    assert seen(late) == []
    assert seen(node(contacts=(contact("08:00", "10:00"),)), now="10:36") == []
    (gone,) = seen(node(contacts=(contact("08:00", "10:00"),)))
    assert gone.endswith("10:36:30- silent none down")
    assert seen(node(contacts=AROUND), blind=()) != []


def test_a_box_that_restarted_meanwhile_says_so_itself() -> None:
    lives = (
        life("08:00", "10:05", boot="b1"),
        life("10:20", "12:00", boot="b2", run="r2", before=("b1", "r1"), verdict="power_or_unknown", alive="10:05"),
    )
    facts = node(contacts=(contact("08:00", "10:00"), contact("10:31", "12:00", boot="b2", run="r2")), lives=lives)
    assert seen(facts) == ["10:05:00~10:05:45-10:20:00 restart none down"]


def test_an_outage_without_a_certain_second_is_nobodys_when_it_may_have_been_the_centres() -> None:
    vague = ToldOutage("v", "b1", at("09:00", "11:00"), at("09:10", "11:10"), "seen", "L6a", 95.0, "isp")
    assert [row.split(" ", 1)[1] for row in seen(one(vague))] == ["U0 none unknown"]
    inside = replace(vague, onset=at("10:01", "10:09"), end=at("10:05", "10:20"))
    assert [row.split(" ", 1)[1] for row in seen(one(inside))] == ["L7 center unknown"]
    apart = replace(vague, onset=at("08:10", "08:40"), end=at("08:20", "09:00"))
    assert [row.split(" ", 1)[1] for row in seen(one(apart))] == ["L6a isp down"]


def test_nodes_that_lost_the_blind_centre_together_do_not_accuse_their_line() -> None:
    outage = told("10:00:05", "10:29:50", "L6a")
    both = [one(outage), replace(one(outage), node="m")]
    for blind, parent in ((BLIND, ""), ((), "isp-a")):
        found = concluded(*both, links=LINE, now="12:00", blind=blind)
        assert [[row.parent for row in found[name]] for name in ("n", "m")] == [[parent], [parent]]


def test_the_seconds_of_a_blind_stretch_are_unknown_and_reports_in_it_still_prove_that_the_box_was_well() -> None:
    for whole, up_s in (
        (one(told("10:00", "10:30", "L6a"), verdicts=(verdict("08:00", "OK"),)), 0),
        (one(alive=(alive("08:00", "12:00"),)), 30 * 60),
    ):
        facts = replace(whole, known_since_ms=ms("10:00"))
        found = concluded(facts, now="12:00", blind=BLIND)["n"]
        row = seconds(facts, found, [DAY], ms("10:30"))[0]
        assert (row.up_s, row.down_s, row.unknown_s) == (up_s, 0, 30 * 60 - up_s)


def test_only_a_nodes_own_word_that_blames_the_isp_or_nobody_is_taken_back() -> None:
    moment = When(0, 0)
    taken = {
        code for code, cause in CAUSES.items()
        if is_beyond(Candidate(TOLD, moment, moment, code, cause.party))
    }  # fmt: skip
    assert {CAUSES[code].party for code in taken} == {"isp", "none"}
    assert {"L5d", "L6a", "L6b", "L6c", "L6d", "B2", "U0"} <= taken
    assert not taken & {"N0", "A1", "A2", "L0", "L1", "L2", "L3", "L4", "L5a", "L5b", "L5c", "L7", "B1", "P1"}
    assert is_beyond(Candidate(TOLD, moment, moment, "Z9", "isp"))


blinds = st.lists(
    st.tuples(st.integers(0, 20_000), st.integers(1, 6_000)).map(
        lambda pair: Span(wall_ms(pair[0]), wall_ms(pair[0] + pair[1]))
    ),
    max_size=3,
).map(tuple)
far = st.sampled_from(["L5b", "L5d", "L6a", "L6c", "L7", "U0", "B2"])


def lived(story: list[Trouble], code: str) -> tuple[NodeFacts, int]:
    """The node's facts; what its ISP broke it calls `code`."""
    told = tell(story)
    facts = told.facts()
    renamed = (replace(one, code=code if one.code == "L5b" else one.code) for one in facts.outages)
    return replace(facts, outages=tuple(renamed)), wall_ms(told.end_s)


def judged(facts: NodeFacts, now_ms: int, blind: tuple[Span, ...]) -> tuple[tuple[Concluded, ...], Seconds]:
    found = conclude(FleetFacts({"n": facts}, ALL_DAY, now_ms, blind=blind))["n"]
    return found, seconds(facts, found, [DAY], now_ms)[0]


@given(troubles, far, blinds)
def test_a_blind_stretch_moves_no_blame_to_anybody_and_takes_no_availability(
    story: list[Trouble], code: str, blind: tuple[Span, ...]
) -> None:
    facts, now_ms = lived(story, code)
    before, plain = judged(facts, now_ms, ())
    after, row = judged(facts, now_ms, blind)
    for party in ("isp", "site", "pln", "city", "agency"):
        blamed = union(certain(one, now_ms) for one in after if one.party == party)
        assert not subtract(blamed, [_before(one, now_ms) for one in before if one.party == party])
    down = [certain(one, now_ms) for one in after if one.counts == "down"]
    assert not subtract(down, [_before(one, now_ms) for one in before if one.counts == "down"])
    assert row.isp_down_s <= plain.isp_down_s + len(before) * FIRST_MS // 1000
    for one in after:
        if one.party == "isp" and one.cause != "L5b":
            assert not [span for span in blind if certain(one, now_ms).start_ms < span.end_ms
                        and certain(one, now_ms).end_ms > span.start_ms]  # fmt: skip


@pytest.mark.full
@given(troubles, far, blinds)
def test_what_lies_far_from_blind_stretches_is_as_without_them(
    story: list[Trouble], code: str, blind: tuple[Span, ...]
) -> None:
    facts, now_ms = lived(story, code)
    near = union(Span(one.start_ms - AFTER_MS, one.end_ms + 2 * AFTER_MS + EDGE_MS) for one in blind)
    apart = [
        tuple(one for one in judged(facts, now_ms, spans)[0] if not _touches(one, near, now_ms))
        for spans in ((), blind)
    ]
    assert apart[0] == apart[1]


@given(troubles, far, blinds, st.randoms(use_true_random=False))
def test_blind_stretches_in_any_order_and_twice_are_the_same_facts(
    story: list[Trouble], code: str, blind: tuple[Span, ...], chance: random.Random
) -> None:
    facts, now_ms = lived(story, code)
    shuffled = tuple(chance.sample(blind, len(blind))) + blind[:1]
    assert judged(facts, now_ms, shuffled) == judged(facts, now_ms, blind)


def _before(one: Concluded, now_ms: int) -> Span:
    """An outage that a run saw at once began with the run, where no silence says otherwise (`center.core.layers`)."""
    whole = certain(one, now_ms)
    return Span(whole.start_ms - FIRST_MS, whole.end_ms)


def _touches(one: Concluded, spans: tuple[Span, ...], now_ms: int) -> bool:
    end_ms = now_ms if one.end is None else one.end.hi_ms
    return any(one.start.lo_ms <= span.end_ms and end_ms >= span.start_ms for span in spans)


def test_what_outlasts_the_blind_stretch_is_named_by_what_was_found_last_and_not_by_what_was_surest() -> None:
    """blind      |-------------------|
    steps       L6a (77 %)   L5d (74 %) ......... end"""
    from center.core.blind_stretches import reworded
    from center.core.facts import NodeFacts, Span, ToldOutage, ToldStep, When

    def at(ms: int) -> When:
        return When(ms, ms)

    steps = (ToldStep(at(10_000), "L6a", 77.0, "isp"), ToldStep(at(60_000), "L5d", 74.0, "isp"))
    told = ToldOutage("o", "b", at(9_000), at(500_000), "seen", "L6a", 77.0, "isp", steps)
    (outage,) = reworded(NodeFacts("n", 0, outages=(told,)), (Span(0, 100_000),)).outages
    assert [(step.since.lo_ms, step.code) for step in outage.steps] == [
        (10_000, "L7"),
        (60_000, "L7"),
        (100_000, "L5d"),
    ]
    within = replace(told, end=at(90_000))
    assert reworded(NodeFacts("n", 0, outages=(within,)), (Span(0, 100_000),)).outages == (within,)
