"""PLN is blamed for power cuts of a feeder and for nothing else, however plugs, crashes and cuts fall together."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from center.core.facts import FleetFacts, LinkFact
from center.core.outages import conclude
from tests.support.node_facts import ALL_DAY
from tests.support.node_story import Trouble, tell, wall_ms

NODES = "abcdef"
FEEDER = {name: "f1" if name in "abcd" else "f2" for name in NODES}
# Single troubles lie on a grid of ten minutes apart from those of other nodes: two plugs of one feeder that are pulled
# in one minute with a third could not be told from a power cut by anybody.
singles = st.dictionaries(
    st.sampled_from(NODES),
    st.builds(
        Trouble,
        st.sampled_from(["power", "crash", "reset", "stop", "isp"]),
        st.just(0),
        st.integers(30, 400),
        st.sampled_from(["", "power"]),
        st.integers(0, 29),
    ),
)
cuts = st.tuples(st.booleans(), st.sets(st.sampled_from("abcd"), min_size=1), st.integers(60, 3000), st.integers(0, 29))


@given(singles, cuts)
def test_only_what_a_feeder_lost_together_is_the_matter_of_pln(
    single: dict[str, Trouble], cut: tuple[bool, set[str], int, int]
) -> None:
    is_cut, dark, length, beat = cut
    stories = {}
    for at, name in enumerate(NODES):
        story = [replace(single[name], after_s=600 + 600 * at)] if name in single else []
        spent = 0 if not story else story[0].after_s + story[0].for_s + 400
        if is_cut and name in dark:
            story.append(Trouble("power", 20_000, length, "", (beat + 7 * at) % 30))
        stories[name] = story or [Trouble("isp", 30_000, 60)]
        if is_cut and name in dark and spent:
            stories[name][-1] = replace(stories[name][-1], after_s=20_000 - _end_of(stories[name][:1]))
    told = {name: tell(story) for name, story in stories.items()}
    fleet = FleetFacts(
        {name: replace(one.facts(), node=name) for name, one in told.items()}, ALL_DAY, wall_ms(40_000),
        {name: (LinkFact(feeder, "feeder"),) for name, feeder in FEEDER.items()},
    )  # fmt: skip
    found = conclude(fleet)
    blamed = {name for name, ones in found.items() if any(one.cause == "N0" for one in ones)}
    assert blamed == (dark if is_cut and len(dark) >= 3 else set())
    for name in blamed:
        assert sum(one.cause == "N0" for one in found[name]) == 1
        assert {one.parent for one in found[name] if one.cause == "N0"} == {"f1"}


def _end_of(story: list[Trouble]) -> int:
    """When the node is back after its first trouble."""
    return tell(story).end_s - 600
