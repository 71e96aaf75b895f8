"""The centre's arithmetic held against months of a city whose truth is known to the judge alone."""

from dataclasses import replace
from random import Random

import pytest

from center.core.facts import NodeFacts
from tests.city_month.facts import fleet
from tests.city_month.judge import judge
from tests.city_month.make import DAY_MS, Month, month
from tests.city_month.score import Score
from tests.city_month.worked_out import conclusions, published
from tests.support.torture import often

HOUR_MS = 3_600_000
RIGHT_PERCENT = 95.0
COPIED = ("contacts", "lives", "alive", "outages", "verdicts", "thin", "stays")


def _score(made: Month, now_ms: int | None = None) -> Score:
    return judge(made.truth, made.days, published(made, now_ms), now_ms)


@pytest.mark.parametrize("seed", range(1, 11))
def test_three_days_of_twelve_nodes_are_published_as_they_were(seed: int) -> None:
    score = _score(month(seed, 3, 12))
    assert score.misses == []
    assert score.right_pct >= RIGHT_PERCENT


@pytest.mark.full
@pytest.mark.parametrize("seed", range(1, often(4, 41)))
def test_a_whole_month_of_the_city_is_published_as_it_was(seed: int) -> None:
    score = _score(month(seed, 30, 110))
    assert score.misses == []
    assert score.right_pct >= RIGHT_PERCENT


@pytest.mark.full
@pytest.mark.parametrize("seed", range(1, often(2, 9)))
def test_time_servers_that_lie_do_not_make_the_centre_publish_what_never_was(seed: int) -> None:
    assert _score(month(seed, 30, 110, lies=0.05)).misses == []


@pytest.mark.parametrize("hours", [5.0, 20.7, 36.0, 49.3, 71.0, 80.0, 110.0])
def test_what_is_published_before_everything_has_arrived_is_never_wrong(hours: float) -> None:
    made = month(4, 3, 12)
    assert _score(made, made.truth.start_ms + int(hours * HOUR_MS)).misses == []


@pytest.mark.full
@pytest.mark.parametrize("seed", range(1, often(2, 6)))
@pytest.mark.parametrize("day", [1.3, 9.71, 17.5, 29.99, 31.2])
def test_a_month_half_told_is_never_published_wrong(seed: int, day: float) -> None:
    made = month(seed, 30, 110)
    assert _score(made, made.truth.start_ms + int(day * DAY_MS)).misses == []


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_facts_in_another_order_and_told_twice_are_published_alike(seed: int) -> None:
    made = month(seed, 3, 12)
    facts = fleet(made, made.truth.until_ms)
    random = Random(seed)
    mixed = {node: _mixed(random, facts.nodes[node]) for node in random.sample(sorted(facts.nodes), len(facts.nodes))}
    said, again = conclusions(made, facts), conclusions(made, replace(facts, nodes=mixed))
    assert said.days == again.days
    assert sorted(map(repr, said.outages)) == sorted(map(repr, again.outages))


def _mixed(random: Random, facts: NodeFacts) -> NodeFacts:
    def shuffled(values: tuple[object, ...]) -> tuple[object, ...]:
        twice = [*values, *random.sample(values, len(values) // 2)]
        return tuple(random.sample(twice, len(twice)))

    return replace(facts, **{name: shuffled(getattr(facts, name)) for name in COPIED})
