"""What is given up when a bound is hit."""

from hypothesis import given
from hypothesis import strategies as st

from agent.core.clock import Stamp
from agent.core.retention import (
    EVENTS_KEPT_BYTES,
    EVICTION_ORDER,
    REUSABLE_STEP_BYTES,
    Disk,
    Taken,
    door_open,
    kept_long_enough,
    plan,
)

MIB = 1024 * 1024
BOUNDS = {"snapshot": 200 * MIB, "health": 64 * MIB, "event": 64 * MIB}
ROOMY = Disk(free_bytes=10_000 * MIB, reusable_bytes=0, reserve_bytes=64 * MIB)
sizes = st.integers(0, 400 * MIB)


def test_within_bounds_nothing_goes() -> None:
    assert plan({"health": 64 * MIB, "complaint": 900 * MIB}, BOUNDS, ROOMY) == ()


def test_over_its_bound_a_stream_gives_up_a_tenth() -> None:
    (eviction,) = plan({"health": 65 * MIB, "snapshot": 1}, BOUNDS, ROOMY)
    assert (eviction.stream, eviction.reason) == ("health", "bound")
    assert abs(65 * MIB - eviction.size_bytes - 64 * MIB * 0.9) <= 1


def test_below_the_reserve_pictures_go_first_and_no_more_than_needed() -> None:
    disk = Disk(free_bytes=60 * MIB, reusable_bytes=0, reserve_bytes=64 * MIB)
    held = {"snapshot": 50 * MIB, "health": 50 * MIB, "event": 50 * MIB}
    assert [(e.stream, e.size_bytes, e.reason) for e in plan(held, BOUNDS, disk)] == [("snapshot", 4 * MIB, "disk")]


def test_without_pictures_the_database_stops_growing_at_the_cost_of_health() -> None:
    disk = Disk(free_bytes=60 * MIB, reusable_bytes=0, reserve_bytes=64 * MIB)
    held = {"health": 50 * MIB, "event": 50 * MIB}
    assert [(e.stream, e.size_bytes) for e in plan(held, BOUNDS, disk)] == [("health", REUSABLE_STEP_BYTES)]
    with_room = Disk(free_bytes=60 * MIB, reusable_bytes=MIB, reserve_bytes=64 * MIB)
    assert plan(held, BOUNDS, with_room) == ()


@given(st.fixed_dictionaries(dict.fromkeys(("complaint", "attachment", *EVICTION_ORDER), sizes)), sizes, sizes)
def test_complaints_never_go_and_nobody_gives_more_than_it_has(held: dict[str, int], free: int, reserve: int) -> None:
    given_up = dict.fromkeys(held, 0)
    for eviction in plan(held, BOUNDS, Disk(free, 0, reserve)):
        assert eviction.stream in EVICTION_ORDER
        assert eviction.size_bytes > 0
        given_up[eviction.stream] += eviction.size_bytes
    assert all(given_up[stream] <= held[stream] for stream in held)
    assert all(held[stream] - given_up[stream] <= BOUNDS[stream] for stream in EVICTION_ORDER)


def test_the_door_closes_at_a_quarter_of_the_reserve() -> None:
    assert door_open(Disk(17 * MIB, 0, 64 * MIB), MIB)
    assert not door_open(Disk(17 * MIB, 0, 64 * MIB), 2 * MIB)


def test_a_small_bound_gives_up_half_so_that_the_ledger_stays_small() -> None:
    (eviction,) = plan({"health": MIB + 1}, {**BOUNDS, "health": MIB}, ROOMY)
    assert eviction.size_bytes == MIB // 2 + 1


def test_pictures_go_a_mebibyte_at_a_time_on_a_full_disk() -> None:
    disk = Disk(free_bytes=64 * MIB - 1, reusable_bytes=0, reserve_bytes=64 * MIB)
    assert plan({"snapshot": 50 * MIB}, BOUNDS, disk)[0].size_bytes == MIB
    assert plan({"snapshot": 1000}, BOUNDS, disk)[0].size_bytes == 1000


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.integers(0, 10**6))
def test_events_go_on_a_full_disk_only_when_pictures_and_health_are_gone(
    health: int, snapshot: int, short: int
) -> None:
    disk = Disk(free_bytes=16 * MIB - short - 1, reusable_bytes=0, reserve_bytes=64 * MIB)
    left = {"health": health, "snapshot": min(snapshot, BOUNDS["snapshot"]), "event": 10 * MIB}
    left["health"] = min(left["health"], BOUNDS["health"])
    events = [eviction.size_bytes for eviction in plan(left, BOUNDS, disk) if eviction.stream == "event"]
    assert not events or health < REUSABLE_STEP_BYTES
    assert sum(events) <= REUSABLE_STEP_BYTES - min(health, REUSABLE_STEP_BYTES)


@given(st.integers(0, 200_000), st.integers(0, 64 * MIB))
def test_events_stay_above_the_last_quarter_of_the_reserve_and_the_newest_of_them_always(event: int, free: int) -> None:
    given_up = [e.size_bytes for e in plan({"event": event}, BOUNDS, Disk(free, 0, 64 * MIB)) if e.stream == "event"]
    assert not given_up or free < 16 * MIB
    assert event - sum(given_up) >= min(event, EVENTS_KEPT_BYTES)


DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
NOW_MS = 1_800_000_000_000


def now(*, synced: bool = True, mono_ms: int = 3 * DAY_MS) -> Stamp:
    return Stamp("this", "run", mono_ms, NOW_MS, synced)


def test_a_picture_is_old_by_a_clock_that_was_right_then_and_is_now() -> None:
    old, young = NOW_MS - WEEK_MS, NOW_MS - WEEK_MS + 1
    assert kept_long_enough([Taken(1, "before", 0, old, True), Taken(2, "before", 1, young, True)], now(), WEEK_MS) == 1
    assert kept_long_enough([Taken(1, "before", 0, old, False)], now(), WEEK_MS) == 0
    assert kept_long_enough([Taken(1, "before", 0, old, True)], now(synced=False), WEEK_MS) == 0


def test_within_one_boot_a_picture_is_old_without_any_wall_clock() -> None:
    pictures = [Taken(1, "this", 0, 0, False), Taken(2, "this", DAY_MS, 0, False)]
    assert kept_long_enough(pictures, now(synced=False, mono_ms=WEEK_MS), WEEK_MS) == 1


def test_what_no_clock_can_date_goes_with_a_later_one_that_is_old() -> None:
    undated = [Taken(1, "before", 0, 0, False), Taken(2, "before", 1, NOW_MS + WEEK_MS, False)]
    assert kept_long_enough(undated, now(), WEEK_MS) == 0
    assert kept_long_enough([*undated, Taken(3, "before", 2, NOW_MS - WEEK_MS, True)], now(), WEEK_MS) == 3


@given(st.lists(st.integers(0, 20 * DAY_MS), max_size=30), st.integers(0, 2**40))
def test_a_picture_younger_than_the_limit_never_goes_where_the_clocks_are_right(ages_ms: list[int], shift: int) -> None:
    """A box that ran all the time, whatever its wall clock counts from."""
    ages_ms.sort(reverse=True)
    stamp = Stamp("this", "run", 30 * DAY_MS, NOW_MS + shift, True)
    pictures = [
        Taken(seq, "this", stamp.mono_ms - age_ms, stamp.wall_ms - age_ms, seq % 2 == 0)
        for seq, age_ms in enumerate(ages_ms, 1)
    ]
    upto = kept_long_enough(pictures, stamp, WEEK_MS)
    assert [age_ms >= WEEK_MS for age_ms in ages_ms] == [seq <= upto for seq in range(1, len(ages_ms) + 1)]
