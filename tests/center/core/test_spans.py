"""Spans against the sets of milliseconds they stand for."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from center.core.facts import Span
from center.core.spans import clip, intersect, overlap, subtract, total_ms, union

spans = st.lists(st.builds(Span, st.integers(0, 40), st.integers(0, 40)), max_size=8)


def milliseconds(found: "list[Span] | tuple[Span, ...]") -> set[int]:
    return {at for span in found for at in range(span.start_ms, span.end_ms)}


def is_plain(found: tuple[Span, ...]) -> bool:
    return all(one.start_ms < one.end_ms for one in found) and all(
        one.end_ms < other.start_ms for one, other in pairwise(found)
    )


@given(spans, spans)
def test_every_function_answers_as_sets_do_and_leaves_spans_apart(one: list[Span], other: list[Span]) -> None:
    a, b = milliseconds(one), milliseconds(other)
    for found, wanted in ((union(one), a), (intersect(one, other), a & b), (subtract(one, other), a - b)):
        assert milliseconds(found) == wanted
        assert total_ms(found) == len(wanted)
    assert is_plain(union(one)), "touching spans are one"
    assert is_plain(intersect(one, other))


@given(spans, st.builds(Span, st.integers(0, 40), st.integers(0, 40)))
def test_clipping_leaves_what_lies_in_the_window(one: list[Span], window: Span) -> None:
    assert milliseconds(clip(one, window)) == milliseconds(one) & milliseconds([window])
    assert all(overlap(span, window) == len(milliseconds([span]) & milliseconds([window])) for span in one)
