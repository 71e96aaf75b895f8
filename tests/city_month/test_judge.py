"""The judge itself: it finds nothing in the truth, and every error that is planted."""

import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace

import pytest

from tests.city_month.ideal import ideal
from tests.city_month.judge import judge
from tests.city_month.make import Month, month
from tests.city_month.published import Outage, Published
from tests.support.lab import ROOT

DAYS, NODES = 3, 12


@pytest.fixture(scope="module")
def made() -> Month:
    return month(5, DAYS, NODES)


@pytest.fixture
def good(made: Month) -> Published:
    return deepcopy(ideal(made))


def _kinds(made: Month, published: Published) -> set[str]:
    return set(judge(made.truth, made.days, published).kinds())


def _first(published: Published, suits: Callable[[Outage], bool]) -> int:
    return next(index for index, outage in enumerate(published.outages) if suits(outage))


def test_what_judges_and_what_makes_the_month_know_nothing_of_the_centre() -> None:
    loads = "import sys, tests.city_month.judge, tests.city_month.make"
    words = f"{loads}; print([name for name in sys.modules if name.startswith('center')])"
    done = subprocess.run([sys.executable, "-c", words], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_truth_itself_is_found_without_fault(seed: int) -> None:
    made = month(seed, DAYS, NODES)
    score = judge(made.truth, made.days, ideal(made))
    assert score.misses == []
    assert score.right_pct == 100.0
    assert score.long > 20


def test_the_same_seed_makes_the_same_month_and_another_seed_another(made: Month) -> None:
    assert month(5, DAYS, NODES).evidence == made.evidence
    assert month(6, DAYS, NODES).evidence != made.evidence


def test_everything_that_can_go_wrong_does_within_a_month() -> None:
    made = month(1, 30, 110)
    assert {spell.code for truth in made.truth.nodes.values() for spell in truth.dead} == {
        "N0", "A1", "A2", "planned", "restart", "silent",
    }  # fmt: skip
    assert {"B1", "L7", "L1", "L5b"} <= {spell.code for truth in made.truth.nodes.values() for spell in truth.trouble}
    reasons = {contact.end_reason for known in made.evidence.values() for contact in known.contacts}
    assert reasons == {"will", "stop", "replaced", ""}
    hows = {row.how for known in made.evidence.values() for row in known.rows if hasattr(row, "how")}
    assert hows == {"seen", "restart"}


def test_also_of_a_month_half_told_who_is_there_is_not_called_silent(made: Month) -> None:
    now = made.truth.start_ms + 20 * 3_600_000

    def quiet(node: str) -> bool:
        truth = made.truth.nodes[node]
        near = [*truth.trouble, *truth.dead, *truth.unheard, *truth.free]
        return not any(start < now and end > now - 3_600_000 for start, end, *_ in near)

    node = next(node for node in made.truth.nodes if quiet(node))
    called = Outage(node, (now - 600_000, now - 600_000), None, "silent", "none", "down", "", told=False)
    score = judge(made.truth, 0, Published(outages=[called]), now)
    assert [(miss.kind, miss.node) for miss in score.misses] == [("invented", node)]


@pytest.mark.parametrize("word", ["up_s", "down_s", "maintenance_s"])
def test_a_minute_too_much_of_anything_is_found(made: Month, good: Published, word: str) -> None:
    quiet = min(good.days, key=lambda key: good.days[key].down_s)
    day = good.days[quiet]
    taken = "up_s" if word != "up_s" else "unknown_s"
    good.days[quiet] = replace(day, **{word: getattr(day, word) + 60, taken: getattr(day, taken) - 60})
    if word == "up_s":  # a day that was up to the last second cannot be more up: take one with an outage
        busy = max(good.days, key=lambda key: good.days[key].down_s)
        day = good.days[busy]
        good.days[busy] = replace(day, up_s=day.up_s + 60, down_s=day.down_s - 60)
    assert f"false {word.removesuffix('_s')}" in _kinds(made, good)


def test_a_day_that_does_not_add_up_and_a_day_that_is_missing_are_found(made: Month, good: Published) -> None:
    first, second = list(good.days)[:2]
    good.days[first] = replace(good.days[first], unknown_s=good.days[first].unknown_s + 2)
    del good.days[second]
    assert {"sum", "no day"} <= _kinds(made, good)


def test_an_outage_where_there_was_no_trouble_is_found(made: Month, good: Published) -> None:
    outage = good.outages[0]
    hour = next(
        at
        for at in range(made.truth.start_ms, made.truth.end_ms, 3_600_000)
        if not any(
            one.node == outage.node and one.start_ms[0] - 7_200_000 < at < one.end_ms[0] + 7_200_000
            for one in good.outages
            if one.end_ms
        )
    )
    good.outages.append(replace(outage, start_ms=(hour, hour), end_ms=(hour + 90_000, hour + 90_000)))
    assert "invented" in _kinds(made, good)


def test_an_outage_that_lasts_half_an_hour_too_long_is_found(made: Month, good: Published) -> None:
    def lonely(outage: Outage) -> bool:
        others = [one.start_ms[0] for one in good.outages if one.node == outage.node and one is not outage]
        return outage.end_ms is not None and all(abs(start - outage.end_ms[0]) > 7_200_000 for start in others)

    at = _first(good, lonely)
    end = good.outages[at].end_ms
    assert end is not None
    good.outages[at] = replace(good.outages[at], end_ms=(end[0] + 1_800_000, end[1] + 1_800_000))
    assert "invented" in _kinds(made, good)


@pytest.mark.parametrize(
    ("really", "said", "party"), [("restart", "N0", "pln"), ("A1", "A2", "city"), ("N0", "A1", "city")]
)
def test_a_cause_that_was_not_there_is_found(made: Month, good: Published, really: str, said: str, party: str) -> None:
    at = _first(good, lambda one: one.cause == really)
    good.outages[at] = replace(good.outages[at], cause=said, party=party)
    assert "wrong cause" in _kinds(made, good)


def test_blaming_another_party_for_the_right_cause_is_found(made: Month, good: Published) -> None:
    at = _first(good, lambda one: one.cause == "N0")
    good.outages[at] = replace(good.outages[at], party="isp")
    assert "party" in _kinds(made, good)


def test_blaming_an_upstream_that_was_well_is_found(made: Month, good: Published) -> None:
    at = _first(good, lambda one: one.cause == "A1")
    good.outages[at] = replace(good.outages[at], parent="area-1")
    assert "wrong parent" in _kinds(made, good)


def test_counting_the_centres_own_fault_as_down_is_found(made: Month, good: Published) -> None:
    at = _first(good, lambda one: one.cause == "B1")
    good.outages[at] = replace(good.outages[at], counts="down")
    assert "not down" in _kinds(made, good)


def test_blaming_anybody_for_the_centres_own_cut_is_found() -> None:
    made = month(2, DAYS, NODES)
    good = ideal(made)
    cuts = [
        index for index, one in enumerate(good.outages)
        if one.cause == "L7" and any(start <= one.start_ms[0] < end for start, end in made.truth.line)
    ]  # fmt: skip
    assert len(cuts) > NODES
    for at in cuts:
        good.outages[at] = replace(good.outages[at], cause="L6a", party="isp", counts="down")
    assert judge(made.truth, DAYS, good).kinds() == {"not down": len(cuts), "wrong cause": len(cuts)}


def test_not_naming_a_cause_is_no_error_but_is_counted(made: Month, good: Published) -> None:
    at = _first(
        good, lambda one: one.cause == "N0" and one.end_ms is not None and one.end_ms[0] - one.start_ms[0] > 60_000
    )
    good.outages[at] = replace(good.outages[at], cause="restart", party="none")
    score = judge(made.truth, made.days, good)
    assert score.misses == []
    assert score.unnamed == 1


def test_an_outage_nobody_published_is_found(made: Month, good: Published) -> None:
    at = _first(
        good, lambda one: one.cause == "N0" and one.end_ms is not None and one.end_ms[0] - one.start_ms[0] > 600_000
    )
    del good.outages[at]
    assert "unfound" in _kinds(made, good)


def test_unknown_is_no_refuge_where_everything_was_told(made: Month) -> None:
    published = ideal(made)
    for key, day in published.days.items():
        published.days[key] = replace(day, up_s=day.up_s - 600, unknown_s=day.unknown_s + 600)
    score = judge(made.truth, made.days, published)
    assert score.exact_days > 0
    assert score.kinds() == {"inexact": score.exact_days}
