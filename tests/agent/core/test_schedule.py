"""The grid of the probes: phases, no drift, no burst after a pause."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.schedule import MAX_PENALTY_MS, first_slot, next_on_grid, phase_ms

INTERVALS = st.integers(1, 10_000_000)
TIMES = st.integers(0, 10**12)


@given(st.text(max_size=40), st.text(max_size=40), INTERVALS)
def test_a_phase_lies_within_its_interval_and_is_the_same_after_a_restart(node: str, name: str, interval: int) -> None:
    assert 0 <= phase_ms(node, name, interval) < interval
    assert phase_ms(node, name, interval) == phase_ms(node, name, interval)


def test_a_hundred_nodes_do_not_probe_together() -> None:
    phases = {phase_ms(f"kel-36730110{number:02}", "icmp", 30_000) // 1000 for number in range(100)}
    assert len(phases) >= 25  # of the 30 seconds there are; 100 random ones hit 29 of them on average


@given(TIMES, INTERVALS, st.integers(0, 10_000_000))
def test_the_next_time_is_on_the_grid_and_after_now_by_at_most_one_interval(
    now: int, interval: int, offset: int
) -> None:
    phase = offset % interval
    due = next_on_grid(now, interval, phase)
    assert now < due <= now + interval
    assert (due - phase) % interval == 0


@given(TIMES, INTERVALS, st.lists(st.integers(0, 10**8), max_size=30))
def test_a_slow_loop_never_moves_the_grid_nor_runs_twice_for_one_slot(
    now: int, interval: int, delays: list[int]
) -> None:
    slot = first_slot("kel-3673011001", "icmp", interval, now)
    assert slot.due_ms == now
    for delay in delays:
        now = max(now, slot.due_ms) + delay
        following = slot.started(now)
        assert following.due_ms > now
        assert (following.due_ms - following.phase_ms) % interval == 0
        assert following.skipped >= slot.skipped
        slot = following


def test_after_a_suspend_one_run_follows_and_the_missed_ones_are_counted() -> None:
    slot = first_slot("kel-3673011001", "icmp", 30_000, 0).started(0)
    woken = slot.due_ms + 3_600_000
    slot = slot.started(woken)
    assert slot.skipped == 120
    assert woken < slot.due_ms <= woken + 30_000


def test_a_run_on_time_skips_nothing() -> None:
    slot = first_slot("kel-3673011001", "icmp", 30_000, 1_000_003)
    for _ in range(50):
        slot = slot.started(slot.due_ms + 7)
    assert slot.skipped == 0


def test_a_busy_probe_gives_its_slot_up() -> None:
    slot = first_slot("kel-3673011001", "icmp", 30_000, 0).started(0)
    following = slot.postponed(slot.due_ms)
    assert (following.skipped, following.due_ms) == (1, slot.due_ms + 30_000)


def test_asking_for_a_run_sooner_never_makes_it_later() -> None:
    slot = first_slot("kel-3673011001", "icmp", 30_000, 0).started(0)
    assert slot.sooner(slot.due_ms + 1) == slot
    assert slot.sooner(17).due_ms == 17


def test_a_crashing_probe_waits_longer_each_time_up_to_ten_minutes() -> None:
    slot = first_slot("kel-3673011001", "icmp", 30_000, 0).started(0)
    waits = []
    for _ in range(20):
        now = slot.due_ms
        slot = slot.started(now).crashed(now)
        waits.append(slot.due_ms - now)
    assert waits[0] >= 60_000
    assert waits == sorted(waits)
    assert MAX_PENALTY_MS <= waits[-1] <= MAX_PENALTY_MS + 30_000
    assert slot.recovered().crashes == 0


def test_an_interval_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than 0"):
        first_slot("kel-3673011001", "icmp", 0, 0)
