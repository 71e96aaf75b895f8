"""Moments as the W3C's note has them, always with a zone."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.open311.moments import read_moment, write_moment

WIB = timezone(timedelta(hours=7))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1994-11-05T08:15:30-05:00", datetime(1994, 11, 5, 13, 15, 30, tzinfo=UTC)),
        ("1994-11-05T13:15:30Z", datetime(1994, 11, 5, 13, 15, 30, tzinfo=UTC)),
        ("2010-01-01T00:00:00Z", datetime(2010, 1, 1, tzinfo=UTC)),
        ("2026-11-23T08:15+07:00", datetime(2026, 11, 23, 1, 15, tzinfo=UTC)),
        ("2026-11-23T08:15:30.45+07:00", datetime(2026, 11, 23, 1, 15, 30, 450_000, tzinfo=UTC)),
        ("2026-11-23T08:15:30 07:00", datetime(2026, 11, 23, 1, 15, 30, tzinfo=UTC)),  # a plus sign, unescaped
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_moments_of_the_standard_are_read(text: str, moment: datetime) -> None:
    assert read_moment(text) == round(moment.timestamp() * 1000)


@pytest.mark.parametrize(
    "text",
    ["", "2026-11-23", "2026-11-23T08:15:30", "2026-13-01T00:00:00Z", "2026-11-23T25:00:00Z", "2026-11-23T08:15.5Z",
     "20261123T081530Z", "2026-11-23T08:15:30+0700", "2026-11-23T08:15:30+25:00", "9999999999", "٢٠٢٦-11-23T08:15:30Z",
     "2026-11-23T08:15:30Z\n", "2026-11-23t08:15:30z"],
)  # fmt: skip
def test_what_is_no_moment_with_a_zone_is_refused(text: str) -> None:
    assert read_moment(text) is None


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading(text: str) -> None:
    found = read_moment(text)
    assert found is None or isinstance(found, int)


@given(st.integers(-62_000_000_000_000, 253_000_000_000_000), st.integers(-14 * 60, 14 * 60))
def test_what_is_written_is_read_again(at_ms: int, offset_min: int) -> None:
    zone = timezone(timedelta(minutes=offset_min))
    assert read_moment(write_moment(at_ms, zone)) == at_ms // 1000 * 1000


def test_city_time_is_written_with_its_zone() -> None:
    assert write_moment(1_795_569_330_999, WIB) == "2026-11-25T08:15:30+07:00"
