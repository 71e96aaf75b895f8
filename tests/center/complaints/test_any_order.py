"""Any steps in any order, held against a model that shares no code with the desk: the invariants of a complaint."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.desk import complaint, file_complaint, log, now_ms, site
from tests.support.torture import often

ENDS = {
    "closed": ["resolved", "information", "duplicate", "prank", "ghost", "other_agency", "withdrawn", "no_reply"],
    "not_ours": ["other_agency"],
    "duplicate": ["duplicate"],
    "archived": ["prank", "ghost", "withdrawn", "no_reply"],
}
REASONS = sorted({reason for reasons in ENDS.values() for reason in reasons})
OPEN = ("received", "verified", "routed", "in_progress", "on_hold", "reopened", "answered")
ACTS = st.one_of(
    st.tuples(st.sampled_from(["verified", "in_progress", "answered", "reopened"]), st.sampled_from(["", "kata"])),
    st.tuples(st.just("route"), st.sampled_from(["opd-dlh", "opd-dpupr", "opd-tidakada"])),
    st.tuples(st.just("hold"), st.integers(0, 90)),
    st.tuples(st.just("ask"), st.just("Di mana?")),
    st.tuples(st.just("end"), st.tuples(st.sampled_from(sorted(ENDS)), st.sampled_from(REASONS))),
    st.tuples(st.just("class"), st.sampled_from(["real", "ghost", "angry"])),
    st.tuples(st.just("note"), st.sampled_from(["", "catatan"])),
    st.tuples(st.just("follow"), st.just("")),
    st.tuples(st.just("erase"), st.just("permintaan")),
)


def act(data: Path, one: str, what: str, with_: Any) -> str:
    """Do it; "" when it was refused as impossible, else the kind of act."""
    from center.complaints import classes, erasure, notes, steps
    from center.core.complaint_cycle import LifeCycleError

    try:
        if what == "route":
            steps.route(one, with_, actor="a")
        elif what == "hold":
            steps.hold(one, actor="a", reason="r", until_ms=now_ms() + with_ * 86_400_000 if with_ else None)
        elif what == "ask":
            steps.ask(one, with_, actor="a")
        elif what == "end":
            steps.move(one, with_[0], closed_reason=with_[1], actor="a")
        elif what == "class":
            classes.correct_class(one, with_, actor="a")
        elif what == "note":
            notes.add_note(one, with_, actor="a")
        elif what == "follow":
            file_complaint(data, follows=one)
        elif what == "erase":
            erasure.erase(one, actor="a", reason=with_)
        else:
            steps.move(one, what, text=with_, actor="a")
    except LifeCycleError:
        return ""
    return what


def check(one: str, before: dict[str, Any], entries: list[tuple[str, str, str]], done: str) -> None:
    """What must be true of a complaint after any act."""
    from center.complaints.models import Complaint

    row = complaint(one)
    after = log(one)
    assert after[: len(entries)] == entries, "the log is only ever appended to"
    if not done:
        assert {field: getattr(row, field) for field in before} == before
        assert after == entries
    if row.status in ENDS:
        assert row.closed_reason in ENDS[row.status]
        assert row.closed_ms is not None and row.closed_ms >= row.received_ms
        assert (row.due_ms, row.due_for) == (None, "")
    else:
        assert row.status in OPEN
        assert (row.closed_reason, row.closed_ms) == ("", None)
        assert row.due_ms is not None and row.due_for
    assert (row.asked_ms is None) or row.status == "on_hold"
    assert (row.due_for == "asked") == (row.asked_ms is not None)
    answers = {("status", "answered", ""), ("closed", "closed", "resolved"), ("closed", "closed", "information")}
    assert (row.first_answer_ms is None) == answers.isdisjoint(after)
    moves = [entry for entry in after if entry[0] in {"status", "routed", "held", "asked", "closed", "reopened"}]
    assert row.status == (moves[-1][1] if moves else "received")
    if done in {"verified", "in_progress", "answered", "reopened", "route", "hold", "ask", "end"}:
        new = [entry for entry in after[len(entries) :] if entry[0] != "note"]
        assert len(new) <= 1, "one step, one entry"
        assert bool(new) or row.status == before["status"]
    assert Counter(Complaint.objects.values_list("status", flat=True)).total() == Complaint.objects.count()
    assert (row.erased_ms is None) == bool(row.sealed)


def walk(data: Path, steps: list[tuple[str, Any]]) -> bool:
    """Whether what each step set is what the whole log says."""
    from center.complaints.deadlines import set_due

    for code in ("opd-dlh", "opd-dpupr"):
        site(code)
    one = file_complaint(data)
    fields = [field.name for field in complaint(one)._meta.fields]
    for what, with_ in steps:
        row = complaint(one)
        before, entries = {name: getattr(row, name) for name in fields}, log(one)
        check(one, before, entries, act(data, one, what, with_))
    return not set_due(complaint(one))


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(ACTS, max_size=8))
def test_any_steps_in_any_order_leave_a_complaint_that_makes_sense(center_data: Path, steps: list[Any]) -> None:
    assert walk(center_data, steps)


@pytest.mark.full
@settings(max_examples=often(20, 60), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(ACTS, max_size=25))
def test_many_steps_in_any_order_leave_a_complaint_that_makes_sense(center_data: Path, steps: list[Any]) -> None:
    assert walk(center_data, steps)
