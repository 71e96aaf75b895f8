"""The steps a complaint can take."""

import pytest

from center.core.complaint_cycle import (
    BY_NAME,
    CYCLE,
    ENDED,
    STATUSES,
    TRANSITIONS,
    WAITING,
    LifeCycleError,
    check_step,
    event_kind,
    reason_for,
    stays,
    wire_status,
)
from wire.voices import Reply


@pytest.mark.parametrize("end", ENDED)
def test_every_open_status_can_end_in_every_way_with_a_reason_and_none_without(end: str) -> None:
    for before in set(STATUSES) - set(ENDED):
        for reason in BY_NAME[end].reasons:
            check_step(before, end, reason)
        with pytest.raises(LifeCycleError, match="reason"):
            check_step(before, end, "")


@pytest.mark.parametrize("end", ENDED)
def test_whatever_has_ended_can_be_reopened_and_that_has_its_own_name(end: str) -> None:
    for after in ("in_progress", "reopened"):
        check_step(end, after, "")
        assert event_kind(end, after) == "reopened"
    assert event_kind("answered", "reopened") == "reopened"


def test_nothing_goes_back_to_received() -> None:
    assert not any("received" in after for after in TRANSITIONS.values())


def test_every_step_of_the_table_leads_to_a_status_of_the_table() -> None:
    assert {name for step in CYCLE for name in step.next} <= set(STATUSES)


def test_every_status_waits_has_been_answered_or_has_ended() -> None:
    assert set(WAITING) | {"answered"} | set(ENDED) == set(STATUSES)


def test_every_status_is_one_of_the_words_an_old_kiosk_knows() -> None:
    words = Reply.__annotations__["status"].__args__
    assert {wire_status(status) for status in STATUSES} == set(words)


def test_an_impossible_step_says_which_ones_are_possible() -> None:
    with pytest.raises(LifeCycleError, match="closed, duplicate, in_progress"):
        check_step("answered", "verified", "")
    with pytest.raises(LifeCycleError, match="unknown status"):
        check_step("received", "solved", "")


def test_only_what_has_ended_has_a_closing_reason_and_only_one_of_its_own() -> None:
    with pytest.raises(LifeCycleError, match="only a closed"):
        check_step("received", "verified", "resolved")
    with pytest.raises(LifeCycleError, match="one of duplicate"):
        check_step("received", "duplicate", "resolved")


def test_the_only_reason_there_is_need_not_be_said() -> None:
    assert (reason_for("not_ours", ""), reason_for("duplicate", "")) == ("other_agency", "duplicate")
    assert (reason_for("closed", ""), reason_for("closed", "withdrawn")) == ("", "withdrawn")
    assert reason_for("verified", "") == ""


def test_staying_is_offered_beside_the_steps() -> None:
    assert stays("closed") == ("in_progress", "reopened", "closed")
