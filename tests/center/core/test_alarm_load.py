"""Alarms per ten minutes, by the bands of EEMUA 191."""

from hypothesis import given
from hypothesis import strategies as st

from center.core.alarm_load import BUCKET_MS, BUCKETS, load_of

NOW = 1_760_000_123_456


def test_bands_are_named_by_how_many_a_person_can_still_read() -> None:
    start = NOW // BUCKET_MS * BUCKET_MS
    alarms = [start - n * BUCKET_MS for n, count in enumerate((1, 2, 5, 10, 11)) for _ in range(count)]
    load = load_of(alarms, NOW)
    assert [one.band for one in load.buckets[-5:]] == ["flood", "busy", "busy", "manageable", "calm"]
    assert (load.total, load.peak, load.floods) == (29, 11, 1)


@given(st.lists(st.integers(NOW - 3 * 86_400_000, NOW + 86_400_000)))
def test_every_alarm_of_the_day_is_counted_once(alarms: list[int]) -> None:
    load = load_of(alarms, NOW)
    assert len(load.buckets) == BUCKETS
    first, last = load.buckets[0].at_ms, load.buckets[-1].at_ms + BUCKET_MS
    assert first <= NOW - 23 * 3_600_000 and last > NOW
    assert load.total == sum(first <= at < last for at in alarms)
