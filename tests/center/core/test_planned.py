"""When planned work leaves a site without a way: one work that cuts it, or several at once that do so together."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from center.core.facts import LinkFact, Span
from center.core.hanging import is_cut
from center.core.planned import Planned, cut, takes_part

PAIR = (LinkFact("a", "line"), LinkFact("b", "line"))


def on(upstream: str, start_ms: int, end_ms: int) -> Planned:
    return Planned(upstream, Span(start_ms, end_ms))


def test_work_on_one_of_two_lines_leaves_the_site_its_other_one() -> None:
    assert cut(PAIR, {}, [on("a", 10, 30)]) == ()
    assert cut(PAIR, {}, [on("a", 10, 30), on("b", 30, 40)]) == ()


def test_work_on_both_lines_covers_the_site_while_both_last_and_no_longer() -> None:
    works = [on("a", 10, 30), on("b", 20, 50)]
    assert cut(PAIR, {}, works) == (Span(20, 30),)
    assert all(takes_part(PAIR, {}, works, own) for own in works)


def test_several_works_on_one_line_meet_one_on_the_other_in_every_stretch_they_share() -> None:
    works = [on("a", 10, 20), on("b", 0, 100), on("a", 40, 60)]
    assert cut(PAIR, {}, works) == (Span(10, 20), Span(40, 60))


def test_one_line_and_a_line_that_is_needed_fall_with_any_work_on_them() -> None:
    assert cut([LinkFact("a", "line")], {}, [on("a", 1, 2)]) == (Span(1, 2),)
    assert cut([LinkFact("a", "line", "all"), LinkFact("b", "line")], {}, [on("a", 1, 2)]) == (Span(1, 2),)


def test_works_on_what_carries_the_two_lines_meet_as_well() -> None:
    assert cut(PAIR, {"a": "ring-1"}, [on("ring-1", 1, 5), on("b", 2, 9)]) == (Span(2, 5),)
    assert cut(PAIR, {"a": "ring-1", "b": "ring-2", "ring-2": "core"}, [on("ring-1", 1, 5), on("core", 2, 9)]) == (
        Span(2, 5),
    )
    assert cut(PAIR, {"a": "ring", "b": "ring"}, [on("ring", 1, 5)]) == (Span(1, 5),)


def test_a_line_and_a_feeder_do_not_stand_in_for_each_other_nor_for_another_line() -> None:
    links = (*PAIR, LinkFact("pln-1", "feeder"))
    works = [on("a", 10, 30), on("pln-1", 20, 40)]
    assert cut(links, {}, works) == (Span(20, 40),)
    assert not takes_part(links, {}, works, works[0])
    assert takes_part(links, {}, works, works[1])
    assert cut((), {}, works) == ()


def test_registries_with_a_circle_end() -> None:
    assert cut([LinkFact("a", "line")], {"a": "b", "b": "a"}, [on("b", 1, 2)]) == (Span(1, 2),)


codes = st.sampled_from("abcdef")
links = st.dictionaries(codes, st.tuples(st.sampled_from(["line", "feeder"]), st.sampled_from(["any", "all"]))).map(
    lambda found: tuple(LinkFact(code, kind, needs) for code, (kind, needs) in sorted(found.items()))
)
parents = st.dictionaries(codes, codes, max_size=4)
moments = st.integers(0, 12)
plans = st.lists(
    st.builds(lambda code, start, length: on(code, start, start + length), codes, moments, st.integers(1, 6)),
    max_size=6,
)


@given(links, parents, plans, st.randoms())
def test_in_whatever_order_it_is_told_each_moment_is_covered_in_which_the_works_together_cut_the_site(
    own: tuple[LinkFact, ...], above: dict[str, str], works: list[Planned], random: Random
) -> None:
    found = cut(own, above, works)
    shuffled = works[:]
    random.shuffle(shuffled)
    assert cut(own[::-1], above, shuffled) == found
    for moment in range(20):
        down = {one.upstream for one in works if one.span.start_ms <= moment < one.span.end_ms}
        fallen = {link.upstream for link in own if down & {link.upstream, *way_up(link.upstream, above)}}
        assert any(span.start_ms <= moment < span.end_ms for span in found) == is_cut(own, fallen)
    assert bool(found) == any(takes_part(own, above, works, one) for one in works)


def way_up(code: str, above: dict[str, str]) -> set[str]:
    found: set[str] = set()
    while (code := above.get(code, "")) and code not in found:
        found.add(code)
    return found
