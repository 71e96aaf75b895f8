"""Weekly hours: what people may write, what they are told when it is wrong, and the time it means."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from center.core import days
from center.core.facts import Span
from center.core.hours import ALWAYS, DAY_MINUTES, WEEK_MINUTES, Hours, HoursError, parse
from center.core.spans import union
from tests.support.node_facts import DAY, ms, span

WEEK = Span(days.bounds(DAY).start_ms, days.bounds(20261129).end_ms)
"""Monday to Sunday."""


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("Mon-Fri 07:30-16:00; Sat 08:00-12:00", "Mon,Tue,Wed,Thu,Fri 07:30-16:00; Sat 08:00-12:00"),
        ("Senin-Jumat 7.30-16.00", "Mon,Tue,Wed,Thu,Fri 07:30-16:00"),
        ("sen, rab 08:00 - 12:00, 13:00 - 16:00", "Mon,Wed 08:00-12:00,13:00-16:00"),
        ("Sat-Mon", "Mon,Sat,Sun 00:00-24:00"),
        ("08:00-16:00", "Mon,Tue,Wed,Thu,Fri,Sat,Sun 08:00-16:00"),
        ("Fri 22:00-06:00", "Fri 22:00-24:00; Sat 00:00-06:00"),
        ("Sun 22:00-06:00", "Mon 00:00-06:00; Sun 22:00-24:00"),
        ("Mon 08:00-12:00; Mon 11:00-15:00", "Mon 08:00-15:00"),
        ("Minggu 00:00-24:00", "Sun 00:00-24:00"),
        ("", ""),
        ("always", ""),
        ("24/7", ""),
        ("Mon-Sun", ""),
        ("00:00-24:00", ""),
    ],
)
def test_hours_are_read_as_they_are_written(text: str, same: str) -> None:
    assert parse(text).text == same
    assert parse(parse(text).text) == parse(text)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Mon-Fry 07:30-16:00", "Fry"),
        ("Mon 07:30", "07:30"),
        ("Mon 7-16", "7"),
        ("Mon 07:30-25:00", "25:00"),
        ("Mon 07:60-08:00", "07:60"),
        ("Mon 08:00-08:00", "08:00-08:00"),
        ("Mon 24:00-08:00", "24:00-08:00"),
        ("08:00-16:00 Mon", "Mon"),
        ("Mon 08:00-12:00 13:00-16:00", "13:00-16:00"),
        ("Mon 08:00-12:00;", ""),
        ("Mon-", "Mon-"),
        ("-Fri", "-Fri"),
        ("Mon ٠٨:٠٠-١٦:٠٠", "٠٨:٠٠"),
        ("x" * 201, ""),
    ],
)
def test_what_is_no_hours_is_told_by_the_word_at_fault(text: str, word: str) -> None:
    with pytest.raises(HoursError) as caught:
        parse(text)
    assert caught.value.word == word
    assert caught.value.why


def test_hours_lie_on_their_days_in_jakarta() -> None:
    office = parse("Mon-Fri 07:30-16:00; Sat 08:00-12:00")
    found = office.spans(WEEK)
    assert len(found) == 6
    assert found[0] == span("07:30", "16:00")
    assert found[-1] == span("+5 08:00", "+5 12:00")
    assert office.holds(ms("07:30"))
    assert not office.holds(ms("16:00"))


def test_a_holiday_has_no_hours() -> None:
    assert parse("Mon-Fri 08:00-16:00").spans(span("00:00", "+1 09:00"), without=(DAY,)) == (
        span("+1 08:00", "+1 09:00"),
    )


def test_no_window_has_no_hours() -> None:
    assert ALWAYS.spans(Span(5, 5)) == ()
    assert ALWAYS.spans(Span(5, 4)) == ()


minutes = st.lists(st.builds(Span, st.integers(0, WEEK_MINUTES), st.integers(0, WEEK_MINUTES)), max_size=5)


@given(minutes)
def test_any_hours_are_written_so_that_they_are_read_the_same(chosen: list[Span]) -> None:
    hours = Hours(union(chosen))
    if hours.minutes and len(hours.text) <= 200:
        assert parse(hours.text) == hours


@given(minutes, st.integers(0, 7 * DAY_MINUTES - 1))
def test_a_moment_is_in_the_hours_when_its_minute_of_the_week_is(chosen: list[Span], minute: int) -> None:
    hours = Hours(union(chosen))
    inside = any(one.start_ms <= minute < one.end_ms for one in chosen)
    assert hours.holds(WEEK.start_ms + minute * 60_000 + 59_999) == inside


@settings(max_examples=60)
@given(st.text(st.sampled_from("MonTueSatSunSenMin-,:;. 0123456789/ü"), max_size=40) | st.text(max_size=30))
def test_any_text_is_hours_or_is_refused_with_a_word_of_it(text: str) -> None:
    try:
        hours = parse(text)
    except HoursError as error:
        assert error.why
        assert error.word in text.replace(" ", "") or error.word in text
    else:
        assert hours.minutes
        assert hours.minutes == union(hours.minutes)
        assert 0 <= hours.minutes[0].start_ms < hours.minutes[-1].end_ms <= WEEK_MINUTES
