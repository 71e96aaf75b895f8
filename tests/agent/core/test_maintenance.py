"""A technician's stay: its length, its end, and what a new boot makes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.clock import Stamp
from agent.core.maintenance import (
    LONGEST_MS,
    SHORTEST_MS,
    DurationError,
    Stay,
    begin,
    carried_over,
    parse_duration,
)
from wire.shape import replace

HOUR_MS = 3_600_000
NOW = Stamp("boot-1", "run-1", 5_000_000, 1_760_000_000_000, True)


def later(by_ms: int, **changes: object) -> Stamp:
    return replace(NOW, mono_ms=NOW.mono_ms + by_ms, wall_ms=NOW.wall_ms + by_ms, **changes)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("2h", 120), ("90m", 90), ("1h30m", 90), ("2 jam", 120), ("1 jam 15 menit", 75), (" 45 MNT ", 45), ("3j", 180)],
)
def test_a_duration_is_read_as_technicians_write_it(text: str, minutes: int) -> None:
    assert parse_duration(text) == minutes * 60_000


@pytest.mark.parametrize("text", ["", "2", "0m", "13h", "-1h", "2 hari", "1h 1h 1h", "٢h", "h", "2h;rm", "99999m"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(DurationError):
        parse_duration(text)


@given(st.text(max_size=30))
def test_no_text_gives_a_length_outside_the_bounds(text: str) -> None:
    try:
        lasts_ms = parse_duration(text)
    except DurationError:
        return
    assert SHORTEST_MS <= lasts_ms <= LONGEST_MS


def test_a_stay_ends_by_itself() -> None:
    stay = begin(None, NOW, HOUR_MS, by="budi")
    assert stay.lasts(later(HOUR_MS - 1))
    assert not stay.lasts(later(HOUR_MS))


def test_begun_again_it_keeps_its_beginning_and_what_is_not_said_anew() -> None:
    stay = begin(None, NOW, HOUR_MS, by="budi", ticket="T-1", note="kabel")
    longer = begin(stay, later(HOUR_MS // 2), 2 * HOUR_MS, by="siti", note="router")
    assert (longer.since_mono_ms, longer.until_mono_ms) == (NOW.mono_ms, NOW.mono_ms + HOUR_MS // 2 + 2 * HOUR_MS)
    assert (longer.by, longer.ticket, longer.note) == ("siti", "T-1", "router")


def test_begun_after_its_end_it_is_a_new_one() -> None:
    stay = begin(None, NOW, HOUR_MS, ticket="T-1")
    again = begin(stay, later(2 * HOUR_MS), HOUR_MS)
    assert (again.since_mono_ms, again.ticket) == (NOW.mono_ms + 2 * HOUR_MS, "")


def test_it_lasts_no_longer_than_a_day_of_work() -> None:
    for lasts_ms in (LONGEST_MS + 1, SHORTEST_MS - 1, 0, -1):
        with pytest.raises(DurationError):
            begin(None, NOW, lasts_ms)


def test_a_new_boot_goes_on_with_what_is_left_by_the_wall_clock() -> None:
    stay = begin(None, NOW, 2 * HOUR_MS)
    rebooted = replace(later(HOUR_MS), boot="boot-2", mono_ms=20_000)
    carried = carried_over(stay, rebooted)
    assert carried is not None
    assert (carried.boot, carried.since_mono_ms, carried.until_mono_ms) == ("boot-2", 20_000, 20_000 + HOUR_MS)


@pytest.mark.parametrize("wall_ms", [0, NOW.wall_ms - 1, NOW.wall_ms + 2 * HOUR_MS, NOW.wall_ms + 10**11])
def test_a_new_boot_whose_clock_went_back_or_past_the_end_ends_it(wall_ms: int) -> None:
    stay = begin(None, NOW, 2 * HOUR_MS)
    assert carried_over(stay, Stamp("boot-2", "run-2", 20_000, wall_ms, False)) is None


@given(st.integers(0, 2**50), st.integers(0, 2**50), st.integers(0, 2**50), st.integers(0, 2**50))
def test_no_file_can_make_a_stay_that_lasts_longer_than_the_bound(since: int, until: int, wall: int, end: int) -> None:
    carried = carried_over(Stay("boot-0", since, until, wall, end), NOW)
    assert carried is None or 0 < carried.until_mono_ms - NOW.mono_ms <= LONGEST_MS


def test_a_clock_that_is_set_later_ends_a_stay_that_was_over_while_the_box_was_off() -> None:
    stay = begin(None, NOW, 2 * HOUR_MS)
    stale = Stamp("boot-2", "run-2", 20_000, NOW.wall_ms + 60_000, False)  # no clock of its own: as it was switched off
    carried = carried_over(stay, stale)
    assert carried is not None
    assert carried.lasts(stale)
    assert carried.lasts(replace(stale, synced=True))
    assert not carried.lasts(replace(stale, synced=True, wall_ms=NOW.wall_ms + 10 * HOUR_MS))
    never_set = carried_over(begin(None, replace(NOW, synced=False), 2 * HOUR_MS), stale)
    assert never_set is not None
    assert never_set.lasts(replace(stale, synced=True, wall_ms=NOW.wall_ms + 10 * HOUR_MS))
