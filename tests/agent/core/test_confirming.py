"""When a configuration on trial stays, and when it goes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.confirming import OF_A_CONFIGURATION, STAYS, WAIT, WATCHED_MS, Room, Trial, judge
from wire.warnings import WARNINGS

TRIAL = Trial(began_ms=1000, deadline_ms=301_000, within_ms=300_000)


def test_it_waits_for_the_answer() -> None:
    assert judge(TRIAL, 2000, "waits", ()) == WAIT
    assert judge(TRIAL, 300_999, "waits", ()) == WAIT


def test_it_stays_once_answered_and_watched() -> None:
    assert judge(TRIAL, 1000 + WATCHED_MS - 1, "done", ()) == WAIT
    assert judge(TRIAL, 1000 + WATCHED_MS, "done", ()) == STAYS


def test_an_answer_that_is_seen_late_counts_all_the_same() -> None:
    assert judge(TRIAL, 900_000, "done", ()) == STAYS


def test_without_an_answer_it_goes_back_at_its_deadline() -> None:
    assert judge(TRIAL, 301_000, "waits", ()).code == "unconfirmed"
    assert judge(TRIAL, 301_000, "lost", ()).code == "unconfirmed"


@pytest.mark.parametrize(("warning", "code"), list(OF_A_CONFIGURATION.items()))
def test_what_became_wrong_meanwhile_is_stronger_than_an_answer(warning: str, code: str) -> None:
    judged = judge(TRIAL, 200_000, "done", {warning, "uplink_down"})
    assert (judged.what, judged.code, judged.detail) == ("back", code, warning)
    assert warning in WARNINGS


def test_what_was_wrong_before_is_not_held_against_it() -> None:
    before = Trial(1000, 301_000, 300_000, before=("disk_reserve",))
    assert judge(before, 200_000, "done", {"disk_reserve"}) == STAYS


@pytest.mark.parametrize(
    ("before", "free", "total", "eats"),
    [
        (1300, 270, 2000, True),
        (1300, 700, 2000, False),  # half of it is still there
        (1700, 720, 2000, True),  # the reserve takes half of a disk, however much is wanted
        (6000, 5400, 8000, False),
        (100, 90, 2000, False),  # it was nearly full before
        (0, 0, 2000, False),  # nobody looked before
        (900, 0, 1000, True),
    ],
)
def test_what_takes_most_of_the_room_goes_back(before: int, free: int, total: int, eats: bool) -> None:
    trial = Trial(1000, 301_000, 300_000, free_before_mb=before)
    judged = judge(trial, 200_000, "done", (), Room(free, total))
    assert (judged.code == "disk") is eats
    assert judged == STAYS or str(free) in judged.detail


def test_a_short_trial_is_watched_for_half_of_it() -> None:
    short = Trial(began_ms=0, deadline_ms=30_000, within_ms=30_000)
    assert judge(short, 14_999, "done", ()) == WAIT
    assert judge(short, 15_000, "done", ()) == STAYS


@given(
    now=st.integers(0, 2**40),
    fate=st.sampled_from(["waits", "done", "lost"]),
    warnings=st.sets(st.sampled_from(sorted(WARNINGS)), max_size=4),
    within=st.integers(30_000, 3_600_000),
)
def test_after_its_time_no_trial_is_left_open(now: int, fate: str, warnings: set[str], within: int) -> None:
    trial = Trial(0, within, within)
    judged = judge(trial, now, fate, warnings)
    assert judged.what != "wait" or now < within
    assert judged.what != "stays" or fate == "done"
