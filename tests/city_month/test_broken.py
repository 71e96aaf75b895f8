"""A broken arithmetic is found: each rule of it, taken away, makes the month's judge speak up."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from center.core import restarts, siblings
from center.core.facts import FleetFacts, NodeFacts, OwnCut, Span
from tests.city_month.facts import fleet
from tests.city_month.judge import judge
from tests.city_month.make import Month, month
from tests.city_month.worked_out import conclusions

DAYS, NODES = 6, 40


@pytest.fixture(scope="module")
def made() -> Month:
    return month(3, DAYS, NODES)


def _kinds(made: Month, facts: FleetFacts) -> set[str]:
    return set(judge(made.truth, made.days, conclusions(made, facts)).kinds())


def _of_each(made: Month, change: Callable[[NodeFacts], NodeFacts]) -> FleetFacts:
    facts = fleet(made, made.truth.until_ms)
    return replace(facts, nodes={node: change(known) for node, known in facts.nodes.items()})


def test_unbroken_nothing_is_found(made: Month) -> None:
    assert _kinds(made, fleet(made, made.truth.until_ms)) == set()


def test_blaming_the_power_company_for_any_two_restarts_of_a_feeder_is_found(
    made: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(siblings, "TOGETHER_MS", 86_400_000)
    monkeypatch.setattr(siblings, "AT_ONCE_MS", 86_400_000)
    assert "wrong cause" in _kinds(made, fleet(made, made.truth.until_ms))


def test_blaming_the_power_company_for_a_low_voltage_of_hours_before_is_found(
    made: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restarts, "BROWNOUT_MS", 10 * 86_400_000)
    assert "wrong cause" in _kinds(made, fleet(made, made.truth.until_ms))


def test_taking_the_centres_own_absence_for_silence_is_found(made: Month) -> None:
    def deaf(facts: NodeFacts) -> NodeFacts:
        return replace(facts, alive=(), outages=(), verdicts=())

    always = (Span(made.truth.start_ms - 86_400_000, made.truth.until_ms),)
    assert {"not down", "invented"} & _kinds(made, replace(_of_each(made, deaf), hearing=always))


def test_forgetting_that_the_centre_was_blind_is_found() -> None:
    made = month(2, 3, 12)
    facts = fleet(made, made.truth.until_ms)
    assert len(facts.blind) == 3
    assert {"wrong cause", "false down", "not down", "wrong parent"} <= _kinds(made, replace(facts, blind=()))


def test_charging_the_isps_for_short_cuts_of_the_centre_is_found(made: Month) -> None:
    facts = fleet(made, made.truth.until_ms)
    assert facts.cuts and made.truth.short
    assert {"wrong cause", "false down", "wrong parent"} <= _kinds(made, replace(facts, cuts=()))


def test_taking_every_isps_outage_for_a_cut_of_the_centre_is_found(made: Month) -> None:
    facts = fleet(made, made.truth.until_ms)
    hours = range(made.truth.start_ms, made.truth.end_ms, 3_600_000)
    assert {"wrong cause", "inexact"} <= _kinds(made, replace(facts, cuts=tuple(
        OwnCut(at, at + 3_600_000, "L7") for at in hours
    )))  # fmt: skip


def test_believing_reports_over_the_journal_is_found(made: Month) -> None:
    assert {"false up", "unfound"} & _kinds(made, _of_each(made, lambda facts: replace(facts, outages=(), contacts=())))


def test_forgetting_maintenance_is_found(made: Month) -> None:
    assert {"false down", "false up"} & _kinds(made, _of_each(made, lambda facts: replace(facts, stays=())))


def test_forgetting_what_reports_prove_is_found(made: Month) -> None:
    assert "inexact" in _kinds(made, _of_each(made, lambda facts: replace(facts, alive=())))


def test_clocks_that_are_believed_beyond_their_bounds_are_found(made: Month) -> None:
    def hour_off(facts: NodeFacts) -> NodeFacts:
        late = 3_600_000
        moved = tuple(
            replace(
                told,
                onset=replace(told.onset, lo_ms=told.onset.lo_ms + late, hi_ms=told.onset.hi_ms + late),
                end=told.end and replace(told.end, lo_ms=told.end.lo_ms + late, hi_ms=told.end.hi_ms + late),
            )
            for told in facts.outages
        )
        return replace(facts, outages=moved)

    assert {"invented", "false down"} <= _kinds(made, _of_each(made, hour_off))
