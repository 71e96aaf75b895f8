"""By when something has to happen: the table row by row, and what must hold of any log."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.core.complaint_cycle import ENDED, STATUSES, TRANSITIONS, event_kind
from center.core.complaint_deadlines import CITYS, CLOSING, Due, Entry, Terms, days_late, due, is_soon
from center.core.working_days import Calendar

TERMS = Terms()
CALENDAR = Calendar(frozenset({date(2026, 12, 25)}))


def ms(text: str) -> int:
    return int((datetime.fromisoformat(text).replace(tzinfo=UTC) - timedelta(hours=7)).timestamp() * 1000)


def term(category: str, *steps: tuple[str, str], extended: bool = False, asked: bool = False) -> tuple[str, str]:
    """(term, last day) after these (moment, status or kind:status)."""
    log = []
    for moment, word in steps:
        kind, _, status = word.rpartition(":")
        log.append(Entry(ms(moment), kind or "status", status))
    found = due(category, log, extended=extended, asked=asked, terms=TERMS, calendar=CALENDAR)
    if found is None:
        return "", ""
    local = datetime.fromtimestamp((found.at_ms - 1) / 1000, UTC) + timedelta(hours=7)
    return found.term, local.date().isoformat()


NEW = ("2026-11-27 09:00", "received:received")


@pytest.mark.parametrize("category", ["aduan", "laporan", "saran", "pendapat"])
def test_what_arrives_is_to_be_verified_within_three_working_days(category: str) -> None:
    assert term(category, NEW) == ("verification", "2026-12-02")


def test_following_up_has_five_days_from_when_it_was_first_worked_on() -> None:
    assert term("aduan", NEW, ("2026-11-30 10:00", "verified")) == ("follow_up", "2026-12-07")


def test_handing_it_from_one_agency_to_another_begins_no_new_term() -> None:
    steps = (
        NEW,
        ("2026-11-30 10:00", "routed"),
        ("2026-12-04 10:00", "routed:routed"),
        ("2026-12-04 11:00", "in_progress"),
    )
    assert term("aduan", *steps) == ("follow_up", "2026-12-07")


def test_days_on_hold_are_added_to_the_term() -> None:
    steps = (
        NEW,
        ("2026-11-30 10:00", "verified"),
        ("2026-12-01 09:00", "held:on_hold"),
        ("2026-12-03 09:00", "in_progress"),
    )
    assert term("aduan", *steps) == ("follow_up", "2026-12-09")


def test_what_is_held_until_a_day_is_due_then_and_otherwise_like_a_follow_up() -> None:
    log = [Entry(ms("2026-11-27 09:00"), "received", "received"),
           Entry(ms("2026-11-30 09:00"), "held", "on_hold", ms("2026-12-20 00:00"))]  # fmt: skip
    assert due("aduan", log, extended=False, asked=False, terms=TERMS, calendar=CALENDAR) == Due(
        ms("2026-12-20 00:00"), "held"
    )
    assert term("aduan", NEW, ("2026-11-30 09:00", "held:on_hold")) == ("held", "2026-12-07")


def test_a_question_to_the_citizen_waits_ten_days_for_an_answer() -> None:
    steps = (NEW, ("2026-11-30 09:00", "asked:on_hold"))
    assert term("aduan", *steps, asked=True) == ("asked", "2026-12-14")
    again = (*steps, ("2026-12-01 09:00", "asked:on_hold"))
    assert term("aduan", *again, asked=True) == ("asked", "2026-12-15")


def test_an_answer_closes_by_itself_ten_working_days_after_the_last_word() -> None:
    assert term("aduan", NEW, ("2026-12-14 09:00", "answered")) == ("auto_close", "2026-12-29")
    more = (NEW, ("2026-12-14 09:00", "answered"), ("2026-12-15 09:00", "told:answered"))
    assert term("aduan", *more) == ("auto_close", "2026-12-30")


def test_a_request_for_information_has_ten_days_and_seven_more_when_extended_whatever_its_status() -> None:
    for steps in ((NEW,), (NEW, ("2026-12-01 09:00", "routed")), (NEW, ("2026-12-01 09:00", "held:on_hold"))):
        assert term("ppid", *steps) == ("ppid", "2026-12-11")
        assert term("ppid", *steps, extended=True) == ("ppid", "2026-12-22")


def test_an_objection_has_thirty_days_from_being_taken_up_again() -> None:
    answered = (NEW, ("2026-12-01 09:00", "answered"))
    assert term("ppid", *answered) == ("auto_close", "2027-01-13")
    objected = (*answered, ("2026-12-07 09:00", "reopened:reopened"))
    assert term("ppid", *objected) == ("objection", "2027-01-19")
    assert term("ppid", *objected, ("2026-12-09 09:00", "in_progress")) == ("objection", "2027-01-19")


def test_what_was_reopened_is_verified_anew_and_followed_up_anew() -> None:
    over = (NEW, ("2026-11-30 10:00", "verified"), ("2026-12-01 10:00", "closed:closed"))
    again = (*over, ("2026-12-07 08:00", "reopened:reopened"))
    assert term("aduan", *again) == ("verification", "2026-12-10")
    assert term("aduan", *again, ("2026-12-08 08:00", "routed")) == ("follow_up", "2026-12-15")


@pytest.mark.parametrize("end", ENDED)
def test_what_has_ended_is_due_for_nothing(end: str) -> None:
    assert term("aduan", NEW, ("2026-12-01 10:00", f"closed:{end}")) == ("", "")


def test_soon_and_late_are_counted_in_working_days() -> None:
    friday_midnight = ms("2026-12-05 00:00")
    assert is_soon(friday_midnight, ms("2026-12-03 08:00"), 1, CALENDAR)
    assert not is_soon(friday_midnight, ms("2026-12-02 08:00"), 1, CALENDAR)
    assert not is_soon(friday_midnight, friday_midnight, 1, CALENDAR)
    assert days_late(friday_midnight, ms("2026-12-04 23:00"), CALENDAR) == 0
    assert days_late(friday_midnight, ms("2026-12-06 12:00"), CALENDAR) == 0
    assert days_late(friday_midnight, ms("2026-12-07 12:00"), CALENDAR) == 0
    assert days_late(friday_midnight, ms("2026-12-08 12:00"), CALENDAR) == 1


@st.composite
def walks(draw: st.DrawFn) -> list[Entry]:
    """Any log the cycle allows."""
    at_ms = draw(st.integers(ms("2026-01-01 00:00"), ms("2027-01-01 00:00")))
    log = [Entry(at_ms, "received", "received")]
    for _ in range(draw(st.integers(0, 12))):
        at_ms += draw(st.integers(0, 40 * 86_400_000))
        before = log[-1].status
        after = draw(st.sampled_from(sorted({*TRANSITIONS[before], before})))
        log.append(Entry(at_ms, event_kind(before, after), after))
    return log


@given(walks(), st.sampled_from(["aduan", "ppid"]), st.booleans(), st.booleans())
def test_every_log_has_a_term_exactly_while_it_goes_on_and_none_that_is_over_at_once(
    log: list[Entry], category: str, extended: bool, asked: bool
) -> None:
    asked = asked and log[-1].status == "on_hold"
    found = due(category, log, extended=extended, asked=asked, terms=TERMS, calendar=CALENDAR)
    status = log[-1].status
    assert status in STATUSES
    assert (found is None) == (status in ENDED)
    if found is not None:
        assert found.term in {*CITYS, *CLOSING}
        assert (found.term in CLOSING) == (status == "answered" or (asked and category != "ppid"))
        assert found.at_ms > log[0].at_ms


@given(walks(), st.integers(0, 60), st.integers(0, 60))
def test_a_longer_term_never_ends_earlier(log: list[Entry], shorter: int, more: int) -> None:
    def at(days: int) -> int:
        terms = Terms(days, days, days, days, days, days)
        found = due("aduan", log, extended=False, asked=False, terms=terms, calendar=CALENDAR)
        return found.at_ms if found else 0

    assert at(shorter) <= at(shorter + more)
