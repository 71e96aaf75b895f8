"""Since when a node would have been heard: each start of the listener counts, and no start takes away what was."""

from hypothesis import given
from hypothesis import strategies as st

from center.core.facts import Span
from center.core.listening import Listening
from center.core.spans import union

NOW = 1_000_000


def test_of_one_stretch_it_is_that_stretchs_start() -> None:
    listening = Listening(400_000, (Span(400_000, NOW),), NOW)
    assert (listening.since(None), listening.since(100), listening.since(500_000)) == (400_000, 400_000, 400_000)


def test_stretches_since_the_nodes_last_word_add_up_without_what_lies_between() -> None:
    stretches = (Span(0, 700_000), Span(710_000, 760_000), Span(800_000, 850_000), Span(980_000, NOW))
    listening = Listening(980_000, stretches, NOW)
    assert listening.since(650_000) == NOW - 50_000 - 50_000 - 20_000
    assert listening.since(720_000) == NOW - 50_000 - 20_000
    assert listening.since(990_000) == 980_000


def test_the_end_of_blindness_begins_the_time_anew_for_whoever_was_not_heard_since() -> None:
    stretches = (Span(0, 700_000), Span(710_000, 900_000), Span(910_000, NOW))
    listening = Listening(910_000, stretches, NOW, blind_until_ms=800_000)
    assert listening.since(650_000) == NOW - 100_000 - 90_000
    assert listening.since(850_000) == 910_000
    assert Listening(100, (Span(100, NOW),), NOW, blind_until_ms=800_000).since(650_000) == 800_000


parts = st.lists(st.tuples(st.integers(0, 900_000), st.integers(1, 90_000)), max_size=8)


@given(parts, st.integers(910_000, NOW - 1), st.integers(0, NOW), st.one_of(st.none(), st.integers(0, NOW)))
def test_no_start_makes_a_node_wait_longer_than_since_the_last_one(
    chosen: list[tuple[int, int]], since_ms: int, live_ms: int, blind_ms: int | None
) -> None:
    before = [Span(at, min(at + long, 905_000)) for at, long in chosen]
    listening = Listening(since_ms, union([*before, Span(since_ms, NOW)]), NOW, blind_ms)
    found = listening.since(live_ms)
    assert found <= listening.judging_since_ms
    assert found >= min(listening.judging_since_ms, live_ms), "nor is it asked for before it fell silent"
