"""What citizens typed goes, from every place it lay in, and what is counted stays."""

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.arrivals import picture_bytes, project_all, store_records
from tests.support.desk import (
    CONTACT,
    DAY_MS,
    NAME,
    NODE,
    PIN,
    SECRET,
    add_photo,
    centre_key,
    complaint,
    file_complaint,
    log,
    now_ms,
    sealed,
    site,
)
from tests.support.fleet import record

ANSWER, NOTE, WHY = "Bapak Wiryo dapat datang Senin", "anak pelapor kelas 3 SD 5", "permintaan pelapor"


def worked_on(data: Path) -> str:
    """A complaint with everything people can have written about it."""
    from center.complaints import notes, steps

    site("opd-dpupr")
    one = file_complaint(data, reasons=("word:rusak", "kutipan: Pak Wiryo marah"))
    add_photo(data, one, picture_bytes())
    notes.add_note(one, NOTE, actor="sari")
    steps.route(one, "opd-dpupr", actor="sari", note=NOTE, text=ANSWER)
    steps.answer(one, ANSWER, actor="budi")
    steps.close(one, "resolved", actor="budi", text=ANSWER)
    return one


def stored(data: Path) -> bytes:
    """The database as it lies on the disk, with what was deleted from it."""
    from center.ingest.database import checkpoint

    checkpoint()
    files = (data / "center.db", data / "center.db-wal")
    return b"".join(path.read_bytes() for path in files if path.exists())


def test_thirty_days_after_the_end_every_word_is_gone_and_every_number_is_there(center_data: Path) -> None:
    from center.complaints.disclosure import open_text, pin_fits
    from center.complaints.erasure import erase_due
    from center.complaints.errors import ErasedError
    from center.complaints.models import Attachment
    from center.operations.models import Downlink

    one = worked_on(center_data)
    before, entries = complaint(one), log(one)
    assert ANSWER.encode() in stored(center_data)
    assert erase_due(now_ms() + 29 * DAY_MS) == 0
    assert erase_due(now_ms() + 31 * DAY_MS) == 1
    assert erase_due(now_ms() + 32 * DAY_MS) == 0
    row = complaint(one)
    kept = ("code", "status", "closed_reason", "agency", "classification", "subject", "at_ms", "received_ms",
            "closed_ms", "first_answer_ms", "photos", "place")  # fmt: skip
    assert [getattr(row, name) for name in kept] == [getattr(before, name) for name in kept]
    assert (row.sealed, row.client_id, json.loads(row.reasons)) == ("", "", ["word:rusak"])
    assert log(one) == [*entries, ("erased", "closed", "due")]
    assert not Attachment.objects.exists() and not [p for p in (center_data / "attachments").rglob("*") if p.is_file()]
    assert all(not json.loads(body)["text"] for body in Downlink.objects.values_list("body", flat=True))
    remains = stored(center_data)
    for secret in (ANSWER, NOTE, "marah", json.loads(before.sealed)["box"][:60]):
        assert secret.encode() not in remains
    assert pin_fits(row, PIN)
    assert not pin_fits(row, "0000")
    with pytest.raises(ErasedError):
        open_text(row, "sari", WHY, with_identity=True)


def test_how_long_is_a_setting_and_nothing_at_all_means_never(
    center_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.conf import settings

    from center.complaints.erasure import erase_due

    worked_on(center_data)
    center = settings.CENTER
    monkeypatch.setattr(settings, "CENTER", replace(center, complaints=replace(center.complaints, erase_after_days=0)))
    assert erase_due(now_ms() + 4000 * DAY_MS) == 0
    monkeypatch.setattr(settings, "CENTER", replace(center, complaints=replace(center.complaints, erase_after_days=7)))
    assert erase_due(now_ms() + 8 * DAY_MS) == 1


def test_at_the_citizens_word_an_open_one_is_withdrawn_and_erased_once(center_data: Path) -> None:
    from center.complaints.erasure import erase
    from center.complaints.errors import EntryError
    from center.complaints.models import Event

    one = file_complaint(center_data)
    with pytest.raises(EntryError):
        erase(one, actor="sari", reason="")
    assert erase(one, actor="sari", reason=WHY)
    assert not erase(one, actor="sari", reason=WHY)
    assert log(one)[1:] == [("closed", "closed", "withdrawn"), ("erased", "closed", "asked")]
    assert Event.objects.get(kind="erased").detail == WHY


def test_what_waits_and_what_was_answered_lately_is_not_erased(center_data: Path) -> None:
    from center.complaints import steps
    from center.complaints.erasure import erase_due

    waits, answered = file_complaint(center_data), file_complaint(center_data)
    steps.answer(answered, ANSWER, actor="sari")
    assert erase_due(now_ms() + 400 * DAY_MS) == 0
    assert complaint(waits).sealed and complaint(answered).sealed


def test_a_name_of_another_system_is_forgotten_and_its_case_is_known_all_the_same(center_data: Path) -> None:
    from center.complaints.erasure import erase
    from center.complaints.manual import Entry, enter

    centre_key(center_data)
    done = enter(Entry("rabeg", "aduan", SECRET, external_id="RBG-17-081234567890"), actor="bridge")
    erase(done.service_request_id, actor="sari", reason=WHY)
    assert "081234567890" not in complaint(done.service_request_id).external_id
    again = enter(Entry("rabeg", "aduan", SECRET, external_id="RBG-17-081234567890"), actor="bridge")
    assert (again.service_request_id, again.duplicate) == (done.service_request_id, True)


def test_records_as_nodes_sent_them_are_erased_and_what_comes_again_is_swept_away(center_data: Path) -> None:
    import msgspec

    from center.complaints.erasure import erase, sweep
    from center.complaints.models import Attachment, Complaint
    from center.ingest.models import RawRecord

    box = msgspec.to_builtins(sealed(centre_key(center_data)))
    one = "01890a5d-ac96-774b-bcce-b302099a8057"
    body = {"service_request_id": one, "code": "7K3M9QXW2A", "category": "aduan", "place": NODE,
            "classification": "real", "reasons": [], "urgent": False, "sealed": box, "channel": "web",
            "client_id": "c" * 16}  # fmt: skip
    store_records(center_data, [record(1, "complaint", body)], "complaint")
    store_records(center_data, [record(1)])
    project_all(center_data)
    erase(one, actor="sari", reason=WHY)
    assert not RawRecord.objects.filter(stream="complaint").exists()
    assert box["box"].encode() not in stored(center_data)
    store_records(center_data, [record(1, "complaint", body)], "complaint", epoch="epoch-2")
    store_records(center_data, [record(2)])
    project_all(center_data)
    late = add_photo(center_data, one, picture_bytes())
    assert Complaint.objects.get().sealed == ""
    assert sweep(now_ms()) == 1
    assert not RawRecord.objects.filter(stream="complaint").exists()
    assert not Attachment.objects.exists() and not (center_data / late.path).exists()
    assert sweep(now_ms()) == 0


def test_what_the_citizen_added_later_is_a_complaint_of_its_own_and_its_record_stays(center_data: Path) -> None:
    import msgspec

    from center.complaints.erasure import erase, sweep
    from center.ingest.models import RawRecord

    one, later = "01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac97-774b-bcce-b302099a8057"
    body = {"service_request_id": one, "code": "7K3M9QXW2A", "category": "aduan", "place": NODE,
            "classification": "real", "reasons": [], "urgent": False, "channel": "web", "client_id": "c" * 16,
            "sealed": msgspec.to_builtins(sealed(centre_key(center_data)))}  # fmt: skip
    added = {**body, "service_request_id": later, "code": "9QXW2A7K3M", "client_id": "d" * 16, "follows": one}
    store_records(center_data, [record(1, "complaint", body), record(2, "complaint", added)], "complaint")
    store_records(center_data, [record(1)])
    project_all(center_data)
    erase(one, actor="sari", reason=WHY)
    sweep(now_ms())
    assert [json.loads(row.body)["service_request_id"] for row in RawRecord.objects.filter(stream="complaint")] == [
        later
    ]
    assert complaint(later).sealed


def test_without_the_key_what_was_typed_is_erased_all_the_same(center_data: Path) -> None:
    from center.complaints.disclosure import pin_fits
    from center.complaints.erasure import erase
    from center.public.lookup import look_up

    one = file_complaint(center_data)
    (center_data / "keys" / "seal.key").unlink()
    assert erase(one, actor="sari", reason=WHY)
    assert (complaint(one).sealed, complaint(one).pin_verifier) == ("", "")
    assert not pin_fits(complaint(one), PIN)
    assert look_up(complaint(one).code, PIN, "192.0.2.7", now_ms()).problem == "wrong"


def test_a_file_that_cannot_be_removed_leaves_its_complaint_whole_for_the_next_round(
    center_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.complaints import erasure

    stuck, other = worked_on(center_data), worked_on(center_data)
    remove = erasure.blobs.remove

    def refuse(data: Path, path: object) -> None:
        from center.complaints.models import Attachment

        if Attachment.objects.get(path=str(path)).service_request_id == stuck:
            raise PermissionError("no")
        remove(data, path)  # type: ignore[arg-type]

    monkeypatch.setattr(erasure.blobs, "remove", refuse)
    assert erasure.erase_due(now_ms() + 31 * DAY_MS) == 1
    assert complaint(other).erased_ms and complaint(stuck).sealed
    monkeypatch.setattr(erasure.blobs, "remove", remove)
    assert erasure.erase_due(now_ms() + 31 * DAY_MS) == 1


def test_the_citizens_copy_holds_all_that_is_theirs_and_nothing_of_colleagues(center_data: Path) -> None:
    from center.complaints.disclosure import open_text, who_saw
    from center.complaints.erasure import erase
    from center.complaints.export import export

    one = worked_on(center_data)
    open_text(complaint(one), "sari", "membaca", with_identity=True)
    with zipfile.ZipFile(io.BytesIO(export(one, actor="sari", reason=WHY))) as file:
        assert sorted(file.namelist()) == ["foto-1.jpg", "pengaduan.json"]
        assert file.read("foto-1.jpg") == picture_bytes()
        content = json.loads(file.read("pengaduan.json"))
        whole = file.read("pengaduan.json").decode()
    assert content["typed"] == {"text": SECRET, "name": NAME, "contact": CONTACT}
    assert [entry["text"] for entry in content["history"] if entry["text"]] == [ANSWER] * 3
    assert [entry["what"] for entry in content["seen"]] == ["identity", "export"]
    for hidden in (PIN, NOTE, '"sari"', '"budi"'):
        assert hidden not in whole
    assert log(one)[-1] == ("exported", "closed", "export")
    assert who_saw(one).count() == 2
    erase(one, actor="sari", reason=WHY)
    with zipfile.ZipFile(io.BytesIO(export(one, actor="sari", reason=WHY))) as file:
        left = json.loads(file.read("pengaduan.json"))
    assert (left["typed"], left["photographs"]) == (None, [])
    assert left["number"] == content["number"]
