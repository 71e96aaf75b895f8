"""A complaint's page: sealed until opened for a reason by name, answered, and everything else the desk does to it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import desk, desk_city, wall_city

NODE, OTHER = "kel-3673011001", "kel-3673011002"
SECRET = "Lampu jalan padam tiga malam"
HOSTILE = "<script>alert(1)</script> \x1b@ {{ 7|add:7 }} '\"& \U0001f525"
REASON = {"why": "answer"}


@pytest.fixture
def sealed(city: Path) -> str:
    """The id of a complaint sealed with this centre's key."""
    for node in (NODE, OTHER):
        wall_city.add_node(node)
    return desk_city.voice(city, NODE, SECRET, urgent=True, subject="lampu")


def of(request_id: str) -> Any:
    from center.complaints.models import Complaint

    return Complaint.objects.get(pk=request_id)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_text_stays_sealed_until_somebody_says_why_and_that_is_written_down_first(
    sealed: str, client_as: Callable[[str], Any]
) -> None:
    from center.complaints.models import Disclosure

    client = client_as("operator")
    assert SECRET not in text(client.get(f"/complaints/{sealed}/"))
    assert SECRET not in text(client.get("/complaints/"))
    unsaid = client.post(f"/complaints/{sealed}/open", {"why": "other"})
    assert unsaid.status_code == 422 and SECRET not in text(unsaid)
    assert not Disclosure.objects.exists()
    opened = client.post(f"/complaints/{sealed}/open", REASON, headers={"hx-request": "true"})
    assert SECRET in text(opened) and "Ibu Sari" in text(opened)
    assert "<html" not in text(opened) and not desk_city.stands_in(desk_city.PIN, text(opened))
    assert "no-store" in opened.headers["Cache-Control"]
    look = Disclosure.objects.get()
    assert (look.actor, look.what, look.reason) == ("operator", "identity", "untuk menjawab")
    whole = text(client.post(f"/complaints/{sealed}/open", {"why": "other", "more": "permintaan wali kota"}))
    assert SECRET in whole and "<html" in whole
    assert "permintaan wali kota" in text(client.get(f"/complaints/{sealed}/"))  # who saw what


def test_a_missing_key_is_said_and_the_attempt_is_on_record_all_the_same(
    sealed: str, city: Path, client_as: Callable[[str], Any]
) -> None:
    from center.complaints.models import Disclosure

    (city / "keys" / "seal.key").unlink()
    page = text(client_as("operator").post(f"/complaints/{sealed}/open", REASON))
    assert "Tidak dapat dibuka di sini" in page and "Kunci penyegel pusat tidak dapat dipakai" in page
    assert str(city) not in page
    assert SECRET not in page
    assert Disclosure.objects.count() == 1


def test_an_answer_moves_the_complaint_on_and_is_owed_to_its_kiosk(
    sealed: str, client_as: Callable[[str], Any]
) -> None:
    from center.operations.models import Downlink

    client = client_as("operator")
    values = {"status": "answered", "text": "Sudah diperbaiki.", "seen": "received"}
    assert client.post(f"/complaints/{sealed}/reply", values).status_code == 302
    assert of(sealed).status == "answered"
    owed = Downlink.objects.get()
    assert (owed.node, owed.leaf) == (NODE, "reply")
    assert json.loads(owed.body)["text"] == "Sudah diperbaiki."
    page = text(client.get(f"/complaints/{sealed}/"))
    assert "1 jawaban masih dalam perjalanan" in page
    assert "Sudah diperbaiki." in page  # the log
    slower = client.post(f"/complaints/{sealed}/reply", {**values, "text": "Dua kali."})
    assert slower.status_code == 422
    assert "Orang lain baru saja memindahkan" in text(slower) and "Dua kali." in text(slower)
    assert Downlink.objects.count() == 1


@pytest.mark.parametrize(
    ("act", "values", "status", "reason"),
    [
        ("verify", {}, "verified", ""),
        ("take", {}, "", ""),  # not from received
        ("route", {"agency": "opd-dishub", "note": "Mohon dijadwalkan."}, "routed", ""),
        ("route", {"agency": "opd-nowhere"}, "", ""),
        ("ask", {"text": "Di depan rumah nomor berapa?"}, "on_hold", ""),
        ("ask", {"text": " "}, "", ""),
        ("hold", {"reason": "Menunggu suku cadang."}, "on_hold", ""),
        ("hold", {"reason": "x", "until": "2001-01-01"}, "", ""),
        ("hold", {"reason": "x", "until": "besok"}, "", ""),
        ("hold", {"reason": "x", "until": "9999-12-31"}, "", ""),
        ("notours", {"text": "Ini jalan provinsi; hubungi DPUPR Banten."}, "not_ours", "other_agency"),
        ("notours", {}, "", ""),
        ("archive", {"reason": "ghost"}, "archived", "ghost"),
        ("archive", {"reason": "resolved"}, "", ""),
        ("duplicate", {"code": "0000000000"}, "", ""),
        ("reopen", {"reason": "x"}, "", ""),
        ("extend", {"text": "x"}, "", ""),
        ("giveback", {"reason": "x"}, "", ""),  # not for the desk
        ("class", {"kind": "nonsense"}, "", ""),
    ],
)
def test_each_act_does_what_it_says_or_refuses_with_422_and_changes_nothing(
    act: str, values: dict[str, str], status: str, reason: str, sealed: str, client_as: Callable[[str], Any]
) -> None:
    from center.complaints.models import Event

    before = Event.objects.count()
    answer = client_as("operator").post(f"/complaints/{sealed}/do/{act}", {**values, "seen": "received"})
    after = of(sealed)
    if status:
        assert answer.status_code == 302
        assert (after.status, after.closed_reason) == (status, reason)
        assert Event.objects.filter(complaint=sealed, actor="operator").exists()
    else:
        assert answer.status_code == 422
        assert 'role="alert"' in text(answer)
        assert after.status == "received"
        assert Event.objects.count() == before


def test_what_ended_is_reopened_and_a_duplicate_names_the_other(
    sealed: str, city: Path, client_as: Callable[[str], Any]
) -> None:
    client = client_as("operator")
    first = desk_city.voice(city, NODE, "Lampu yang sama")
    typed = of(first).code.lower()
    done = client.post(f"/complaints/{sealed}/do/duplicate", {"code": f"{typed[:5]}-{typed[5:]}"})
    assert done.status_code == 302
    assert (of(sealed).status, of(sealed).duplicate_of) == ("duplicate", first)
    assert of(first).code in text(client.get(f"/complaints/{sealed}/"))
    assert of(sealed).code in text(client.get(f"/complaints/{first}/"))
    assert 'id="act-reply"' not in text(client.get(f"/complaints/{sealed}/"))
    assert client.post(f"/complaints/{sealed}/do/reopen", {"reason": "Ternyata lain."}).status_code == 302
    assert (of(sealed).status, of(sealed).closed_reason) == ("reopened", "")


def test_a_corrected_class_and_a_note_stand_on_the_page_and_in_the_statistics(
    sealed: str, client_as: Callable[[str], Any]
) -> None:
    client = client_as("operator")
    assert client.post(f"/complaints/{sealed}/do/class", {"kind": "prank_suspect"}).status_code == 302
    assert client.post(f"/complaints/{sealed}/do/note", {"text": "Sudah ditelepon."}).status_code == 302
    page = text(client.get(f"/complaints/{sealed}/"))
    assert "dibetulkan; sarannya sungguhan" in page and "Sudah ditelepon." in page
    page = text(client.get("/complaints/classes/"))
    assert "<dt>dinilai</dt><dd>1</dd>" in page and '<dt>dinilai lain</dt><dd>1 <span class="dim">(100 %)' in page
    assert "<dt>dinilai</dt><dd>0</dd>" in text(client.get("/complaints/classes/?first=2020-01-01&last=2020-01-31"))
    for wrong in ("first=x", "last=9999-12-31", "last=0001-01-01"):
        assert client.get(f"/complaints/classes/?{wrong}").status_code == 422, wrong


def test_a_request_for_information_is_extended_once(sealed: str, city: Path, client_as: Callable[[str], Any]) -> None:
    client = client_as("operator")
    ppid = desk_city.voice(city, NODE, "Dokumen anggaran", category="ppid", identity="contact", way="email")
    page = text(client.get(f"/complaints/{ppid}/"))
    assert "lewat surel" in page and "Perpanjang 7 hari kerja" in page
    before = of(ppid).due_ms
    assert client.post(f"/complaints/{ppid}/do/extend", {"text": "Perlu dikumpulkan."}).status_code == 302
    assert of(ppid).due_ms > before
    assert client.post(f"/complaints/{ppid}/do/extend", {"text": "Lagi."}).status_code == 422
    assert client.post(f"/complaints/{ppid}/do/class", {"kind": "real"}).status_code == 422


def test_photographs_are_opened_in_the_page_and_have_no_address(
    sealed: str, city: Path, client_as: Callable[[str], Any]
) -> None:
    from center.complaints.models import Complaint, Disclosure

    desk_city.add_photo(city, sealed)
    Complaint.objects.filter(pk=sealed).update(photos=1)
    client = client_as("operator")
    assert "data:image" not in text(client.get(f"/complaints/{sealed}/"))
    opened = client.post(f"/complaints/{sealed}/photos", REASON, headers={"hx-request": "true"})
    assert text(opened).count("data:image/jpeg;base64,/9j/") == 1
    assert "no-store" in opened.headers["Cache-Control"]
    assert [(one.what, one.actor) for one in Disclosure.objects.all()] == [("photo", "operator")]


def test_a_sealed_file_that_holds_no_picture_is_not_shown(
    sealed: str, city: Path, client_as: Callable[[str], Any]
) -> None:
    desk_city.add_photo(city, sealed, content=b"<svg onload=alert(1)>" * 20)
    page = text(client_as("operator").post(f"/complaints/{sealed}/photos", REASON))
    assert "data:image" not in page and "alert(1)" not in page
    assert 'role="alert"' in page


def test_hostile_text_is_text_wherever_it_stands(city: Path, client_as: Callable[[str], Any]) -> None:
    wall_city.add_node(NODE)
    request_id = desk_city.voice(city, NODE, HOSTILE)
    client = client_as("operator")
    opened = text(client.post(f"/complaints/{request_id}/open", {"why": "other", "more": HOSTILE}))
    client.post(f"/complaints/{request_id}/do/note", {"text": HOSTILE})
    client.post(f"/complaints/{request_id}/reply", {"status": "answered", "text": HOSTILE})
    for page in (
        opened,
        text(client.get(f"/complaints/{request_id}/")),
        text(client_as("admin").get("/complaints/looks/")),
    ):
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "{{ 7|add:7 }}" in page
    assert client.post(f"/complaints/{request_id}/do/note", {"text": "a\0b"}).status_code == 422
    assert client.post(f"/complaints/{request_id}/do/note", {"text": "x" * 2001}).status_code == 422
    assert client.post(f"/complaints/{request_id}/do/nothing").status_code == 404


def test_the_page_says_what_the_line_was_when_the_complaint_was_filed_and_the_outage_what_came_meanwhile(
    sealed: str, city: Path, client_as: Callable[[str], Any]
) -> None:
    from tests.support import concluded

    client = client_as("operator")
    page = text(client.get(f"/complaints/{sealed}/"))
    assert "node belum mengabarkan apa pun" in page
    outage = concluded.add_outage(NODE, 120, None, cause="L5b", party="isp")
    incident = wall_city.add_incident("node", NODE, NODE, ago_min=115)
    later = desk_city.voice(city, OTHER, "Di tempat lain")
    page = text(client.get(f"/complaints/{sealed}/"))
    assert "ISP diam di belakang router" in page and "masih berlangsung" in page
    assert f"/nodes/{NODE}/#concluded-{outage}" in page
    assert f"show=all&amp;outage={outage}" in text(client.get(f"/nodes/{NODE}/"))
    assert "1 pengaduan disampaikan di sini pada masa itu" in text(client.get(f"/nodes/{NODE}/"))
    assert of(sealed).code in text(client.get(f"/incidents/{incident}/"))
    for query in (f"outage={outage}", f"incident={incident}"):
        found = text(client.get(f"/complaints/?show=all&{query}"))
        assert of(sealed).code in found and of(later).code not in found
    assert of(sealed).code not in text(client_as("viewer").get(f"/incidents/{incident}/"))


def test_a_copy_is_handed_out_for_a_reason_and_erasure_needs_the_number(
    sealed: str, client_as: Callable[[str], Any]
) -> None:
    from center.complaints.models import Disclosure

    operator, admin = client_as("operator"), client_as("admin")
    assert operator.post(f"/complaints/{sealed}/copy", {"reason": ""}).status_code == 422
    copy = operator.post(f"/complaints/{sealed}/copy", {"reason": "Pemohon di loket, PIN cocok."})
    assert copy.headers["Content-Type"] == "application/zip" and copy.content[:2] == b"PK"
    assert "no-store" in copy.headers["Cache-Control"]
    assert Disclosure.objects.get().what == "export"
    wrong = admin.post(f"/complaints/{sealed}/erase", {"reason": "Diminta pemohon.", "code": "0000000000"})
    assert wrong.status_code == 422 and of(sealed).erased_ms is None
    form = {"reason": "Diminta pemohon.", "code": of(sealed).code}
    assert operator.post(f"/complaints/{sealed}/erase", form).status_code == 403
    assert admin.post(f"/complaints/{sealed}/erase", form).status_code == 302
    assert of(sealed).erased_ms and not of(sealed).sealed
    page = text(admin.get(f"/complaints/{sealed}/"))
    assert "Dihapus pada" in page and SECRET not in page


def test_a_citizen_who_telephones_is_found_by_the_code_of_the_receipt(
    sealed: str, city: Path, client_as: Callable[[str], Any]
) -> None:
    client = client_as("operator")
    called, code = desk.hand_in(city, node=NODE, typed={"text": SECRET})
    number = of(called).code
    for typed in (code, f"{code[:5].lower()}-{code[5:]}", number, number[:6]):
        found = text(client.post("/complaints/find", {"code": typed}, follow=True))
        assert f"/complaints/{called}/" in found and f"/complaints/{sealed}/" not in found, typed
        assert number in found
    closed = text(client.get(f"/complaints/{called}/"))
    assert f'Nomor</span> <span class="code">{number}<' in closed and code not in closed
    opened = text(client.post(f"/complaints/{called}/open", REASON, headers={"hx-request": "true"}))
    assert f'Kode warga</dt><dd class="code">{code}<' in opened
    own = text(client.post(f"/complaints/{sealed}/open", REASON, headers={"hx-request": "true"}))
    assert f'Kode warga</dt><dd class="code">{of(sealed).code}<' in own, "an older node's stands as it is"
    looks = text(client_as("admin").get("/complaints/looks/", {"code": number.lower()}))
    assert number in looks and of(sealed).code not in looks
    done = client.post(f"/complaints/{sealed}/do/duplicate", {"code": code.lower()})
    assert done.status_code == 302 and of(sealed).duplicate_of == called
