"""Between which bounds something happened, by what is known of its boot's clock."""

from hypothesis import given
from hypothesis import strategies as st

from center.core.dating import DELIVERY_MS, FAR_MS, bounds, meet, within
from center.core.facts import When
from center.core.times import Anchor, BootClock, derive

OFFSET = 1_795_000_000_000


def test_an_anchor_bounds_by_its_error_rounded_up() -> None:
    assert bounds(BootClock((Anchor(0, OFFSET, 2.1),)), 1000) == When(OFFSET + 997, OFFSET + 1003)


def test_an_anchor_that_puts_it_after_its_arrival_is_not_believed() -> None:
    clock = BootClock((Anchor(0, OFFSET + 3_600_000),), not_before_ms=OFFSET - 5000)
    assert bounds(clock, 1000, received_ms=OFFSET) == When(OFFSET - 5000, OFFSET)


def test_a_clock_that_lies_gives_way_to_an_anchor_of_the_boot_that_does_not() -> None:
    """For half an hour a wrong time server said -7 h; live records say when the boot was."""
    lie, honest = Anchor(0, OFFSET - 7 * 3_600_000, 20.0), Anchor(1_800_000, OFFSET, 20.0)
    clock = BootClock((lie, honest), ceiling_ms=OFFSET + 300)
    assert bounds(clock, 60_000) == When(OFFSET + 60_000 - 20, OFFSET + 60_000 + 20)
    assert bounds(clock, 2_000_000) == When(OFFSET + 2_000_000 - 20, OFFSET + 2_000_000 + 20)


def test_where_the_only_anchor_is_ahead_of_what_arrived_either_may_be_right() -> None:
    clock = BootClock((Anchor(0, OFFSET + 30_000, 20.0),), ceiling_ms=OFFSET)
    assert bounds(clock, 0) == When(OFFSET - DELIVERY_MS, OFFSET + 30_020)


def test_an_anchor_stands_when_nothing_was_delivered_live() -> None:
    """A day of backlog came ten minutes late: the ceiling is no better than that."""
    clock = BootClock((Anchor(0, OFFSET - 600_000, 20.0),), ceiling_ms=OFFSET)
    assert bounds(clock, 0) == When(OFFSET - 600_020, OFFSET - 599_980)


def test_clocks_that_differ_by_less_than_a_second_do_not_contradict_each_other() -> None:
    clock = BootClock((Anchor(0, OFFSET, 20.0),), ceiling_ms=OFFSET - 900)
    assert bounds(clock, 0) == When(OFFSET - 20, OFFSET + 20)


def test_the_ceiling_bounds_to_one_delivery_and_never_after_arrival() -> None:
    clock = BootClock(ceiling_ms=OFFSET)
    assert bounds(clock, 1000) == When(OFFSET + 1000 - DELIVERY_MS, OFFSET + 1000)
    assert bounds(clock, 1000, received_ms=OFFSET + 500) == When(OFFSET + 1000 - DELIVERY_MS, OFFSET + 500)


def test_a_boot_without_a_clock_lies_between_its_neighbours() -> None:
    clock = BootClock(not_before_ms=OFFSET, not_after_ms=OFFSET + 60_000)
    assert bounds(clock, 5) == When(OFFSET, OFFSET + 60_000)
    assert bounds(clock, 5, received_ms=OFFSET + 9) == When(OFFSET, OFFSET + 9)
    assert bounds(BootClock(), 5) == When(0, FAR_MS)


times = st.integers(0, 10**7)
clocks = st.builds(
    BootClock,
    st.lists(st.builds(Anchor, times, st.integers(OFFSET, OFFSET + 1000), st.floats(0, 500)), max_size=1).map(
        lambda anchors: tuple(sorted(anchors, key=lambda anchor: anchor.mono_ms))
    ),
    st.none() | st.integers(OFFSET, OFFSET + 10_000),
    st.none() | st.integers(OFFSET - 10**6, OFFSET),
    st.none() | st.integers(OFFSET, OFFSET + 10**7),
)


@given(clocks, times, st.integers(0, 10**8))
def test_the_best_account_lies_within_the_bounds(clock: BootClock, mono_ms: int, later_ms: int) -> None:
    received_ms = OFFSET + mono_ms + later_ms
    found = bounds(clock, mono_ms, received_ms)
    best = derive(clock, mono_ms=mono_ms, wall_ms=0, synced=False, received_ms=received_ms)
    assert found.lo_ms <= found.hi_ms
    assert found.lo_ms <= best.at_ms <= found.hi_ms


whens = st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda pair: When(min(pair), max(pair)))


@given(whens, whens, st.integers(0, 50))
def test_two_accounts_leave_what_both_allow_or_where_they_contradict_all_that_either_does(
    one: When, other: When, at: int
) -> None:
    found = meet(one, other)
    both = one.lo_ms <= at <= one.hi_ms and other.lo_ms <= at <= other.hi_ms
    contradict = one.hi_ms < other.lo_ms or other.hi_ms < one.lo_ms
    assert (found.lo_ms <= at <= found.hi_ms) >= both
    assert contradict or (found.lo_ms <= at <= found.hi_ms) == both


@given(whens, st.integers(0, 50), st.integers(0, 50))
def test_a_moment_pushed_into_a_stretch_lies_in_it(moment: When, start: int, length: int) -> None:
    found = within(moment, start, start + length)
    assert start <= found.lo_ms <= found.hi_ms <= start + length
