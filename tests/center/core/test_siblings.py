"""What nodes on one feeder or line prove about each other."""

from center.core.facts import LinkFact, NodeFacts
from tests.support.node_facts import concluded, contact, feeder, life, lines, node, told

F1 = feeder("f1")


def powerless(name: str, dies: str, back: str = "10:30", verdict: str = "power_or_unknown") -> NodeFacts:
    return node(
        name,
        lives=(
            life("09:00", dies),
            life("10:30", "23:59", boot="b2", run="r2", before=("b1", "r1"), verdict=verdict, alive=dies),
        ),
    )


def test_two_more_sites_of_the_feeder_prove_a_power_cut() -> None:
    """
    a ====10:00:00          |10:30==
    b ====10:00:20          |10:30==      feeder f1
    c ====10:00:10          |10:30==
    """
    found = concluded(
        powerless("a", "10:00:00"), powerless("b", "10:00:20"), powerless("c", "10:00:10"),
        links={"a": F1, "b": F1, "c": F1},
    )  # fmt: skip
    assert [lines(found[name])[0].split(" ", 1)[1] for name in "abc"] == ["N0 pln down"] * 3
    assert {found[name][0].parent for name in "abc"} == {"f1"}
    assert found["a"][0].evidence[-1] == {"what": "siblings", "upstream": "f1", "count": 2, "sites": "b c"}


def test_one_sibling_is_chance() -> None:
    found = concluded(powerless("a", "10:00"), powerless("b", "10:00"), links={"a": F1, "b": F1})
    assert [outage.cause for outage in (*found["a"], *found["b"])] == ["restart", "restart"]


def test_nodes_of_one_building_are_one_witness() -> None:
    """a, b and c hang on one extension cord."""
    found = concluded(
        powerless("a", "10:00"), powerless("b", "10:00"), powerless("c", "10:00"),
        links={"a": F1, "b": F1, "c": F1}, sites={"a": "hall", "b": "hall", "c": "hall"},
    )  # fmt: skip
    assert {outages[0].cause for outages in found.values()} == {"restart"}


def test_siblings_that_went_more_than_a_minute_apart_prove_nothing() -> None:
    found = concluded(
        powerless("a", "10:00:00"), powerless("b", "10:01:01"), powerless("c", "10:02:02"),
        links={"a": F1, "b": F1, "c": F1},
    )  # fmt: skip
    assert {outages[0].cause for outages in found.values()} == {"restart"}


def test_a_plug_pulled_most_of_a_minute_before_the_feeder_failed_is_not_the_power_companys() -> None:
    """
    a ===10:00:00               its last sign of life; dead by 10:00:45
    b ===========10:00:56       alive for 11 s after that
    c ===========10:00:57
    d ===========10:00:58
    """
    found = concluded(
        powerless("a", "10:00:00"), powerless("b", "10:00:56"), powerless("c", "10:00:57"), powerless("d", "10:00:58"),
        links=dict.fromkeys("abcd", F1),
    )  # fmt: skip
    assert {name: outages[0].cause for name, outages in found.items()} == {
        "a": "restart", "b": "N0", "c": "N0", "d": "N0",
    }  # fmt: skip


def test_crashes_beside_a_power_cut_are_no_witnesses() -> None:
    found = concluded(
        powerless("a", "10:00"), powerless("b", "10:00"), powerless("c", "10:00", verdict="box_reset"),
        links={"a": F1, "b": F1, "c": F1},
    )  # fmt: skip
    assert found["a"][0].cause == "restart"


def test_a_node_on_two_feeders_needs_both_to_fail_unless_it_needs_all() -> None:
    """a hangs on f1 and f2; b, c (f1) lost power with it, nobody of f2 did."""
    nodes = powerless("a", "10:00"), powerless("b", "10:00"), powerless("c", "10:00")
    spare = concluded(*nodes, links={"a": feeder("f1", "f2"), "b": F1, "c": F1})
    needed = concluded(*nodes, links={"a": feeder("f1", "f2", needs="all"), "b": F1, "c": F1})
    assert spare["a"][0].cause == "restart"
    assert (needed["a"][0].cause, needed["a"][0].parent) == ("N0", "f1")


def test_a_line_is_the_parent_when_two_sites_on_it_blame_the_isp_together() -> None:
    line = (LinkFact("isp-1", "line"),)
    nodes = node("a", outages=(told("10:00", "10:30"),)), node("b", outages=(told("10:00:30", "10:30", "L6a"),))
    alone = node("c", outages=(told("10:10", "10:30"),))
    found = concluded(*nodes, alone, links={"a": line, "b": line, "c": line})
    assert [found[name][0].parent for name in "abc"] == ["isp-1", "isp-1", ""]


def test_of_a_redundant_pair_only_nodes_that_have_no_other_line_bear_witness() -> None:
    """a and b hang on isp-1 and isp-2 and lose both for a moment; who was cut, only c (isp-1 alone) and d could say."""
    pair = (LinkFact("isp-1", "line"), LinkFact("isp-2", "line"))
    nodes = node("a", outages=(told("10:00", "10:01"),)), node("b", outages=(told("10:00", "10:01"),))
    links = {"a": pair, "b": pair, "c": pair[:1], "d": pair[1:]}
    alone = concluded(*nodes, links=links)
    assert {outages[0].parent for outages in alone.values()} == {""}
    both = concluded(
        *nodes, node("c", outages=(told("10:00", "10:30"),)), node("d", outages=(told("10:00", "10:30"),)), links=links
    )
    assert both["a"][0].parent == "isp-1"


def test_a_fault_on_site_has_no_parent_even_beside_a_cut_line() -> None:
    line = (LinkFact("isp-1", "line"),)
    found = concluded(
        node("a", outages=(told("10:00", "10:30"),)), node("b", outages=(told("10:00", "10:30", "L1"),)),
        links={"a": line, "b": line},
    )  # fmt: skip
    assert found["b"][0].parent == ""


def test_a_silence_has_the_one_upstream_as_parent_on_which_nobody_was_left() -> None:
    """a and b fall silent; both hang on line isp-1 and area east, but in the area c is heard on."""
    gone = (contact("09:00", "10:00", "10:00:35"),)
    links = {
        "a": (LinkFact("isp-1", "line"), LinkFact("east", "area")),
        "b": (LinkFact("isp-1", "line"), LinkFact("east", "area")),
        "c": (LinkFact("isp-2", "line"), LinkFact("east", "area")),
    }
    nodes = node("a", contacts=gone), node("b", contacts=gone), node("c", contacts=(contact("09:00", "11:00"),))
    found = concluded(*nodes, links=links, now="11:00")
    assert [(outage.cause, outage.parent) for outage in found["a"]] == [("silent", "isp-1")]
    both = concluded(*nodes[:2], links=links, now="11:00")
    assert both["a"][0].parent == "", "line and area explain it alike: nobody is named"
