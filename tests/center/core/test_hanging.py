"""What a site hangs on: links, what is above them, and when it is cut off."""

from hypothesis import given
from hypothesis import strategies as st

from center.core.facts import LinkFact
from center.core.hanging import circle, is_cut, links_with_above

RING = LinkFact("ring", "line", "all")
CORE = LinkFact("core", "core", "all")


def test_a_single_line_brings_all_that_is_above_it() -> None:
    facts = links_with_above([LinkFact("a", "line")], {"a": RING, "ring": CORE})
    assert facts == (LinkFact("a", "line", "any"), LinkFact("core", "core", "all"), LinkFact("ring", "line", "all"))


def test_two_lines_on_one_ring_fall_with_it_though_each_stands_in_for_the_other() -> None:
    facts = links_with_above([LinkFact("a", "line"), LinkFact("b", "line")], {"a": RING, "b": RING})
    assert not is_cut(facts, ["a"])
    assert is_cut(facts, ["a", "b"])
    assert is_cut(facts, ["ring"])


def test_a_ring_that_carries_only_one_of_two_lines_cuts_nobody() -> None:
    facts = links_with_above([LinkFact("a", "line"), LinkFact("b", "line")], {"a": RING})
    assert facts == (LinkFact("a", "line"), LinkFact("b", "line"))
    assert not is_cut(facts, ["ring"])


def test_a_link_that_is_needed_cuts_alone_and_so_does_what_carries_it() -> None:
    facts = links_with_above([LinkFact("a", "line", "all"), LinkFact("b", "line")], {"a": RING})
    assert is_cut(facts, ["a"])
    assert is_cut(facts, ["ring"])
    assert is_cut(facts, ["b"])


def test_power_and_line_do_not_stand_in_for_each_other() -> None:
    facts = links_with_above([LinkFact("a", "line"), LinkFact("pln-3", "feeder")], {})
    assert is_cut(facts, ["pln-3"]) and is_cut(facts, ["a"])
    assert not is_cut(facts, []) and not is_cut([], ["a"])


codes = st.sampled_from("abcdef")
trees = st.dictionaries(codes, codes.map(lambda code: LinkFact(code, "line", "all")))
own_links = st.sets(st.builds(LinkFact, codes, st.just("line"), st.sampled_from(["any", "all"])), max_size=4)


@given(own_links, trees)
def test_even_a_circle_ends_and_each_upstream_is_named_once(links: set[LinkFact], above: dict[str, LinkFact]) -> None:
    links = set({link.upstream: link for link in links}.values())
    facts = links_with_above(links, above)
    assert len({fact.upstream for fact in facts}) == len(facts)
    assert {link.upstream for link in links} <= {fact.upstream for fact in facts}
    assert links_with_above(sorted(links, reverse=True), above) == facts


def test_hanging_something_on_what_hangs_on_it_is_a_circle_and_named_whole() -> None:
    assert circle("a", "c", {"c": "b", "b": "a"}) == ("a", "c", "b", "a")
    assert circle("a", "a", {}) == ("a", "a")
    assert circle("a", "c", {"c": "b"}) == ()
    assert circle("a", "c", {"c": "d", "d": "c"})[:2] == ("a", "c")
