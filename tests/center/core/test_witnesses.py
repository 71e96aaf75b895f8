"""Whom to ask about a box that is not heard, where, and what the answers say together."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.core.witnesses import (
    BOX,
    MOST,
    ROUTER,
    SENTENCES,
    Answer,
    Peer,
    Question,
    Verdict,
    choose,
    questions,
    sentence,
    verdict,
)

CUT = Peer("kel-1", "kel-1", "DOWN", "isp-a", "Serang", frozenset({"ring-1"}), "10.3.1.5/24", "10.3.1.5")
SAME_LINE = Peer("kel-2", "kel-2", "UP", "isp-a", "Serang", frozenset({"ring-1"}), "10.3.2.5/24", "10.3.2.5")
OTHER_LINE = Peer("kel-3", "kel-3", "UP", "isp-a", "Cipocok", frozenset({"ring-2"}), "10.3.3.5/24", "10.3.3.5")
NEIGHBOUR = Peer("kel-4", "kel-4", "UP", "isp-b", "Serang", frozenset({"ring-3"}), "10.4.1.5/24", "10.4.1.5")
FAR = Peer("kel-5", "kel-5", "UP", "isp-b", "Taktakan", frozenset({"ring-3"}), "10.4.2.5/24", "10.4.2.5")


def test_those_on_another_line_come_first_then_those_of_the_same_provider() -> None:
    order = [one.node for one in choose(CUT, [SAME_LINE, FAR, NEIGHBOUR, OTHER_LINE, CUT])]
    assert order == ["kel-3", "kel-4", "kel-2"]


@pytest.mark.parametrize("state", ["DOWN", "DEGRADED", "UNREACHABLE", "UNKNOWN", "MAINT", "RETIRED"])
def test_only_a_box_of_another_site_that_is_up_is_a_witness(state: str) -> None:
    assert choose(CUT, [replace(OTHER_LINE, state=state), replace(OTHER_LINE, site=CUT.site)]) == ()


def test_a_box_without_provider_or_kecamatan_is_like_no_other() -> None:
    alone = replace(CUT, provider="", kecamatan="")
    assert choose(alone, [replace(OTHER_LINE, provider="", kecamatan="")]) == ()


def test_a_box_whose_address_the_broker_saw_too_is_asked_for_itself() -> None:
    assert questions(CUT, [OTHER_LINE, SAME_LINE]) == (
        Question("kel-3", "10.3.1.5", BOX),
        Question("kel-2", "10.3.1.5", BOX),
    )


def test_behind_a_router_of_its_own_it_is_the_router_that_is_asked_for() -> None:
    behind = replace(CUT, own="192.168.1.20/24", seen="10.9.8.7")
    inside = replace(OTHER_LINE, own="192.168.1.30/24")
    assert questions(behind, [inside]) == (Question("kel-3", "10.9.8.7", ROUTER),)


def test_an_address_that_several_sites_come_from_says_nothing_of_any() -> None:
    shared = replace(CUT, own="192.168.1.20/24", seen="203.0.113.9")
    assert questions(shared, [OTHER_LINE, replace(NEIGHBOUR, seen="203.0.113.9")]) == ()
    assert questions(shared, [OTHER_LINE, replace(NEIGHBOUR, seen="::ffff:203.0.113.9")]) == ()
    of_one_site = replace(NEIGHBOUR, site=CUT.site, seen="203.0.113.9")
    assert [one.host for one in questions(shared, [OTHER_LINE, of_one_site])] == ["203.0.113.9"]


@pytest.mark.parametrize("seen", ["", "127.0.0.1", "::1", "rubbish", "fe80::1"])
def test_an_address_of_its_own_is_not_asked_for_where_the_witness_has_the_same_network(seen: str) -> None:
    """There somebody else would answer: every site has a 192.168.1.20."""
    unseen = replace(CUT, own="192.168.1.20/24", seen=seen)
    alike = replace(OTHER_LINE, own="192.168.1.30/24", seen=seen)
    assert questions(unseen, [alike]) == ()
    assert questions(unseen, [alike, NEIGHBOUR]) == (Question("kel-4", "192.168.1.20", BOX),)


def test_without_any_address_nobody_is_asked() -> None:
    assert questions(replace(CUT, own="", seen=""), [OTHER_LINE]) == ()
    assert questions(replace(CUT, own="127.0.0.1/8", seen="127.0.0.1"), [OTHER_LINE]) == ()


ADDRESSES = st.sampled_from(("", "10.3.1.5", "192.168.1.20", "203.0.113.9", "2001:db8::5", "127.0.0.1", "nonsense"))
PEERS = st.builds(
    Peer,
    node=st.sampled_from([f"kel-{number}" for number in range(9)]),
    site=st.sampled_from("abcde"),
    state=st.sampled_from(("UP", "DOWN")),
    provider=st.sampled_from(("", "isp-a", "isp-b")),
    kecamatan=st.sampled_from(("", "Serang")),
    lines=st.frozensets(st.sampled_from(("ring-1", "ring-2"))),
    own=ADDRESSES.map(lambda text: f"{text}/24" if text else ""),
    seen=ADDRESSES,
)


@given(PEERS, st.lists(PEERS, max_size=12, unique_by=lambda one: one.node))
def test_whoever_they_are_at_most_three_others_that_are_up_are_asked_for_one_address(
    cut: Peer, others: list[Peer]
) -> None:
    asked = questions(cut, others)
    states = {one.node: (one.state, one.site) for one in others}
    assert len(asked) <= MOST
    assert len({one.node for one in asked}) == len(asked)
    assert all(states[one.node][0] == "UP" and states[one.node][1] != cut.site for one in asked)
    assert len({(one.host, one.kind) for one in asked}) <= 1
    assert {one.host for one in asked} <= {cut.own.partition("/")[0], cut.seen} - {""}
    assert asked == questions(cut, others[::-1])


REACHED, LOST = Answer("a", BOX, True, True), Answer("b", BOX, True, False, "10.0.0.1")
MUTE, AT_ROUTER = Answer("c", BOX, False), Answer("d", BOX, True, False, "10.3.1.1")
TABLE = [
    ([REACHED, LOST, MUTE], Verdict("box", 1, 2)),
    ([replace(REACHED, kind=ROUTER), replace(LOST, kind=ROUTER)], Verdict("inside", 1, 2)),
    ([AT_ROUTER, LOST], Verdict("router", 0, 2, "10.3.1.1")),
    ([AT_ROUTER, LOST, replace(LOST, node="e")], Verdict("router", 0, 3, "10.0.0.1")),
    ([LOST, MUTE], Verdict("line", 0, 1, "10.0.0.1")),
    ([replace(LOST, last="")], Verdict("line", 0, 1)),
    ([replace(AT_ROUTER, kind=ROUTER)], Verdict("line", 0, 1, "10.3.1.1")),
    ([MUTE], Verdict("unmeasured", 0, 0)),
    ([], Verdict("unmeasured", 0, 0)),
]


@pytest.mark.parametrize(("answers", "wanted"), TABLE)
def test_what_the_answers_say_together_in_any_order(answers: list[Answer], wanted: Verdict) -> None:
    for order in itertools.permutations(answers):
        assert verdict(order, CUT.own) == wanted


def test_while_some_have_not_answered_only_good_news_is_told() -> None:
    assert verdict([LOST], CUT.own, over=False).code == "waiting"
    assert verdict([], CUT.own, over=False).code == "waiting"
    assert verdict([LOST, REACHED], CUT.own, over=False).code == "box"


def test_every_verdict_has_its_sentence_in_both_languages() -> None:
    codes = {wanted.code for _, wanted in TABLE} | {"waiting"}
    assert codes == set(SENTENCES)
    for code in codes:
        indonesian, english = sentence(Verdict(code, 2, 3))
        assert indonesian != english
        assert "{" not in indonesian + english
        assert "alat" not in indonesian.split()
    assert sentence(Verdict("box", 2, 3))[0].startswith("2 dari 3 tetangga")
    assert sentence(Verdict("line", 0, 2, "10.0.0.1"))[1].endswith("The farthest router that answered: 10.0.0.1.")
