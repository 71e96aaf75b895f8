"""Clocks that are off, each boot's by its own error: the truth stays inside of what is published."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from center.core.facts import AliveFact, FleetFacts, LifeFact, NodeFacts, Span, ToldOutage, When
from center.core.outages import conclude
from center.core.spans import subtract, total_ms, union
from center.core.sweep import certain, seconds
from tests.support.node_facts import ALL_DAY, DAY
from tests.support.node_story import Trouble, tell, troubles, wall_ms

# Half of an error; a boot's clock may be wrong by it in either direction. Zero: anchored.
errors = st.lists(st.tuples(st.sampled_from([0, 20, 2_500, 30_000]), st.integers(-100, 100)), min_size=8, max_size=8)


class Clocks:
    """A boot's moments as the centre has them: shifted, and known to within twice the error."""

    def __init__(self, drawn: list[tuple[int, int]]) -> None:
        self._drawn = drawn

    def when(self, boot: str, moment: When) -> When:
        error, percent = self._drawn[int(boot[1:]) % len(self._drawn)] if boot else (0, 0)
        at = moment.lo_ms + error * percent // 100
        return When(at - error, at + error)

    def maybe(self, boot: str, moment: When | None) -> When | None:
        return None if moment is None else self.when(boot, moment)

    def life(self, fact: LifeFact) -> LifeFact:
        return replace(
            fact,
            first=self.when(fact.boot, fact.first),
            last=self.when(fact.boot, fact.last),
            started=self.maybe(fact.boot, fact.started),
            last_alive=self.maybe(fact.previous_boot, fact.last_alive),
            stopped=self.maybe(fact.boot, fact.stopped),
        )

    def alive(self, fact: AliveFact) -> AliveFact:
        return replace(fact, start=self.when(fact.boot, fact.start), end=self.when(fact.boot, fact.end))

    def outage(self, fact: ToldOutage) -> ToldOutage:
        return replace(fact, onset=self.when(fact.boot, fact.onset), end=self.maybe(fact.boot, fact.end))

    def facts(self, facts: NodeFacts) -> NodeFacts:
        return replace(
            facts,
            lives=tuple(map(self.life, facts.lives)),
            alive=tuple(map(self.alive, facts.alive)),
            outages=tuple(map(self.outage, facts.outages)),
        )


@given(troubles, errors)
def test_the_truth_lies_in_the_bounds_whatever_the_clocks_of_the_boots_say(
    story: list[Trouble], drawn: list[tuple[int, int]]
) -> None:
    told = tell(story)
    facts = Clocks(drawn).facts(told.facts())
    now_ms = wall_ms(told.end_s)
    found = conclude(FleetFacts({"n": facts}, ALL_DAY, now_ms))["n"]
    trouble = union(Span(wall_ms(start), wall_ms(end) + 5000) for start, end, _ in told.truth)
    for one in found:
        mine = certain(one, now_ms)
        whose = [
            Span(wall_ms(start), wall_ms(end) + 5000)
            for start, end, party in told.truth
            if one.party in ("none", party)
        ]
        assert not subtract((mine,), trouble), f"{one.cause} {mine} while all was well"
        assert one.party == "none" or not subtract((mine,), whose), f"{one.cause} {mine} is another's matter"
    row = seconds(facts, found, [DAY], now_ms)[0]
    lost_s = total_ms(union(Span(wall_ms(start), wall_ms(end)) for start, end, _ in told.truth)) // 1000
    assert row.down_s <= lost_s + 1
    assert row.up_s <= told.end_s - lost_s + 1 + 5 * len(told.truth)
