"""What the line carries, learned from what TCP saw acknowledged."""

from hypothesis import given
from hypothesis import strategies as st

from agent.core.linerate import LEAST_WINDOW_BYTES, LineRate, SessionYield


def busy(rate: LineRate, bytes_s: float, seconds: int, start: float = 0.0) -> None:
    for half in range(seconds * 2 + 1):
        rate.observe(start + half / 2, int(bytes_s * half / 2), 50_000)


def test_a_queue_at_both_ends_shows_the_rate() -> None:
    rate = LineRate()
    busy(rate, 16_000, 3)
    assert rate.bytes_s == 16_000
    assert rate.seconds(64_000) == 4
    assert rate.window_bytes(64 * 1024) == 32_000


def test_a_line_that_never_queues_is_not_called_slow() -> None:
    rate = LineRate()
    for second in range(60):
        rate.observe(second, second * 500, 0)
    assert rate.bytes_s is None
    assert rate.window_bytes(64 * 1024) == 64 * 1024
    assert rate.seconds(10**9) == 0


def test_a_faster_line_is_noticed_when_its_queue_runs_dry() -> None:
    rate = LineRate()
    busy(rate, 2_000, 5)
    rate.restart()
    for second in range(60):
        rate.observe(100 + second, second * 3_000, 0)
    assert rate.bytes_s is None


def test_an_idle_line_teaches_nothing() -> None:
    rate = LineRate()
    busy(rate, 2_000, 5)
    for second in range(6, 600):
        rate.observe(second, 10_000, 0)
    assert rate.bytes_s == 2_000


def test_another_connection_does_not_mix_its_counters_with_the_last_ones() -> None:
    rate = LineRate()
    busy(rate, 16_000, 5)
    rate.restart()
    rate.observe(10, 0, 50_000)
    rate.observe(11, 16_000, 50_000)
    assert rate.bytes_s == 16_000


def test_a_line_that_stands_still_becomes_slow_within_seconds() -> None:
    rate = LineRate()
    busy(rate, 16_000, 5)
    for half in range(1, 9):
        rate.observe(5 + half / 2, 80_000, 50_000)
    assert rate.bytes_s is not None
    assert rate.bytes_s < 100
    assert rate.window_bytes(64 * 1024) == LEAST_WINDOW_BYTES


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(0, 10**6), st.integers(0, 10**6)), max_size=50))
def test_whatever_is_observed_windows_keep_their_bounds(samples: list[tuple[float, int, int]]) -> None:
    rate, now_s, acked = LineRate(), 0.0, 0
    for passed_s, moved, queued in samples:
        now_s, acked = now_s + passed_s, acked + moved
        rate.observe(now_s, acked, queued)
        assert LEAST_WINDOW_BYTES <= rate.window_bytes(65_536) <= 65_536
        assert rate.seconds(1000) >= 0


def test_sessions_cut_short_make_the_next_window_small_and_a_long_one_forgives() -> None:
    carries = SessionYield()
    assert carries.window_bytes(65_536) == 65_536
    for _ in range(3):
        carries.ended(30_000, 2.0, by_line=True)
    assert carries.window_bytes(65_536) == 3_000
    carries.ended(500, 1.0, by_line=False)
    assert carries.window_bytes(65_536) == 3_000
    carries.ended(10**6, 61.0, by_line=True)
    assert carries.window_bytes(65_536) == 65_536
