"""The anchor rules: steps both ways, a start in 1970, a clock that never synchronises."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from agent.core.clock import EARLIEST_WALL_MS, AnchorDecision, AnchorPolicy, ClockReading, ClockWatch, observe

POLICY = AnchorPolicy(moved_ms=250, refresh_ms=3_600_000)
T0 = 1_800_000_000_000


def run(readings: list[ClockReading]) -> list[tuple[ClockReading, AnchorDecision | None, int | None]]:
    watch, out = ClockWatch(), []
    for reading in readings:
        verdict = observe(watch, reading, POLICY)
        watch = verdict.watch
        out.append((reading, verdict.anchor, verdict.step_ms))
    return out


def reading(mono_ms: int, offset_ms: int = T0, synced: bool = True, error_ms: int = 3) -> ClockReading:
    return ClockReading(mono_ms, mono_ms + offset_ms, synced, error_ms)


def test_the_first_synchronised_reading_files_an_anchor_with_the_kernels_error() -> None:
    results = run([reading(1_000, synced=False), reading(11_000, error_ms=42), reading(21_000)])
    assert [anchor for _, anchor, _ in results] == [None, AnchorDecision(T0, 42, "first"), None]


def test_a_clock_that_starts_in_1970_is_a_step_and_then_an_anchor() -> None:
    results = run([reading(5_000, offset_ms=0, synced=False), reading(65_000, synced=True)])
    assert results[0][1:] == (None, None)
    assert results[1][1] == AnchorDecision(T0, 3, "first")
    assert results[1][2] == T0


def test_a_wall_clock_before_2020_is_not_believed_even_when_it_claims_to_be_synchronised() -> None:
    assert run([reading(1_000, offset_ms=EARLIEST_WALL_MS - 10_000)])[0][1] is None


def test_a_clock_that_never_synchronises_never_files_an_anchor() -> None:
    assert not any(anchor for _, anchor, _ in run([reading(t * 10_000, synced=False) for t in range(1000)]))


def test_an_unmoved_clock_files_once_an_hour() -> None:
    results = run([reading(t * 60_000) for t in range(181)])
    filed = [(r.mono_ms // 60_000, a.reason) for r, a, _ in results if a]
    assert filed == [(0, "first"), (60, "refresh"), (120, "refresh"), (180, "refresh")]


def test_scatter_below_the_threshold_is_neither_a_step_nor_an_anchor() -> None:
    results = run([reading(t * 1_000, offset_ms=T0 + (t % 5) * 40) for t in range(100)])
    assert sum(1 for _, anchor, _ in results if anchor) == 1
    assert not any(step for _, _, step in results)


def test_many_small_moves_in_one_direction_do_file_an_anchor_in_time() -> None:
    results = run([reading(t * 1_000, offset_ms=T0 + t * 100) for t in range(20)])
    anchors = [anchor for _, anchor, _ in results if anchor]
    assert [a.reason for a in anchors[:2]] == ["first", "moved"]


@st.composite
def histories(draw: st.DrawFn) -> list[ClockReading]:
    """Readings in order of boot-time whose wall clock is stepped both ways and synchronised on and off."""
    mono_ms, offset_ms, out = draw(st.integers(0, 10**7)), draw(st.sampled_from([0, T0, T0 - 10**9])), []
    for _ in range(draw(st.integers(1, 60))):
        mono_ms += draw(st.integers(1, 4_000_000))
        offset_ms += draw(st.sampled_from([0, 0, 0, 100, -100, 251, -251, 86_400_000, -86_400_000, T0]))
        out.append(ClockReading(mono_ms, mono_ms + offset_ms, draw(st.booleans()), draw(st.integers(0, 16_000))))
    return out


@given(histories())
def test_after_every_trusted_reading_the_last_anchor_is_near_and_fresh(history: list[ClockReading]) -> None:
    last: tuple[int, int] | None = None  # (mono_ms, offset_ms) of the last anchor
    for r, anchor, _ in run(history):
        if anchor is not None:
            assert r.synced
            assert r.wall_ms >= EARLIEST_WALL_MS
            assert anchor.offset_ms == r.wall_ms - r.mono_ms
            last = (r.mono_ms, anchor.offset_ms)
        if r.synced and r.wall_ms >= EARLIEST_WALL_MS:
            assert last is not None
            assert abs(r.offset_ms - last[1]) <= POLICY.moved_ms
            assert r.mono_ms - last[0] < POLICY.refresh_ms


@given(histories())
def test_a_step_is_seen_exactly_when_two_readings_disagree(history: list[ClockReading]) -> None:
    results = run(history)
    assert results[0][2] is None
    for (before, _, _), (after, _, step_ms) in itertools.pairwise(results):
        moved_ms = after.offset_ms - before.offset_ms
        assert step_ms == (moved_ms if abs(moved_ms) > POLICY.moved_ms else None)
