"""Hours of routes over the week, as they hold messages back."""

from hypothesis import given
from hypothesis import strategies as st

from center.alerts.weekly import hours_or_none

MONDAY = 1_795_366_800_000 + 0  # 23 Nov 2026 00.00 WIB
HOUR = 3_600_000


def test_office_hours_begin_and_end_and_midnight_is_no_edge() -> None:
    office = hours_or_none("Mon-Fri 07:30-16:00")
    assert office is not None
    assert not office.contains(MONDAY) and office.next_change_ms(MONDAY) == MONDAY + 7 * HOUR + HOUR // 2
    assert office.contains(MONDAY + 8 * HOUR) and office.next_change_ms(MONDAY + 8 * HOUR) == MONDAY + 16 * HOUR
    assert office.next_change_ms(MONDAY + (4 * 24 + 17) * HOUR) == MONDAY + (7 * 24 + 7) * HOUR + HOUR // 2
    night = hours_or_none("22:00-06:00")
    assert night is not None and night.next_change_ms(MONDAY + 23 * HOUR) == MONDAY + 30 * HOUR
    assert night.next_change_ms(MONDAY + 7 * HOUR) == MONDAY + 22 * HOUR


def test_no_hours_and_hours_nobody_can_read_hold_nothing_back() -> None:
    assert hours_or_none("") is None and hours_or_none("Someday 25:00") is None


@given(st.sampled_from(["Mon-Fri 07:30-16:00", "22:00-06:00", "Sat-Mon", "Sun 00:00-24:00; Wed 12:00-13:00", "24/7"]),
       st.integers(0, 14 * 24 * 60))  # fmt: skip
def test_the_next_change_is_the_first_moment_that_differs(text: str, minutes: int) -> None:
    hours = hours_or_none(text)
    if hours is None:
        return
    at = MONDAY + minutes * 60_000
    change = hours.next_change_ms(at)
    assert change > at
    if change < at + 8 * 24 * HOUR:
        assert hours.contains(change) is not hours.contains(at) and hours.contains(change - 1) is hours.contains(at)
    else:
        assert all(hours.contains(at + hour * HOUR) is hours.contains(at) for hour in range(7 * 24))
