"""The city asks, the citizen adds: two complaints that know of each other, and the first goes on where it was."""

import json
from pathlib import Path

import pytest

from tests.support.desk import complaint, file_complaint, log, site


def test_a_question_is_shown_at_the_kiosk_and_what_the_citizen_adds_brings_it_back_to_where_it_was(
    center_data: Path,
) -> None:
    from center.complaints import steps
    from center.complaints.asking import followers
    from center.operations.models import Downlink

    site("opd-dlh")
    one = file_complaint(center_data)
    steps.route(one, "opd-dlh", actor="sari")
    steps.ask(one, "Di RT berapa?", actor="budi")
    asked = complaint(one)
    assert (asked.status, asked.due_for) == ("on_hold", "asked")
    assert asked.asked_ms is not None
    question = json.loads(Downlink.objects.order_by("-created_ms", "-id").first().body)  # type: ignore[union-attr]
    assert (question["ask"], question["text"]) == (True, "Di RT berapa?")
    more = file_complaint(center_data, follows=one)
    back = complaint(one)
    assert (back.status, back.asked_ms, back.due_for) == ("routed", None, "follow_up")
    assert log(one)[-2:] == [("added", "on_hold", more), ("status", "routed", "")]
    assert [row.pk for row in followers(back)] == [more]


@pytest.mark.parametrize("before", ["received", "verified", "in_progress", "reopened"])
def test_it_comes_back_to_any_status_it_was_in_or_to_verified(center_data: Path, before: str) -> None:
    from center.complaints import steps

    one = file_complaint(center_data)
    if before == "reopened":
        steps.answer(one, "Selesai.", actor="sari")
    if before != "received":
        steps.move(one, before, actor="sari")
    steps.ask(one, "Kapan?", actor="sari")
    file_complaint(center_data, follows=one)
    assert complaint(one).status == (before if before in {"verified", "in_progress"} else "verified")


def test_a_word_against_an_answer_takes_the_complaint_up_again(center_data: Path) -> None:
    from center.complaints import steps

    answered, closed, prank = (file_complaint(center_data) for _ in range(3))
    steps.answer(answered, "Sudah.", actor="sari")
    steps.close(closed, "resolved", actor="sari")
    steps.archive(prank, "prank", actor="sari")
    for one in (answered, closed, prank):
        file_complaint(center_data, follows=one)
    assert [complaint(one).status for one in (answered, closed, prank)] == ["reopened", "reopened", "archived"]
    assert complaint(closed).closed_ms is None
    assert log(prank)[-1][0] == "added"


def test_what_follows_may_arrive_before_what_it_follows(center_data: Path) -> None:
    earlier = "01890a5d-ac96-774b-bcce-b302099a8057"
    more = file_complaint(center_data, follows=earlier)
    file_complaint(center_data, service_request_id=earlier)
    assert log(earlier) == [("received", "received", "web"), ("added", "received", more)]


def test_a_complaint_that_follows_itself_or_nothing_is_a_complaint_like_any(center_data: Path) -> None:
    own = "01890a5d-ac96-774b-bcce-b302099a8057"
    file_complaint(center_data, service_request_id=own, follows=own)
    assert log(own) == [("received", "received", "web")]


def test_the_same_addition_projected_again_is_not_added_again(center_data: Path) -> None:
    from center.complaints.receiving import receive_complaint
    from tests.support.desk import centre_key, sealed
    from wire import voices

    one = file_complaint(center_data)
    more = file_complaint(center_data, follows=one)
    before = log(one)
    row = complaint(more)
    body = voices.Complaint(more, row.code, "aduan", row.place, "real", (), False, sealed(centre_key(center_data)),
                            "web", "c" * 16, follows=one)  # fmt: skip
    columns = {name: getattr(row, name) for name in ("node", "epoch", "seq", "boot", "mono_ms", "wall_ms", "at_ms",
                                                     "at_quality", "received_ms")}  # fmt: skip
    assert not receive_complaint(body, {**columns, "epoch": "epoch-2"}, row.received_ms)
    assert log(one) == before
