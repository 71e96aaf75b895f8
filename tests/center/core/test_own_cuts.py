"""Short cuts of the centre's own line are found in what nodes of several providers told alike, and in nothing else."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from center.core.facts import Concluded, FleetFacts, LinkFact, NodeFacts, OwnCut, Span, ToldOutage, ToldStep, When
from center.core.outages import conclude
from center.core.own_cuts import MOST_MS, Witness, own_cuts, witness
from tests.support.node_facts import ALL_DAY, alive, at, contact, life, lines, ms, node, told

NOW = "12:00"
OWNERS = {"isp-a1": "isp-a", "isp-a2": "isp-a", "isp-b1": "isp-b", "isp-b2": "isp-b"}
LINES = tuple(OWNERS)


def city(count: int = 12, of: tuple[str, ...] = LINES, **outages: ToldOutage | None) -> dict[str, NodeFacts]:
    """Nodes n0, n1 ... in turn on these lines, heard all morning; `all_`: what each told, but for those named."""
    common = outages.pop("all_", None)
    found = {}
    for number in range(count):
        name = f"n{number}"
        word = outages.get(name, common)
        found[name] = node(
            name,
            contacts=(contact("08:00", NOW),),
            lives=(life("08:00", NOW),),
            alive=(alive("08:00", NOW),),
            outages=() if word is None else (replace(word, id=f"{name}-{word.id}"),),
        )
    return found


def links(nodes: dict[str, NodeFacts], of: tuple[str, ...] = LINES) -> dict[str, tuple[LinkFact, ...]]:
    return {name: (LinkFact(of[int(name[1:]) % len(of)], "line"),) for name in nodes}


def witnesses(nodes: dict[str, NodeFacts], of: tuple[str, ...] = LINES) -> dict[str, Witness]:
    hung = links(nodes, of)
    return {name: witness(one.outages, one.contacts, name, hung[name], OWNERS) for name, one in nodes.items()}


def cuts(nodes: dict[str, NodeFacts], of: tuple[str, ...] = LINES, now: str = NOW) -> tuple[OwnCut, ...]:
    return own_cuts(witnesses(nodes, of), ms(now))


def said(nodes: dict[str, NodeFacts], name: str = "n0", of: tuple[str, ...] = LINES, now: str = NOW) -> list[str]:
    fleet = FleetFacts(nodes, ALL_DAY, ms(now), links(nodes, of), cuts=cuts(nodes, of, now))
    return lines(conclude(fleet)[name])


CUT = told("10:00:05", "10:00:45", "L6a")


def test_nodes_of_two_providers_that_lost_the_centre_for_the_same_moments_accuse_nobody() -> None:
    nodes = city(all_=CUT)
    assert cuts(nodes) == (OwnCut(ms("10:00:05"), ms("10:00:45"), "L7"),)
    assert said(nodes) == ["10:00:05-10:00:45 L7 center unknown"]
    fleet = FleetFacts(nodes, ALL_DAY, ms(NOW), links(nodes))
    assert lines(conclude(fleet)["n0"]) == ["10:00:05-10:00:45 L6a isp down"], "without the cut known: what went wrong"


@pytest.mark.parametrize("codes", [("L5d", "L6c", "U0"), ("L7", "L6a", "L7"), ("B2", "L6b", "L6d")])
def test_it_is_one_cut_whatever_each_node_took_it_for(codes: tuple[str, str, str]) -> None:
    words = {f"n{number}": replace(CUT, code=codes[number % 3]) for number in range(12)}
    nodes = city(**words)
    assert {one.code for one in cuts(nodes)} == {"L7"}
    assert all(said(nodes, name) == ["10:00:05-10:00:45 L7 center unknown"] for name in nodes)


def test_beginnings_and_ends_need_not_be_the_same_second() -> None:
    late = told("10:00:11", "10:00:52", "L6a")
    nodes = city(all_=CUT, n3=late, n4=late)
    assert said(nodes, "n3") == ["10:00:11-10:00:52 L7 center unknown"]


def test_one_line_that_broke_is_its_providers_matter_while_others_are_heard() -> None:
    words = {f"n{number}": CUT for number in range(0, 12, 4)}
    nodes = city(**words)
    assert cuts(nodes) == ()
    assert said(nodes) == ["10:00:05-10:00:45 L6a isp down"]


def test_both_lines_of_a_provider_that_broke_at_once_stay_its_matter_while_the_other_provider_is_heard() -> None:
    words = {f"n{number}": CUT for number in range(12) if LINES[number % 4].startswith("isp-a")}
    assert cuts(city(**words)) == ()
    short = replace(CUT, end=at("10:00:19"))
    assert cuts(city(**dict.fromkeys(words, short))) == (), "though of so short a cut not everybody tells"


def test_of_a_cut_that_only_some_can_have_noticed_those_who_did_not_are_no_witnesses() -> None:
    short = replace(CUT, end=at("10:00:19"))
    nodes = city(n0=short, n1=short, n2=short, n3=short)
    assert said(nodes) == ["10:00:05-10:00:19 L7 center unknown"]
    assert cuts(city(n0=CUT, n1=CUT, n2=CUT, n3=CUT)) == (), "of a longer one they would have told"


def test_a_node_that_was_heard_in_the_middle_of_it_shows_that_the_centre_was_there() -> None:
    nodes = city(all_=CUT)
    born = (contact("08:00", "09:59"), contact("10:00:20", NOW))
    for name in ("n9", "n10", "n11"):
        nodes[name] = replace(nodes[name], outages=(), contacts=born)
    assert cuts(nodes) == ()
    nodes["n10"] = nodes["n11"] = replace(nodes["n9"], contacts=())
    assert len(cuts(nodes)) == 1, "one alone may be a mistake"


def test_a_line_on_which_several_were_heard_all_the_time_outweighs_all_others() -> None:
    of = (*(("isp-a1", "isp-b1") * 9), "isp-c", "isp-c")
    nodes = city(20, all_=CUT, n18=None, n19=None)
    assert cuts(nodes, of) == ()
    assert len(cuts({**nodes, "n19": replace(nodes["n19"], contacts=())}, of)) == 1


def test_a_provider_that_carries_everybody_is_neither_accused_nor_the_centre() -> None:
    nodes = city(all_=CUT)
    of = ("isp-a1", "isp-a2")
    assert {one.code for one in cuts(nodes, of)} == {"U0"}
    assert said(nodes, of=of) == ["10:00:05-10:00:45 U0 none unknown"]


def test_a_provider_that_carries_everybody_is_accused_where_one_node_was_heard_or_most_did_not_tell() -> None:
    of = ("isp-a1",)
    assert cuts(city(all_=CUT, n5=None), of) == ()
    nodes = city(**{f"n{number}": CUT for number in range(5)})
    silent = {
        name: one if one.outages else replace(one, contacts=(contact("08:00", "09:59"),)) for name, one in nodes.items()
    }
    assert cuts(silent, of) == (), "five of twelve that were expected"
    assert said(silent, of=of) == ["10:00:05-10:00:45 L6a isp down"]


def test_lines_nobody_entered_prove_no_second_provider() -> None:
    nodes = city(all_=CUT)
    unknown = {name: replace(one, lines=frozenset(), providers=frozenset()) for name, one in witnesses(nodes).items()}
    assert {one.code for one in own_cuts(unknown, ms(NOW))} == {"U0"}


def test_three_boxes_of_one_site_are_one_witness() -> None:
    nodes = city(3, all_=CUT)
    together = {name: replace(one, site="kantor") for name, one in witnesses(nodes).items()}
    assert own_cuts(together, ms(NOW)) == ()
    assert len(cuts(nodes)) == 1


@pytest.mark.parametrize("code", ["L1", "L4", "L5a", "L5b", "B1", "P1"])
def test_what_nodes_prove_on_the_spot_is_no_cut_of_the_centre(code: str) -> None:
    assert cuts(city(all_=replace(CUT, code=code))) == ()


def test_ends_that_lie_apart_are_no_common_cut() -> None:
    words = {f"n{number}": told("10:00:05", f"10:0{number % 6 + 1}:00", "L6a") for number in range(6)}
    assert cuts(city(6, **words)) == ()


def test_what_lasts_longer_than_such_a_cut_is_left_to_the_incidents() -> None:
    end = ms("10:00:05") + MOST_MS + 1
    assert cuts(city(all_=replace(CUT, end=When(end, end)))) == ()


def test_an_outage_that_goes_on_on_both_sides_stays_whole_and_one_that_ends_in_the_cut_is_shortened() -> None:
    nodes = city(all_=CUT, n0=told("09:00", "11:00", "L6a"), n4=told("09:30", "10:00:45", "L6a"))
    assert said(nodes) == ["09:00:00-11:00:00 L6a isp down"]
    assert said(nodes, "n4") == ["09:30:00-10:00:05 L6a isp down", "10:00:05-10:00:45 L7 center unknown"]


def test_a_cable_that_came_out_during_the_cut_is_told_apart_from_it() -> None:
    steps = (ToldStep(at("10:00:20"), "L6a", 95.0), ToldStep(at("10:00:40"), "L1", 99.0))
    nodes = city(all_=CUT, n0=replace(told("10:00:05", "10:30", "L1"), steps=steps))
    assert said(nodes) == ["10:00:05-10:00:10~10:00:40 L7 center unknown", "10:00:10~10:00:40-10:30:00 L1 site down"]


def test_a_notice_of_a_beginning_alone_is_held_for_the_cut_its_node_has_come_out_of() -> None:
    begun = replace(CUT, end=None)
    for nodes in (city(all_=begun), city(all_=CUT, n0=begun)):
        now = {name: replace(one, contacts=(contact("08:00", "10:00:48"),)) for name, one in nodes.items()}
        assert said(now, now="10:00:50") == ["10:00:05- L7 center unknown"]


def test_a_node_that_is_silent_for_long_is_so_all_through_a_short_cut() -> None:
    nodes = city(all_=CUT)
    nodes["n0"] = node("n0", contacts=(contact("08:00", "09:00"),))
    assert said(nodes) == ["09:00:00~09:01:30- silent none down"]


few = settings(max_examples=40)
words = st.lists(
    st.tuples(
        st.integers(0, 11),
        st.integers(0, 300),
        st.integers(5, 120),
        st.sampled_from(["L5b", "L5d", "L6a", "L7", "U0"]),
        st.booleans(),
    ),
    max_size=40,
)


def drawn(chosen: list[tuple[int, int, int, str, bool]]) -> dict[str, NodeFacts]:
    nodes = city()
    for number, start_s, length_s, code, is_open in chosen:
        onset = ms("10:00") + 1000 * start_s
        end = None if is_open else When(onset + 1000 * length_s, onset + 1000 * length_s)
        outage = ToldOutage(f"o{onset}", "b1", When(onset, onset), end, "seen", code, 95.0, "")
        name = f"n{number}"
        nodes[name] = replace(nodes[name], outages=(*nodes[name].outages, outage))
    return nodes


def whole(nodes: dict[str, NodeFacts], found: tuple[OwnCut, ...]) -> dict[str, tuple[Concluded, ...]]:
    return conclude(FleetFacts(nodes, ALL_DAY, ms(NOW), links(nodes), cuts=found))


@few
@given(words, st.randoms(use_true_random=False))
def test_in_any_order_and_told_twice_the_cuts_and_the_outages_are_the_same(
    chosen: list[tuple[int, int, int, str, bool]], chance: random.Random
) -> None:
    nodes = drawn(chosen)
    mixed = {
        name: replace(nodes[name], outages=tuple(chance.sample(2 * nodes[name].outages, 2 * len(nodes[name].outages))))
        for name in chance.sample(sorted(nodes), len(nodes))
    }
    assert cuts(mixed) == cuts({name: mixed[name] for name in nodes}) == cuts(nodes)
    found = list(cuts(nodes))
    chance.shuffle(found)
    assert whole(mixed, tuple(found)) == whole(nodes, cuts(nodes))


@few
@given(words)
def test_a_cut_charges_nobody_more_and_lies_where_several_told_of_one(
    chosen: list[tuple[int, int, int, str, bool]],
) -> None:
    nodes = drawn(chosen)
    found = cuts(nodes)
    for one in found:
        inside = {name for name, facts in nodes.items() for outage in facts.outages
                  if one.start_ms <= outage.onset.lo_ms <= one.end_ms}  # fmt: skip
        assert len(inside) >= 3
    before, after = whole(nodes, ()), whole(nodes, found)
    for name in nodes:
        for party in ("isp", "site", "pln", "city"):
            assert _lost(after[name], party) <= _lost(before[name], party)


def _lost(ones: tuple[Concluded, ...], party: str) -> int:
    spans = (Span(one.start.hi_ms, ms(NOW) if one.end is None else one.end.lo_ms) for one in ones if one.party == party)
    return sum(max(0, span.end_ms - span.start_ms) for span in spans)
