"""Whole seconds of days: what outranks what, and that nothing is lost at their edges."""

from collections.abc import Sequence

from center.core import days
from center.core.facts import Concluded, NodeFacts, Seconds, Span, ThinFact, When
from center.core.hours import parse
from center.core.sweep import seconds
from tests.support.node_facts import DAY, MIDNIGHT_MS, alive, at, contact, life, ms, node, span


def outage(start: When, end: When | None, cause: str = "L5b", party: str = "isp", counts: str = "down") -> Concluded:
    return Concluded("n", start, end, cause, party, counts)


def swept(
    facts: NodeFacts, *outages: Concluded, now: str = "+1 00:00", hours: str = "", day: int = DAY
) -> tuple[int, int, int, int]:
    one = seconds(facts, outages, [day], ms(now), parse(hours) if hours else None)[0]
    return one.up_s, one.down_s, one.maintenance_s, one.unknown_s


HEARD = node(contacts=(contact("00:00", "+1 00:00"),))


def test_a_day_that_was_heard_throughout_is_up() -> None:
    assert swept(HEARD) == (86_400, 0, 0, 0)


def test_a_day_of_which_nothing_is_known_is_unknown() -> None:
    assert swept(node()) == (0, 0, 0, 86_400)


def test_the_certain_part_of_an_outage_is_down_and_its_edges_are_unknown() -> None:
    assert swept(HEARD, outage(at("10:00", "10:01"), at("10:30", "10:32"))) == (86_400 - 1920, 1740, 0, 180)


def test_maintenance_outranks_an_outage_which_outranks_proof_of_life() -> None:
    facts = node(contacts=HEARD.contacts, stays=(span("10:10", "11:00"),))
    assert swept(facts, outage(at("10:00"), at("10:30"))) == (86_400 - 3600, 600, 3000, 0)


def test_an_outage_of_the_centre_alone_is_up_and_one_of_its_host_unknown() -> None:
    assert swept(node(), outage(at("10:00"), at("11:00"), "B1", "center", "up")) == (3600, 0, 0, 82_800)
    assert swept(HEARD, outage(at("10:00"), at("11:00"), "L7", "center", "unknown")) == (82_800, 0, 0, 3600)


def test_nothing_counts_before_the_node_was_known_after_it_retired_or_after_now() -> None:
    facts = NodeFacts("n", ms("06:00"), ms("20:00"), contacts=HEARD.contacts)
    assert swept(facts) == (14 * 3600, 0, 0, 0)
    assert swept(facts, outage(at("11:00"), None), now="12:00") == (5 * 3600, 3600, 0, 0)
    assert swept(facts, now="05:00") == (0, 0, 0, 0)


def test_an_outage_across_midnight_belongs_to_both_days_and_both_months() -> None:
    """Monday 30 November 23:00 to Tuesday 1 December 02:00."""
    start, end = days.bounds(20261130).end_ms - 3_600_000, days.bounds(20261201).start_ms + 7_200_000
    lasted = outage(When(start, start), When(end, end))
    rows = seconds(node(), [lasted], [20261130, 20261201], end + 1)
    assert [row.down_s for row in rows] == [3600, 7200]


def test_reports_prove_life_only_as_far_as_their_bounds_allow() -> None:
    facts = node(alive=(alive("10:00", "11:00"),))
    wide = node(alive=(type(facts.alive[0])("b1", "r1", at("09:59", "10:01"), at("10:58", "11:02")),))
    assert swept(facts)[0] == 3600
    assert swept(wide)[0] == 57 * 60


def test_reports_of_a_run_prove_nothing_before_it_began() -> None:
    facts = node(alive=(alive("09:58:30", "11:00"),), lives=(life("10:00", "11:00"),))
    assert swept(facts)[0] == 3600


def test_a_hole_in_the_reports_is_up_when_the_node_thinned_them_itself() -> None:
    reports = (alive("10:00", "11:00"), alive("12:00", "13:00"))
    assert swept(node(alive=reports))[0] == 7200
    assert swept(node(alive=reports, thin=(ThinFact("b1", at("11:00:30"), at("11:59")),)))[0] == 10_800
    assert swept(node(alive=reports, thin=(ThinFact("b1", at("11:00:30"), at("11:30")),)))[0] == 7200
    assert swept(node(alive=reports, thin=(ThinFact("b2", at("11:00"), at("12:00")),)))[0] == 7200


def test_the_isp_answers_for_its_own_outages_within_its_hours_only() -> None:
    """Hours 08-16. L5b 07:00-09:00, L1 10:00-11:00, maintenance 15:00-17:00."""
    facts = node(contacts=HEARD.contacts, stays=(span("15:00", "17:00"),))
    found = (outage(at("07:00"), at("09:00")), outage(at("10:00"), at("11:00"), "L1", "site"))
    row = seconds(facts, found, [DAY], ms("+1 00:00"), parse("Mon-Fri 08:00-16:00"))[0]
    assert (row.isp_up_s, row.isp_down_s, row.isp_excluded_s, row.isp_unknown_s) == (5 * 3600, 3600, 7200, 0)
    assert row.causes == {"L1": 3600, "L5b": 7200, "excluded:L1": 3600, "excluded:maintenance": 3600}
    holiday = seconds(facts, found, [DAY], ms("+1 00:00"), parse("Mon-Fri 08:00-16:00"), holidays=(DAY,))[0]
    assert (holiday.isp_up_s, holiday.isp_down_s, holiday.isp_excluded_s, holiday.isp_unknown_s) == (0, 0, 0, 0)


def test_fractions_of_seconds_never_add_up_to_a_second_nobody_lived() -> None:
    thirds = [outage(When(t, t), When(t + 1333, t + 1333)) for t in range(MIDNIGHT_MS, MIDNIGHT_MS + 60_000, 1333)]
    rows: Sequence[Seconds] = seconds(HEARD, thirds, [DAY], ms("+1 00:00"))
    assert (rows[0].up_s + rows[0].down_s, rows[0].unknown_s) == (86_400, 0)
    assert rows[0].down_s == (46 * 1333) // 1000


def test_two_days_are_their_sum() -> None:
    facts = node(contacts=(contact("06:00", "+1 18:00"),))
    both = seconds(facts, (), [DAY, 20261124], ms("+1 18:00"))
    assert [row.up_s for row in both] == [18 * 3600, 18 * 3600]
    assert [row.day for row in both] == [DAY, 20261124]
    assert Span(days.bounds(DAY).end_ms, days.bounds(DAY).end_ms + 86_400_000) == days.bounds(20261124)
