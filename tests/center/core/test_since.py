"""Since when a change holds, as it is typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.core import days as calendar
from center.core.since import EARLIEST_MS, SinceError, read_since
from center.core.terms import ALWAYS

NOW_MS = calendar.bounds(20261126).start_ms + 12 * 3_600_000


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", None),
        ("  ", None),
        ("always", ALWAYS),
        (" Selalu ", ALWAYS),
        ("2026-11-10", calendar.bounds(20261110).start_ms),
        ("2026-11-10 08:30", calendar.bounds(20261110).start_ms + 510 * 60_000),
        ("2026-11-10T08.30.07", calendar.bounds(20261110).start_ms + 510 * 60_000 + 7_000),
    ],
)
def test_days_times_and_words_are_read_as_of_serang(text: str, wanted: int | None) -> None:
    assert read_since(text, NOW_MS) == wanted


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("kemarin", "no_since"),
        ("2026-02-30", "no_since"),
        ("2026-11-10 24:00", "no_since"),
        ("10-11-2026", "no_since"),
        ("2026-11-26 12:00:01", "since_ahead"),
        ("2025-01-01", "since_early"),
    ],
)
def test_what_cannot_be_read_lies_ahead_or_too_far_back_is_refused(text: str, what: str) -> None:
    with pytest.raises(SinceError) as caught:
        read_since(text, NOW_MS)
    assert caught.value.what == what


@given(st.text(max_size=30) | st.from_regex(r"20(25|26)-[01]\d-[0-3]\d( [0-2]\d:[0-6]\d)?", fullmatch=True))
def test_any_text_is_a_moment_within_limits_or_a_typed_error(text: str) -> None:
    try:
        found = read_since(text, NOW_MS)
    except SinceError as error:
        assert error.what in {"no_since", "since_ahead", "since_early"}
    else:
        assert found in {None, ALWAYS} or NOW_MS - EARLIEST_MS <= (found or 0) <= NOW_MS
