"""What holds of incidents whatever happens: found by random cities, lines, cuts, works and deafness."""

from hypothesis import given, settings
from hypothesis import strategies as st

from center.core import correlation
from center.core.dependence import Dependence
from center.core.explain import together
from center.core.facts import LinkFact
from center.core.incident_facts import View
from tests.support.city_of_views import City

NODES = [f"n{number}" for number in range(9)]
UPSTREAMS = [("isp-a", "line"), ("isp-b", "line"), ("gi-1", "feeder"), ("gi-2", "feeder"), ("core", "core")]
links = st.lists(
    st.builds(lambda up, needs: LinkFact(*up, needs), st.sampled_from(UPSTREAMS), st.sampled_from(["any", "all"])),
    max_size=3,
    unique_by=lambda link: link.upstream,
).map(tuple)
events = st.lists(
    st.tuples(
        st.sampled_from(
            ["UP", "UP", "DOWN", "DOWN", "DOWN", "DEGRADED", "UNKNOWN", "MAINT", "RETIRED", "deaf", "hear"]
        ),
        st.sets(st.sampled_from(NODES), min_size=1),
        st.integers(0, 200),
    ),
    max_size=10,
)


def play(city: City, happened: list[tuple[str, set[str], int]]) -> None:
    for state, nodes, then_s in happened:
        if state == "deaf":
            city.listening_ms = None
        elif state == "hear":
            city.listening_ms = city.listening_ms or city.now_ms
        else:
            city.set(state, *sorted(nodes), cause="blind" if state == "UNKNOWN" else "")
        city.run(then_s, 20)


@settings(max_examples=50)
@given(st.lists(links, min_size=len(NODES), max_size=len(NODES)), events)
def test_of_one_subject_one_incident_is_open_and_each_has_members(own: list, happened: list) -> None:
    city = City(dict(zip(NODES, own, strict=True)))
    play(city, happened)  # City.step itself asserts that nothing is decided twice and nothing opened twice
    for one in city.incidents:
        assert one.members, one
        if one.resolved_ms is None:
            assert one.present, one
    held = [node for key, nodes in city.open().items() if key[0] in {"node", "parent"} for node in nodes]
    assert len(held) == len(set(held)), "a node belongs to one incident of its outage"


@settings(max_examples=50)
@given(st.lists(links, min_size=len(NODES), max_size=len(NODES)), events)
def test_a_city_that_is_well_for_a_quarter_of_an_hour_has_no_open_incident(own: list, happened: list) -> None:
    city = City(dict(zip(NODES, own, strict=True)))
    play(city, happened)
    city.listening_ms = city.listening_ms or city.now_ms
    city.set("UP", *NODES)
    city.run(15 * 60, 20)
    assert city.open() == {}


@settings(max_examples=50)
@given(st.lists(links, min_size=len(NODES), max_size=len(NODES)), events)
def test_a_node_that_stays_down_while_the_centre_hears_is_in_an_open_incident(own: list, happened: list) -> None:
    city = City(dict(zip(NODES, own, strict=True)))
    play(city, happened)
    city.listening_ms = city.listening_ms or city.now_ms
    city.set("UP", *NODES[1:])
    city.set("DOWN", NODES[0])
    city.run(15 * 60, 20)
    assert any(NODES[0] in nodes for nodes in city.open().values())


@settings(max_examples=50)
@given(st.lists(links, min_size=len(NODES), max_size=len(NODES)), events, st.permutations(NODES))
def test_the_order_in_which_nodes_are_looked_at_changes_nothing(own: list, happened: list, order: list) -> None:
    city = City(dict(zip(NODES, own, strict=True)))
    play(city, happened)
    city.now_ms += 70_000
    view = city.view()
    other = View(
        {node: view.nodes[node] for node in order}, Dependence({node: city.links[node] for node in order}),
        view.listening_since_ms, view.listened_ms, view.conditions,
    )  # fmt: skip
    assert correlation.step(other, list(reversed(city.recent())), city.now_ms) == correlation.step(
        view, city.recent(), city.now_ms
    )


@given(
    st.dictionaries(
        st.sampled_from(NODES), st.tuples(st.integers(0, 99), st.integers(0, 99)).map(lambda two: (min(two), max(two)))
    ),
    st.integers(0, 50),
)
def test_together_is_a_largest_set_that_may_have_begun_within_the_time(onsets: dict, within: int) -> None:
    found = together(onsets, within)
    assert all(onsets[one][0] - onsets[two][1] <= within for one in found for two in found)
    best = max((sum(lo <= at + within and hi >= at for lo, hi in onsets.values()) for at in range(100)), default=0)
    assert len(found) == best
