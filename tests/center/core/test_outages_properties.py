"""What holds for the outages of any node, however its days went and whatever of its facts is missing."""

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from center.core import days
from center.core.facts import Concluded, FleetFacts, NodeFacts, Seconds, Span
from center.core.outages import conclude
from center.core.spans import intersect, subtract, total_ms, union
from center.core.sweep import certain, losses, possible, seconds
from tests.support.node_facts import ALL_DAY, DAY, MIDNIGHT_MS
from tests.support.node_story import Told, Trouble, tell, troubles, wall_ms

FACTS = ("contacts", "lives", "alive", "outages")
START_MS = 5_000
"""Between the start of a run and the first failure it sees."""


def outages_of(facts: NodeFacts, now_ms: int) -> tuple[Concluded, ...]:
    return conclude(FleetFacts({"n": facts}, ALL_DAY, now_ms))["n"]


def swept(facts: NodeFacts, found: tuple[Concluded, ...], now_ms: int) -> Seconds:
    return seconds(facts, found, [DAY], now_ms)[0]


@given(troubles, st.randoms(use_true_random=False))
def test_the_order_and_number_of_copies_of_facts_change_nothing(story: list[Trouble], chance: random.Random) -> None:
    told = tell(story)
    facts = told.facts()
    shuffled = {}
    for name in FACTS:
        ones = list(getattr(facts, name))
        ones += chance.sample(ones, len(ones) // 2)
        chance.shuffle(ones)
        shuffled[name] = tuple(ones)
    now_ms = wall_ms(told.end_s)
    assert outages_of(replace(facts, **shuffled), now_ms) == outages_of(facts, now_ms)


@given(troubles)
def test_every_trouble_is_an_outage_of_its_own_cause_and_its_certain_part_is_true(story: list[Trouble]) -> None:
    told = tell(story)
    found = outages_of(told.facts(), wall_ms(told.end_s))
    trouble = union(Span(wall_ms(start), wall_ms(end)) for start, end, _ in told.truth)
    assert not subtract((certain(one, wall_ms(told.end_s)) for one in found), trouble)
    assert_nobody_is_blamed_wrongly(told, found)
    for start, end, party in told.truth:
        if party != "none":
            mine = [certain(one, wall_ms(told.end_s)) for one in found if one.party == party]
            truth = subtract((Span(wall_ms(start), wall_ms(end)),), _inner(told, start, end))
            missing = subtract(truth, mine)
            assert total_ms(missing) <= 60_000 + 2 * START_MS, "a beat and two edges at most"


@given(troubles, st.data())
def test_missing_facts_never_blame_anybody_else(story: list[Trouble], data: st.DataObject) -> None:
    told = tell(story)
    facts = told.facts()
    kept = {name: tuple(one for one in getattr(facts, name) if data.draw(st.booleans())) for name in FACTS}
    assert_nobody_is_blamed_wrongly(told, outages_of(replace(facts, **kept), wall_ms(told.end_s)))


@given(troubles, st.data())
def test_a_day_lies_in_its_bounds_while_its_facts_arrive_one_by_one(story: list[Trouble], data: st.DataObject) -> None:
    """Reports and words of the node may be late, what the centre heard itself is there: truth stays in the bounds."""
    told = tell(story)
    facts = told.facts()
    arrived = data.draw(st.integers(0, len(facts.lives)))
    late = replace(
        facts, lives=facts.lives[:arrived], alive=facts.alive[:arrived], outages=_told_by(facts, arrived)
    )  # fmt: skip
    now_ms = wall_ms(told.end_s)
    row = swept(late, outages_of(late, now_ms), now_ms)
    lost_s = total_ms(union(Span(wall_ms(start), wall_ms(end)) for start, end, _ in told.truth)) // 1000
    assert row.up_s + row.down_s + row.maintenance_s + row.unknown_s == told.end_s
    assert row.down_s <= lost_s + 1
    assert row.up_s <= told.end_s - lost_s + 1 + len(told.truth) * START_MS // 1000


@given(troubles, st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 2000)), max_size=3))
def test_seconds_add_up(story: list[Trouble], stays: list[tuple[int, int]]) -> None:
    told = tell([*story, *story, *story])
    facts = replace(told.facts(), stays=tuple(Span(wall_ms(at), wall_ms(at + length)) for at, length in stays))
    now_ms = wall_ms(told.end_s)
    found = outages_of(facts, now_ms)
    last = days.day_of(now_ms)
    span = [*days.days(DAY, last)]
    whole = seconds(facts, found, span, now_ms)
    assert whole == tuple(seconds(facts, found, [day], now_ms)[0] for day in span), (
        "a day alone is the day of its month"
    )
    window = Span(MIDNIGHT_MS, days.bounds(last).end_ms)
    assert sum(row.down_s for row in whole) == sum(loss.lost_s for loss in losses(facts, found, window, now_ms))
    for row in whole:
        parts = (row.up_s, row.down_s, row.maintenance_s, row.unknown_s)
        assert min(parts) >= 0
        assert sum(parts) == (min(now_ms, days.bounds(row.day).end_ms) - days.bounds(row.day).start_ms) // 1000
        assert row.isp_up_s + row.isp_down_s + row.isp_excluded_s + row.isp_unknown_s == sum(parts)


@given(troubles)
def test_no_second_is_certain_in_two_outages_and_none_outside_of_what_is_possible(story: list[Trouble]) -> None:
    told = tell(story)
    now_ms = wall_ms(told.end_s)
    found = outages_of(told.facts(), now_ms)
    sure = [span for one in found if (span := certain(one, now_ms)).start_ms < span.end_ms]
    assert total_ms(union(sure)) == sum(span.end_ms - span.start_ms for span in sure)
    for one in found:
        assert one.start.lo_ms <= one.start.hi_ms
        assert one.end is None or one.start.lo_ms <= one.end.lo_ms <= one.end.hi_ms
        assert not subtract((certain(one, now_ms),), (possible(one, now_ms),))


def _told_by(facts: NodeFacts, arrived: int) -> tuple[object, ...]:
    boots = {life.boot for life in facts.lives[:arrived]}
    return tuple(outage for outage in facts.outages if outage.boot in boots)


def _inner(told: Told, start: int, end: int) -> list[Span]:
    """Troubles of the box inside a trouble of the line."""
    return [
        Span(wall_ms(a), wall_ms(b)) for a, b, _ in told.truth if (a, b) != (start, end) and start <= a and b <= end
    ]


def assert_nobody_is_blamed_wrongly(told: Told, found: tuple[Concluded, ...]) -> None:
    for one in found:
        if one.party == "none":
            continue
        truth = union(
            Span(wall_ms(start), wall_ms(end) + START_MS) for start, end, party in told.truth if party == one.party
        )
        mine = certain(one, wall_ms(told.end_s))
        assert not subtract((mine,), truth), f"{one.cause} {mine} is not the matter of {one.party}"
        assert mine.start_ms >= mine.end_ms or intersect((mine,), truth)
