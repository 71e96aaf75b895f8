"""Every act of the desk: what it changes, the one entry it leaves, and what goes back to the kiosk."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nacl.public import PrivateKey, SealedBox

from tests.support.desk import NODE, complaint, file_complaint, log, now_ms, site
from wire import voices
from wire.seal import box_bytes


def owed() -> list[dict[str, Any]]:
    """The replies on their way, oldest first."""
    from center.operations.models import Downlink

    return [json.loads(row.body) for row in Downlink.objects.filter(leaf="reply").order_by("created_ms", "id")]


def values(request_id: str) -> dict[str, Any]:
    """Every column of a complaint."""
    row = complaint(request_id)
    return {field.name: getattr(row, field.name) for field in row._meta.fields}


def test_the_straight_way_leaves_one_entry_and_one_word_to_the_kiosk_per_step(center_data: Path) -> None:
    from center.complaints import steps

    site("opd-dpupr")
    one = file_complaint(center_data)
    assert steps.verify(one, actor="sari")
    assert steps.route(one, "opd-dpupr", actor="sari")
    assert steps.take_up(one, actor="budi")
    assert steps.answer(one, "Jembatan diperbaiki Senin.", actor="budi")
    assert steps.close(one, "resolved", actor="budi")
    assert log(one) == [
        ("received", "received", "web"),
        ("status", "verified", ""),
        ("routed", "routed", "opd-dpupr"),
        ("status", "in_progress", ""),
        ("status", "answered", ""),
        ("closed", "closed", "resolved"),
    ]
    row = complaint(one)
    assert (row.agency, row.closed_reason) == ("opd-dpupr", "resolved")
    assert row.first_answer_ms <= row.closed_ms == row.changed_ms
    assert (row.due_ms, row.due_for) == (None, "")
    assert [(one["status"], one["step"]) for one in owed()] == [
        ("verified", "verified"), ("verified", "routed"), ("in_progress", "in_progress"),
        ("answered", "answered"), ("closed", "closed"),
    ]  # fmt: skip


def test_an_answer_travels_sealed_to_the_ticket_and_the_desk_keeps_its_own_copy(center_data: Path) -> None:
    from center.complaints import steps
    from center.complaints.models import Event
    from center.operations.models import Downlink

    key = PrivateKey.generate()
    one = file_complaint(center_data, reply_key=base64.b64encode(bytes(key.public_key)).decode())
    steps.answer(one, "Pak Wiryo akan dihubungi.", actor="sari")
    steps.close(one, "resolved", actor="sari")
    bodies = [row.body for row in Downlink.objects.order_by("created_ms", "id")]
    assert not any("Wiryo" in body for body in bodies)
    reply = voices.Reply(**{**json.loads(bodies[0]), "sealed": None})
    assert (reply.text, reply.step) == ("", "answered")
    box = voices.SealedBox(**json.loads(bodies[0])["sealed"])
    assert SealedBox(key).decrypt(box_bytes(box)).decode() == "Pak Wiryo akan dihubungi."
    assert "sealed" not in json.loads(bodies[1])
    assert Event.objects.get(status="answered").detail == "Pak Wiryo akan dihubungi."


def test_a_key_that_nothing_can_be_sealed_to_stops_no_answer_and_makes_none_readable(center_data: Path) -> None:
    from center.complaints import steps
    from center.complaints.models import Event

    one = file_complaint(center_data, reply_key=base64.b64encode(bytes(32)).decode())
    assert steps.answer(one, "Pak Wiryo akan dihubungi.", actor="sari")
    (reply,) = owed()
    assert (reply["step"], reply["text"], "sealed" in reply) == ("answered", "", False)
    assert Event.objects.get(status="answered").detail == "Pak Wiryo akan dihubungi."


def test_what_was_not_filed_at_a_node_is_answered_without_a_downlink(center_data: Path) -> None:
    from center.complaints import steps
    from center.complaints.manual import Entry, enter
    from tests.support.desk import centre_key

    centre_key(center_data)
    one = enter(Entry("phone112", "aduan", "Pohon tumbang"), actor="sari").service_request_id
    assert steps.answer(one, "Sudah disingkirkan.", actor="sari") is None
    assert complaint(one).status == "answered"
    assert owed() == []


def test_words_among_colleagues_are_an_entry_of_their_own_and_never_travel(center_data: Path) -> None:
    from center.complaints import notes, steps
    from center.complaints.log import TOLD
    from center.complaints.models import Event

    site("opd-dlh")
    one = file_complaint(center_data)
    steps.route(one, "opd-dlh", actor="sari", note="pelapor sering salah alamat", text="Diteruskan ke DLH.")
    steps.hold(one, actor="sari", reason="menunggu alat berat", until_ms=None)
    notes.add_note(one, "sudah ditelepon", actor="budi")
    told = list(Event.objects.filter(kind__in=TOLD).exclude(detail="").values_list("detail", flat=True))
    assert told == ["Diteruskan ke DLH."]
    assert Event.objects.filter(kind="note").count() == 3
    assert not any("alat" in json.dumps(one) or "salah alamat" in json.dumps(one) for one in owed())


def test_the_desk_may_say_more_without_moving_and_saying_nothing_is_nothing(center_data: Path) -> None:
    from center.complaints import services, steps

    one = file_complaint(center_data)
    steps.answer(one, "Segera.", actor="sari")
    assert steps.answer(one, "Besok pagi.", actor="sari")
    assert services.advance(one, "answered", actor="sari") is None
    assert log(one)[1:] == [("status", "answered", ""), ("told", "answered", "")]


def test_another_reason_for_an_end_is_an_end_in_the_log_and_may_be_the_first_answer(center_data: Path) -> None:
    from center.complaints import steps

    one = file_complaint(center_data)
    steps.close(one, "prank", actor="sari")
    ended_ms = complaint(one).closed_ms
    steps.close(one, "resolved", actor="sari")
    assert log(one)[1:] == [("closed", "closed", "prank"), ("closed", "closed", "resolved")]
    row = complaint(one)
    assert (row.closed_reason, row.closed_ms) == ("resolved", ended_ms)
    assert row.first_answer_ms == row.changed_ms
    assert [reply["closed_reason"] for reply in owed()] == ["prank", "resolved"]


def test_a_note_with_a_step_that_is_none_is_refused_not_dropped(center_data: Path) -> None:
    from center.complaints import steps
    from center.complaints.errors import StepError

    site("opd-dlh")
    one = file_complaint(center_data)
    steps.route(one, "opd-dlh", actor="sari")
    assert steps.route(one, "opd-dlh", actor="sari") is None
    with pytest.raises(StepError) as refused:
        steps.route(one, "opd-dlh", actor="sari", note="truk rusak, pakai yang lama")
    assert refused.value.code == "same"
    assert [kind for kind, _status, _about in log(one)] == ["received", "routed"]


def test_holding_until_a_day_says_so_in_the_log_and_is_due_then(center_data: Path) -> None:
    from center.complaints import steps

    one = file_complaint(center_data)
    until_ms = complaint(one).received_ms + 90 * 86_400_000
    steps.hold(one, actor="sari", reason="anggaran tahun depan", until_ms=until_ms)
    assert ("held", "on_hold", str(until_ms)) in log(one)
    assert (complaint(one).due_ms, complaint(one).due_for) == (until_ms, "held")


def test_a_duplicate_points_to_the_one_that_goes_on_and_reopening_forgets_that(center_data: Path) -> None:
    from center.complaints import steps
    from center.complaints.errors import StepError

    first, second, third = (file_complaint(center_data) for _ in range(3))
    steps.duplicate(second, first, actor="sari")
    steps.duplicate(third, second, actor="sari")
    assert (complaint(second).duplicate_of, complaint(third).duplicate_of) == (first, first)
    for of, code in ((first, "self"), (third, "self"), ("01890a5d-ac96-774b-bcce-b302099a8057", "other")):
        with pytest.raises(StepError) as refused:
            steps.duplicate(first, of, actor="sari")
        assert refused.value.code == code
    steps.reopen(second, actor="sari")
    assert complaint(second).duplicate_of == ""


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda steps, one: steps.route(one, "opd-tidakada", actor="sari"), "agency"),
        (lambda steps, one: steps.route(one, "", actor="sari"), "agency"),
        (lambda steps, one: steps.answer(one, "  ", actor="sari"), "text"),
        (lambda steps, one: steps.ask(one, "", actor="sari"), "text"),
        (lambda steps, one: steps.hold(one, actor="sari", reason=" "), "text"),
        (lambda steps, one: steps.not_ours(one, actor="sari", text=""), "text"),
        (lambda steps, one: steps.extend(one, "", actor="sari"), "text"),
        (lambda steps, one: steps.extend(one, "banyak", actor="sari"), "kind"),
        (lambda steps, one: steps.verify(one, actor="sari", seen="routed"), "moved"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_code_and_changes_nothing(
    center_data: Path, act: Callable[[Any, str], None], code: str
) -> None:
    from center.complaints import steps
    from center.complaints.errors import StepError

    one = file_complaint(center_data)
    before = values(one)
    with pytest.raises(StepError) as refused:
        act(steps, one)
    assert refused.value.code == code
    assert values(one) == before
    assert log(one) == [("received", "received", "web")]
    assert owed() == []


def test_an_answer_that_a_colleague_overtook_is_not_given_twice(center_data: Path) -> None:
    from center.complaints import steps
    from center.complaints.errors import StepError

    one = file_complaint(center_data)
    steps.answer(one, "Dari Sari.", actor="sari", seen="received")
    with pytest.raises(StepError) as refused:
        steps.answer(one, "Dari Budi.", actor="budi", seen="received")
    assert refused.value.code == "moved"
    assert len(owed()) == 1


def test_a_request_for_information_is_extended_once_with_a_reason_the_applicant_reads(center_data: Path) -> None:
    from center.complaints import steps
    from center.complaints.errors import StepError
    from center.complaints.models import Complaint

    one = file_complaint(center_data, category="ppid")
    before_ms = complaint(one).due_ms
    steps.verify(one, actor="sari")
    assert (complaint(one).due_ms, complaint(one).due_for) == (before_ms, "ppid")
    late = file_complaint(center_data, category="ppid")
    Complaint.objects.filter(pk=late).update(due_ms=now_ms() - 1)
    with pytest.raises(StepError) as refused:
        steps.extend(late, "Masih mencari.", actor="sari")
    assert refused.value.code == "kind" and not complaint(late).extended
    steps.extend(one, "Dokumen ada di arsip luar kota.", actor="sari")
    assert complaint(one).due_ms >= before_ms + 7 * 86_400_000
    assert owed()[-1]["text"] == "Dokumen ada di arsip luar kota."
    assert complaint(one).changed_ms == owed()[-1]["at_ms"]
    with pytest.raises(StepError) as refused:
        steps.extend(one, "Lagi.", actor="sari")
    assert refused.value.code == "extended"
    steps.answer(one, "Terlampir.", actor="sari")
    steps.reopen(one, actor="sari", reason="keberatan pemohon")
    assert complaint(one).due_for == "objection"
    assert log(one)[2:] == [
        ("extended", "verified", ""),
        ("status", "answered", ""),
        ("reopened", "reopened", ""),
        ("note", "reopened", ""),
    ]


def test_a_late_receipt_of_an_earlier_answer_moves_no_term(center_data: Path) -> None:
    from center.complaints import notes, steps
    from center.complaints.deadlines import recompute_all
    from center.operations.models import Downlink

    one = file_complaint(center_data)
    steps.verify(one, actor="sari")
    body = Downlink.objects.get().body
    steps.answer(one, "Selesai.", actor="sari")
    notes.note_receipt(body, node=NODE, outcome="done", at_ms=complaint(one).changed_ms + 5)
    assert log(one)[-1] == ("delivered", "verified", "done")
    due = (complaint(one).due_ms, complaint(one).due_for)
    assert recompute_all() == 0
    assert (complaint(one).due_ms, complaint(one).due_for) == due
    assert due[1] == "auto_close"
