"""Working days of the city: weekends, holidays, midnight in Jakarta, and a naive count as the judge."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from center.core.working_days import MOST_DAYS, Calendar

WIB = timedelta(hours=7)
DATES = st.dates(date(2020, 1, 1), date(2030, 12, 31))


def ms(text: str) -> int:
    """A moment of Jakarta in Unix ms."""
    return int((datetime.fromisoformat(text).replace(tzinfo=UTC) - WIB).timestamp() * 1000)


def local(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC).replace(tzinfo=None) + WIB


def test_three_working_days_from_a_friday_end_with_wednesday_at_midnight() -> None:
    for hour in ("00:00", "08:00", "23:59"):
        assert Calendar().end_of_term(ms(f"2026-11-27 {hour}"), 3) == ms("2026-12-03 00:00")


def test_the_day_is_jakartas_and_not_greenwichs() -> None:
    """Thursday 18.00 UTC is Friday 01.00 in Serang."""
    at_ms = int(datetime(2026, 11, 26, 18, 0, tzinfo=UTC).timestamp() * 1000)
    assert Calendar().end_of_term(at_ms, 1) == ms("2026-12-01 00:00")


def test_a_holiday_and_a_weekend_put_the_end_off() -> None:
    christmas = Calendar(frozenset({date(2026, 12, 24), date(2026, 12, 25)}))
    assert christmas.end_of_term(ms("2026-12-22 10:00"), 2) == ms("2026-12-29 00:00")


def test_what_comes_on_a_sunday_begins_with_monday() -> None:
    assert Calendar().end_of_term(ms("2026-11-29 10:00"), 1) == ms("2026-12-01 00:00")


def test_no_days_at_all_end_with_the_day_itself() -> None:
    assert Calendar().end_of_term(ms("2026-11-27 10:00"), 0) == ms("2026-11-28 00:00")
    assert Calendar().end_of_term(ms("2026-11-27 10:00"), -5) == ms("2026-11-28 00:00")


def test_a_calendar_without_any_working_day_still_answers() -> None:
    never = Calendar(frozenset(date(2026, 1, 1) + timedelta(days=number) for number in range(8 * MOST_DAYS)))
    assert never.end_of_term(ms("2026-01-02 10:00"), 5) > ms("2030-01-01 00:00")


def test_days_between_count_what_begins_after() -> None:
    friday, monday = ms("2026-11-27 16:00"), ms("2026-11-30 08:00")
    assert Calendar().between(friday, monday) == 1
    assert Calendar().between(friday, friday + 3_600_000) == 0
    assert Calendar().between(monday, friday) == 0


@given(DATES, st.integers(0, 1439), st.integers(0, 60), st.frozensets(DATES, max_size=40))
def test_a_term_holds_exactly_so_many_working_days_after_its_first(
    day: date, minute: int, count: int, holidays: frozenset[date]
) -> None:
    calendar = Calendar(holidays)
    start_ms = ms(day.isoformat()) + minute * 60_000
    end = local(calendar.end_of_term(start_ms, count))
    assert end.time().isoformat() == "00:00:00"
    last = end.date() - timedelta(days=1)
    passed = [day + timedelta(days=number) for number in range(1, (last - day).days + 1)]
    working = [one for one in passed if one.weekday() < 5 and one not in holidays]
    assert len(working) == count
    assert not count or working[-1] == last


@given(DATES, st.integers(-10, 1000), st.frozensets(DATES, max_size=40))
def test_days_between_are_those_a_naive_count_finds(first: date, span: int, holidays: frozenset[date]) -> None:
    last = first + timedelta(days=span)
    found = Calendar(holidays).between(ms(first.isoformat()) + 3_600_000, ms(last.isoformat()) + 7_200_000)
    each = (first + timedelta(days=number) for number in range(1, span + 1))
    assert found == sum(one.weekday() < 5 and one not in holidays for one in each)
