"""A flood of pranks is put away in one go and can be brought back; what officers say of suggestions is counted."""

from pathlib import Path

import pytest

from tests.support.desk import NODE, complaint, file_complaint, log, now_ms

OTHER = "kel-3673011002"


def flood(data: Path, count: int = 4) -> list[str]:
    return sorted(file_complaint(data, classification="prank_suspect") for _ in range(count))


def window(**fields: object) -> dict[str, object]:
    return {"node": NODE, "from_ms": now_ms() - 3_600_000, "until_ms": now_ms() + 3_600_000, **fields}


def test_a_flood_is_counted_first_and_only_what_was_counted_is_put_away(center_data: Path) -> None:
    from center.complaints import bulk
    from center.complaints.models import Complaint

    pranks = flood(center_data)
    file_complaint(center_data)
    file_complaint(center_data, classification="prank_suspect", node=OTHER)
    rows = Complaint.objects.all()
    selection = bulk.Selection(**window(classification="prank_suspect"))  # type: ignore[arg-type]
    shown = bulk.preview(rows, selection, "archived", "prank")
    assert (sorted(shown.ids), shown.refused, shown.urgent) == (pranks, (), 0)
    assert Complaint.objects.filter(status="archived").count() == 0
    done = bulk.apply(rows, selection, "archived", "prank", digest=shown.digest, actor="sari")
    assert sorted(done.ids) == pranks
    assert Complaint.objects.filter(status="archived", closed_reason="prank").count() == 4
    assert all(log(one)[1:] == [("closed", "archived", "prank")] for one in pranks)


def test_what_arrives_between_counting_and_doing_is_not_taken_along(center_data: Path) -> None:
    from center.complaints import bulk
    from center.complaints.errors import StepError
    from center.complaints.models import Complaint

    flood(center_data, 2)
    selection = bulk.Selection(**window())  # type: ignore[arg-type]
    rows = Complaint.objects.all()
    shown = bulk.preview(rows, selection, "archived", "prank")
    late = file_complaint(center_data, urgent=True)
    with pytest.raises(StepError) as refused:
        bulk.apply(rows, selection, "archived", "prank", digest=shown.digest, actor="sari")
    assert refused.value.code == "unseen"
    assert Complaint.objects.filter(status="received").count() == 3
    shown = bulk.preview(rows, bulk.Selection(ids=(late,)), "archived", "prank")
    assert shown.urgent == 1


def test_a_colleagues_step_in_between_refuses_all_of_it(center_data: Path) -> None:
    from center.complaints import bulk, steps
    from center.complaints.errors import StepError
    from center.complaints.models import Complaint

    pranks = flood(center_data, 3)
    selection, rows = bulk.Selection(ids=tuple(pranks)), Complaint.objects.all()
    shown = bulk.preview(rows, selection, "archived", "prank")
    steps.verify(pranks[1], actor="budi")
    with pytest.raises(StepError):
        bulk.apply(rows, selection, "archived", "prank", digest=shown.digest, actor="sari")
    assert Complaint.objects.filter(status="archived").count() == 0


def test_undoing_reopens_what_nobody_has_touched_since(center_data: Path) -> None:
    from center.complaints import bulk, steps
    from center.complaints.errors import StepError
    from center.complaints.models import Complaint

    pranks = flood(center_data, 3)
    rows, selection = Complaint.objects.all(), bulk.Selection(ids=tuple(pranks))
    shown = bulk.preview(rows, selection, "closed", "prank")
    done = bulk.apply(rows, selection, "closed", "prank", digest=shown.digest, actor="sari")
    steps.reopen(pranks[0], actor="budi")
    steps.close(pranks[0], "resolved", actor="budi")
    assert sorted(bulk.undo(rows, done.label, actor="sari")) == pranks[1:]
    assert [complaint(one).status for one in pranks] == ["closed", "reopened", "reopened"]
    for label in (done.label, "b-nothing", "", "x"):
        with pytest.raises(StepError) as refused:
            bulk.undo(rows, label, actor="sari")
        assert refused.value.code == "late"


def test_what_a_colleague_moves_in_that_very_moment_is_left_alone_and_said(
    center_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.complaints import bulk, steps
    from center.complaints.models import Complaint

    pranks = flood(center_data, 7)
    move = bulk.move

    def interrupted(one: str, *words: object, **named: object) -> object:
        if one == pranks[0]:
            steps.verify(pranks[6], actor="budi")
        return move(one, *words, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(bulk, "move", interrupted)
    rows, selection = Complaint.objects.all(), bulk.Selection(ids=tuple(pranks))
    shown = bulk.preview(rows, selection, "archived", "prank")
    done = bulk.apply(rows, selection, "archived", "prank", digest=shown.digest, actor="sari")
    assert (done.ids, done.left) == (tuple(pranks[:6]), (pranks[6],))
    assert complaint(pranks[6]).status == "verified"


def test_nothing_beyond_an_officers_reach_is_counted_or_moved(center_data: Path) -> None:
    from center.complaints import bulk
    from center.complaints.errors import StepError
    from center.complaints.models import Complaint

    theirs = file_complaint(center_data, node=OTHER)
    mine = Complaint.objects.filter(place=NODE)
    with pytest.raises(StepError) as refused:
        bulk.preview(mine, bulk.Selection(ids=(theirs,)), "archived", "prank")
    assert refused.value.code == "unseen"


def test_a_reason_that_is_none_for_this_end_is_refused_before_anything_is_counted(center_data: Path) -> None:
    from center.complaints import bulk
    from center.complaints.models import Complaint
    from center.core.complaint_cycle import LifeCycleError

    flood(center_data, 1)
    for status, reason in (("archived", "resolved"), ("archived", ""), ("solved", ""), ("verified", "prank")):
        with pytest.raises(LifeCycleError):
            bulk.preview(Complaint.objects.all(), bulk.Selection(**window()), status, reason)  # type: ignore[arg-type]


def test_an_officers_class_stands_beside_the_suggestion_and_both_are_counted(center_data: Path) -> None:
    from center.complaints.classes import correct_class, overturns
    from center.complaints.errors import StepError

    pranks = flood(center_data, 3)
    real = file_complaint(center_data)
    file_complaint(center_data)
    file_complaint(center_data, category="ppid")
    assert correct_class(pranks[0], "real", actor="sari")
    assert not correct_class(pranks[0], "real", actor="sari")
    assert correct_class(pranks[1], "prank_suspect", actor="sari")
    assert correct_class(real, "ghost", actor="sari")
    assert correct_class(real, "information", actor="sari")
    with pytest.raises(StepError):
        correct_class(real, "angry", actor="sari")
    found = overturns(0, now_ms() + 1000)
    assert found.matrix == {
        ("prank_suspect", "real"): 1, ("prank_suspect", "prank_suspect"): 1, ("real", "information"): 1,
    }  # fmt: skip
    assert (found.judged, found.overturned, found.unjudged) == (3, 2, 2)
    assert overturns(0, now_ms() + 1000, {OTHER}).judged == 0
    assert complaint(pranks[0]).classification == "prank_suspect"
    assert log(real)[1:] == [("class", "received", "ghost"), ("class", "received", "information")]
    assert complaint(real).due_for == "verification"
