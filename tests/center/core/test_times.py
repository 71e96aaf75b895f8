"""When it happened, by what a boot's clock is known by."""

from hypothesis import given
from hypothesis import strategies as st

from center.core.times import (
    CLOCK_OFF_MS,
    MOST_ANCHORS,
    Anchor,
    BootClock,
    Moment,
    anchor_at,
    clock_is_off,
    derive,
    is_possible,
    standing,
)

NOW = 1_760_000_000_000
millis = st.integers(0, 10**9)
walls = st.integers(0, 2 * NOW)
clocks = st.builds(
    BootClock,
    anchors=st.lists(st.builds(Anchor, millis, st.integers(NOW - 10**9, NOW)), max_size=3).map(
        lambda anchors: tuple(sorted(anchors, key=lambda anchor: anchor.mono_ms))
    ),
    ceiling_ms=st.none() | st.integers(NOW - 10**9, NOW),
    not_before_ms=st.none() | st.integers(NOW - 10**9, NOW),
    not_after_ms=st.none() | st.integers(NOW - 10**9, NOW),
)


def at(clock: BootClock, mono_ms: int = 5_000, wall_ms: int = 0, synced: bool = False, received: int = NOW) -> Moment:
    return derive(clock, mono_ms=mono_ms, wall_ms=wall_ms, synced=synced, received_ms=received)


def test_an_anchor_gives_the_time_also_of_what_was_before_it() -> None:
    clock = BootClock((Anchor(60_000, NOW - 100_000),))
    assert at(clock, mono_ms=1_000) == Moment(NOW - 99_000, "ntp")
    assert at(clock, mono_ms=90_000) == Moment(NOW - 10_000, "ntp")


def test_after_a_step_of_the_clock_the_newer_anchor_holds_from_its_moment_on() -> None:
    clock = BootClock((Anchor(10_000, NOW - 100_000), Anchor(50_000, NOW - 90_000)))
    assert at(clock, mono_ms=49_999).at_ms == NOW - 50_001
    assert at(clock, mono_ms=50_000).at_ms == NOW - 40_000


def test_the_remark_counts_when_the_clock_was_synchronised_and_an_anchor_counts_more() -> None:
    assert at(BootClock(), wall_ms=NOW - 7, synced=True) == Moment(NOW - 7, "ntp")
    assert at(BootClock((Anchor(0, NOW - 5_000),)), wall_ms=1, synced=True) == Moment(NOW, "ntp")


def test_a_boot_heard_live_is_estimated_by_its_quickest_delivery() -> None:
    assert at(BootClock(ceiling_ms=NOW - 10_000)) == Moment(NOW - 5_000, "estimated")


def test_nothing_happens_after_it_was_received() -> None:
    assert at(BootClock(ceiling_ms=NOW)).at_ms == NOW
    assert at(BootClock(), wall_ms=NOW * 2) == Moment(NOW, "bounded")


def test_a_boot_that_was_never_heard_live_lies_between_its_neighbours() -> None:
    clock = BootClock(not_before_ms=NOW - 9_000, not_after_ms=NOW - 4_000)
    assert at(clock, wall_ms=0) == Moment(NOW - 9_000, "bounded")
    assert at(clock, wall_ms=NOW - 6_000) == Moment(NOW - 6_000, "bounded")
    assert at(clock, wall_ms=NOW) == Moment(NOW - 4_000, "bounded")


def test_neighbours_that_contradict_each_other_do_not_break_the_bound() -> None:
    assert at(BootClock(not_before_ms=NOW, not_after_ms=NOW - 4_000), wall_ms=0).at_ms == NOW - 4_000


def test_a_clock_that_runs_ahead_cannot_place_a_record_after_its_arrival() -> None:
    ahead = NOW + 5 * 365 * 86_400_000
    assert at(BootClock(), wall_ms=ahead, synced=True) == Moment(NOW, "bounded")
    assert at(BootClock((Anchor(0, ahead),))) == Moment(NOW, "bounded")
    assert at(BootClock(ceiling_ms=NOW - 9_000), wall_ms=ahead, synced=True) == Moment(NOW - 4_000, "estimated")
    assert at(BootClock(), wall_ms=NOW + CLOCK_OFF_MS, synced=True) == Moment(NOW + CLOCK_OFF_MS, "ntp")


def test_a_wall_clock_of_1970_is_flagged_and_a_merely_unproven_one_is_not() -> None:
    assert clock_is_off(Moment(NOW, "ntp"), 0, NOW)
    assert not clock_is_off(Moment(NOW, "ntp"), NOW - 59_000, NOW)
    assert not clock_is_off(Moment(NOW, "bounded"), 0, NOW)


def test_a_wall_clock_ahead_of_the_arrival_is_flagged_however_sure_it_is_of_itself() -> None:
    assert clock_is_off(Moment(NOW, "bounded"), NOW + 61_000, NOW)
    assert not clock_is_off(Moment(NOW, "bounded"), NOW + 60_000, NOW)


def test_an_anchor_that_agrees_with_the_one_before_within_its_own_error_says_nothing_new() -> None:
    coarse, precise = Anchor(0, 5_000, 16_000), Anchor(1, 100, 2)
    refreshed = [Anchor(2 + number, 100 + number % 2, 2) for number in range(50)]
    assert standing([coarse, precise, *refreshed, Anchor(99, 400, 2)]) == [0, 1, 52]


def test_a_clock_stepped_without_end_is_told_apart_less_finely() -> None:
    wild = [Anchor(number, (number % 2) * 10**6 + 10 * number, 0) for number in range(1000)]
    assert 1 <= len(standing(wild)) <= MOST_ANCHORS
    drifting = [Anchor(number, 10 * number, 0) for number in range(1000)]
    kept = [drifting[index] for index in standing(drifting)]
    assert 8 <= len(kept) <= MOST_ANCHORS
    assert all(abs(10 * number - anchor_at(kept, number).offset_ms) <= 1000 for number in range(1000))  # type: ignore[union-attr]


@given(st.lists(st.builds(Anchor, millis, millis, st.integers(0, 9)), min_size=1, max_size=20))
def test_each_anchor_left_out_agrees_with_the_one_in_force(anchors: list[Anchor]) -> None:
    ascending = sorted(anchors, key=lambda anchor: anchor.mono_ms)
    kept = set(standing(ascending))
    assert 0 in kept
    for index, anchor in enumerate(ascending):
        in_force = max(number for number in kept if number <= index)
        assert abs(anchor.offset_ms - ascending[in_force].offset_ms) <= (0 if index in kept else anchor.error_ms)


@given(clocks, millis, walls, st.booleans(), st.integers(NOW - 10**9, NOW))
def test_every_record_gets_a_moment_that_is_not_after_its_arrival(
    clock: BootClock, mono_ms: int, wall_ms: int, synced: bool, received_ms: int
) -> None:
    moment = derive(clock, mono_ms=mono_ms, wall_ms=wall_ms, synced=synced, received_ms=received_ms)
    assert moment.at_ms <= received_ms + (CLOCK_OFF_MS if moment.quality == "ntp" else 0)
    assert moment.quality != "ntp" or clock.anchors or synced


@given(clocks, millis, millis)
def test_within_one_anchor_the_order_and_distance_of_records_is_kept(clock: BootClock, one: int, other: int) -> None:
    anchor = anchor_at(clock.anchors, one)
    possible = anchor is not None and is_possible(max(one, other) + anchor.offset_ms, NOW)
    if possible and anchor == anchor_at(clock.anchors, other):
        assert at(clock, mono_ms=one).at_ms - at(clock, mono_ms=other).at_ms == one - other
