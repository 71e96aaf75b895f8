"""What nodes say of commands makes the same row in whatever order it arrives, and their end is the end."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.core.command_words import Known, Word, after

NOW = 1_760_000_000_000
ENDS = ("done", "failed", "rejected", "expired")
OWN_ENDS = (Known("expired", "unreachable"), Known("skipped", "cancelled"), Known("failed", "unheard", accepted_ms=1))
LIVES = st.builds(
    lambda steps, end, code: [
        Word("accepted"),
        *(Word("running", progress_pct=pct, detail=f"{pct} of 100") for pct in sorted(set(steps))),
        Word(end, code, "the end", 0, '{"n":1}'),
    ],
    st.lists(st.integers(0, 99), max_size=4),
    st.sampled_from(ENDS),
    st.sampled_from(["", "timeout"]),
)


def heard(known: Known, words: list[Word]) -> Known:
    for word in words:
        known = after(known, word, NOW)
    return known


@given(LIVES, st.data())
def test_any_order_with_repeats_ends_alike(life: list[Word], data: st.DataObject) -> None:
    in_order = heard(Known("sent"), life)
    shuffled = data.draw(st.permutations(life + data.draw(st.lists(st.sampled_from(life), max_size=4))))
    anyhow = heard(Known("sent"), shuffled)
    assert replace(anyhow, progress_pct=0) == replace(in_order, progress_pct=0)
    assert (in_order.state, in_order.by_node, in_order.ended_ms) == (life[-1].state, True, NOW)


@given(LIVES, st.data())
def test_before_the_end_any_order_gives_the_furthest_step(life: list[Word], data: st.DataObject) -> None:
    words = life[:-1]
    assert heard(Known("due"), data.draw(st.permutations(words))) == heard(Known("due"), words)


@pytest.mark.parametrize("own", OWN_ENDS, ids=lambda own: own.code)
@pytest.mark.parametrize("end", ENDS)
def test_the_centres_own_end_yields_to_the_nodes_end(own: Known, end: str) -> None:
    found = after(own, Word(end, "x"), NOW)
    assert (found.state, found.code, found.by_node) == (end, "x", True)


def test_a_box_given_up_before_it_accepted_is_waited_for_again_and_one_given_up_after_is_not() -> None:
    assert after(OWN_ENDS[0], Word("accepted"), NOW) == Known("accepted", accepted_ms=NOW)
    assert after(OWN_ENDS[1], Word("running"), NOW) == Known("running", accepted_ms=NOW)
    assert after(OWN_ENDS[2], Word("running", progress_pct=50), NOW) == OWN_ENDS[2]


@given(st.sampled_from(ENDS), st.lists(st.builds(Word, st.sampled_from(["accepted", "running", *ENDS])), max_size=5))
def test_nothing_comes_after_the_nodes_end(end: str, later: list[Word]) -> None:
    ended = after(Known("running"), Word(end), NOW)
    assert heard(ended, later) == ended


@pytest.mark.parametrize(
    ("state", "accepted_ms"), [("done", NOW), ("failed", NOW), ("rejected", None), ("expired", None)]
)
def test_what_was_done_was_accepted_and_what_was_refused_was_not(state: str, accepted_ms: int | None) -> None:
    assert after(Known("due"), Word(state), NOW).accepted_ms == accepted_ms
