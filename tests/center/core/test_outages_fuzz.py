"""Facts that contradict each other, of clocks that lie and boxes that were copied: the answer stays well formed."""

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from center.core.causes import CAUSES
from center.core.facts import (
    AliveFact,
    ContactFact,
    FleetFacts,
    LifeFact,
    LinkFact,
    NodeFacts,
    Span,
    ThinFact,
    ToldOutage,
    ToldStep,
    ToldVerdict,
    When,
)  # fmt: skip
from center.core.outages import conclude
from center.core.spans import total_ms, union
from center.core.sweep import certain, seconds
from tests.support.node_facts import DAY, MIDNIGHT_MS

HOURS_6 = 6 * 3_600_000
NOW_MS = MIDNIGHT_MS + HOURS_6
moments = st.integers(0, HOURS_6).map(lambda at: MIDNIGHT_MS + at)
whens = st.tuples(moments, st.sampled_from([0, 20, 5_000, 600_000, 10**11])).map(
    lambda pair: When(pair[0] - pair[1], pair[0] + pair[1] % 10**10)
)
pairs = st.tuples(moments, moments).map(lambda pair: (min(pair), max(pair)))
boots = st.sampled_from(["b1", "b2", "b3"])
runs = st.sampled_from(["r1", "r2", "r3"])
codes = st.sampled_from(["L5b", "L6a", "L4", "B1", "L7", "U0", "OK", "D1", "Z9"])
maybe = st.none() | whens
contacts = st.builds(
    lambda pair, ended, how, boot, run: ContactFact(*pair, ended if how else None, how, boot, run),
    pairs, moments, st.sampled_from(["", "will", "stop", "replaced"]), boots, runs,
)  # fmt: skip
lives = st.builds(
    LifeFact, boots, runs, whens, whens, maybe, st.sampled_from(["", "b1", "b2"]), st.sampled_from(["", "r1", "r2"]),
    st.sampled_from(["", "first", "stopped", "agent_crashed", "box_reset", "power_or_unknown"]),
    st.sampled_from(["", "watchdog", "power_on"]), maybe, maybe, maybe,
)  # fmt: skip
steps = st.lists(st.builds(ToldStep, whens, codes, st.sampled_from([50.0, 95.0])), max_size=3).map(tuple)
outages = st.builds(
    ToldOutage, st.sampled_from(["o1", "o2", "o3"]), boots, whens, maybe, st.sampled_from(["seen", "restart"]), codes,
    st.just(95.0), st.sampled_from(["", "isp", "center", "nobody"]), steps,
)  # fmt: skip
nodes = st.builds(
    NodeFacts, st.sampled_from(["n1", "n2"]), moments, st.none() | moments, st.just(90_000),
    st.lists(contacts, max_size=4).map(tuple), st.lists(lives, max_size=4).map(tuple),
    st.lists(st.builds(AliveFact, boots, runs, whens, whens), max_size=3).map(tuple),
    st.lists(outages, max_size=4).map(tuple),
    st.lists(st.builds(ToldVerdict, whens, codes, st.just("")), max_size=3).map(tuple),
    st.lists(st.builds(ThinFact, boots, whens, whens), max_size=2).map(tuple),
    st.lists(st.builds(Span, moments, moments), max_size=2).map(tuple),
)  # fmt: skip
hearings = st.lists(pairs.map(lambda pair: Span(*pair)), max_size=3).map(tuple)
LINKS = {"n1": (LinkFact("f", "feeder"),), "n2": (LinkFact("f", "feeder"), LinkFact("l", "line", "all"))}


@given(st.lists(nodes, min_size=1, max_size=2), hearings, hearings, st.randoms(use_true_random=False))
def test_whatever_is_claimed_every_outage_is_well_formed_and_every_second_counts_once(
    ones: list[NodeFacts], hearing: tuple[Span, ...], blind: tuple[Span, ...], chance: random.Random
) -> None:
    fleet = FleetFacts({one.node: one for one in ones}, hearing, NOW_MS, LINKS, blind=blind)
    found = conclude(fleet)
    for node, facts in fleet.nodes.items():
        until_ms = min(NOW_MS, facts.retired_ms or NOW_MS)
        for one in found[node]:
            assert one.start.lo_ms <= one.start.hi_ms
            assert facts.known_since_ms <= one.start.lo_ms <= until_ms
            assert one.end is None or one.start.lo_ms <= one.end.lo_ms <= one.end.hi_ms <= until_ms
            assert one.cause in CAUSES or one.cause == "Z9"
            assert one.counts in {"down", "up", "unknown"}
            assert one.evidence
        sure = [span for one in found[node] if (span := certain(one, until_ms)).start_ms < span.end_ms]
        assert total_ms(union(sure)) == sum(span.end_ms - span.start_ms for span in sure)
        row = seconds(facts, found[node], [DAY], NOW_MS)[0]
        counted = max(0, until_ms // 1000 - facts.known_since_ms // 1000)
        assert row.up_s + row.down_s + row.maintenance_s + row.unknown_s == counted
        assert min(row.up_s, row.down_s, row.maintenance_s, row.unknown_s) >= 0
    shuffled = {node: _shuffled(facts, chance) for node, facts in fleet.nodes.items()}
    assert conclude(replace(fleet, nodes=shuffled, hearing=hearing[::-1], blind=blind[::-1])) == found


def _shuffled(facts: NodeFacts, chance: random.Random) -> NodeFacts:
    names = ("contacts", "lives", "alive", "outages", "verdicts", "thin", "stays")
    return replace(
        facts, **{name: tuple(chance.sample(ones := getattr(facts, name), len(ones))) + ones[:1] for name in names}
    )
