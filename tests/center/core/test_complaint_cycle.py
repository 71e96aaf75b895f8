"""The steps a complaint can take."""

import pytest

from center.core.complaint_cycle import CLOSED_REASONS, STATUSES, TRANSITIONS, LifeCycleError, check_step, event_kind


def test_every_status_can_be_closed_with_a_reason_and_none_without() -> None:
    for before in STATUSES:
        check_step(before, "closed", CLOSED_REASONS[0])
        with pytest.raises(LifeCycleError, match="reason"):
            check_step(before, "closed", "")


def test_a_closed_complaint_can_be_reopened_and_that_has_its_own_name() -> None:
    check_step("closed", "in_progress", "")
    assert event_kind("closed", "in_progress") == "reopened"


def test_nothing_goes_back_to_received() -> None:
    assert not any("received" in after for after in TRANSITIONS.values())


def test_an_impossible_step_says_which_ones_are_possible() -> None:
    with pytest.raises(LifeCycleError, match="closed, in_progress"):
        check_step("answered", "verified", "")
    with pytest.raises(LifeCycleError, match="unknown status"):
        check_step("received", "solved", "")


def test_only_a_closed_complaint_has_a_closing_reason() -> None:
    with pytest.raises(LifeCycleError, match="only a closed"):
        check_step("received", "verified", "resolved")
