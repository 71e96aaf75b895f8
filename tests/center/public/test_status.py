"""The public status page: what code and PIN open, and what stays shut."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import desk, voices
from tests.support.desk_city import stands_in

NODE = "kel-3673011001"
MARK = "PENANDA-RAHASIA-71"


def steps_of(answer: Any) -> list[str]:
    return re.findall(r'<li data-step="\w+"><b>(.*?)</b>', answer.content.decode())


def problem_of(answer: Any) -> str:
    found = re.search(r'id="problem">(.*?)</p>', answer.content.decode())
    return found[1] if found else ""


def test_the_form_opens_without_an_account_and_leaves_no_cookie(city: Path, client_as: Callable[[str], Any]) -> None:
    page = client_as("").get("/status/")
    assert page.status_code == 200
    assert not page.cookies
    assert page.headers["Cache-Control"].startswith("max-age=0")
    assert "no-store" in page.headers["Cache-Control"]
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert 'lang="id"' in page.content.decode()


def test_code_and_pin_show_the_way_of_the_complaint_with_what_was_answered(city: Path, ask: Callable[..., Any]) -> None:
    from center.complaints import steps
    from center.complaints.notes import add_note

    request_id, code = voices.add_ticket(city, NODE, MARK, subject="lampu")
    steps.route(request_id, "opd-dishub", actor="operator", note="CATATAN-DALAM")
    add_note(request_id, "CATATAN-KEDUA", actor="operator")
    steps.take_up(request_id, actor="petugas-dishub")
    steps.answer(request_id, "Lampu sudah diganti.\nTerima kasih.", actor="petugas-dishub")
    answer = ask(f" {code[:5].lower()}-{code[5:]} ")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert not answer.cookies
    assert steps_of(answer) == ["Sudah dijawab", "Sedang dikerjakan", "Diteruskan ke dinas yang berwenang",
                                "Anda menyampaikannya"]  # fmt: skip
    assert "Lampu sudah diganti." in text
    assert "Dinas Perhubungan" in text or "Dishub" in text
    assert "Lampu jalan" in text
    for secret in (MARK, "CATATAN", "petugas", "operator", "Ibu Sari"):
        assert secret not in text, secret
    assert not any(stands_in(digits, text) for digits in (voices.PIN, "0812"))


def test_a_question_of_the_city_is_shown_and_what_is_promised_by_when(city: Path, ask: Callable[..., Any]) -> None:
    from center.complaints import steps
    from center.complaints.models import Complaint

    request_id, code = voices.add_ticket(city, NODE)
    steps.verify(request_id, actor="operator")
    assert "paling lambat" in ask(code).content.decode()
    steps.ask(request_id, "Di dekat rumah nomor berapa?", actor="operator")
    text = ask(code).content.decode()
    assert "Kami perlu tahu lebih banyak dari Anda" in text
    assert "Di dekat rumah nomor berapa?" in text
    Complaint.objects.filter(pk=request_id).update(asked_ms=None, status="in_progress", due_for="follow_up", due_ms=1)
    assert "kota terlambat" in ask(code).content.decode()


def test_an_unknown_code_and_a_wrong_pin_are_the_same_answer(city: Path, ask: Callable[..., Any]) -> None:
    _id, code = voices.add_ticket(city, NODE)
    wrong, unknown = ask(code, "0000"), ask(voices.code(), "0000")
    assert wrong.status_code == unknown.status_code == 422
    assert problem_of(wrong) == problem_of(unknown) != ""
    same = [re.sub(r'value="\w{10}"', "", page.content.decode()) for page in (wrong, unknown)]
    assert same[0] == same[1]
    assert "0000" not in same[0]


NO_CODES_AND_PINS = [
    ("", "4821", "code"), ("ABC", "4821", "code"), ("0" * 500, "1", "code"), ("GOOD", "", "pin"),
    ("GOOD", "12345", "pin"), ("GOOD", "१२३४", "pin"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "pin", "at"), NO_CODES_AND_PINS)
def test_what_cannot_be_a_code_or_a_pin_is_said_so_and_counts_as_no_try(
    code: str, pin: str, at: str, city: Path, ask: Callable[..., Any]
) -> None:
    from center.public.models import Guess

    answer = ask(voices.code() if code == "GOOD" else code, pin)
    assert answer.status_code == 422
    assert re.search(r'id="(\w+)"[^>]*aria-invalid', answer.content.decode())[1] == at  # type: ignore[index]
    assert not Guess.objects.exists()


def test_after_erasure_code_and_pin_still_show_the_steps(city: Path, ask: Callable[..., Any]) -> None:
    from center.complaints import steps
    from center.complaints.erasure import erase

    request_id, code = voices.add_ticket(city, NODE)
    steps.close(request_id, "resolved", actor="operator", text="JAWABAN-LAMA")
    assert "JAWABAN-LAMA" in ask(code).content.decode()
    assert erase(request_id, actor="operator", reason="diminta warga")
    text = ask(code).content.decode()
    assert "JAWABAN-LAMA" not in text
    assert "sudah dihapus" in text
    assert ask(code, "0000").status_code == 422


def test_a_missing_key_is_said_plainly_and_costs_the_citizen_no_try(city: Path, ask: Callable[..., Any]) -> None:
    from center.public.models import Guess

    _id, code = voices.add_ticket(city, NODE)
    (city / "keys" / "seal.key").unlink()
    answer = ask(code)
    assert answer.status_code == 503
    assert "belum dapat memeriksa" in answer.content.decode()
    assert Guess.objects.get(kind="code").wrong == 0


def test_a_ticket_whose_code_two_had_opens_by_its_own_pin(city: Path, ask: Callable[..., Any]) -> None:
    _first, code = voices.add_ticket(city, NODE, subject="lampu")
    second, _code = voices.add_ticket(city, NODE, code=f"{code}-2", subject="sampah")
    from center.complaints.disclosure import verifier_of
    from center.complaints.models import Complaint

    Complaint.objects.filter(pk=second).update(pin_verifier=verifier_of("9753"))
    assert "Lampu jalan" in ask(code).content.decode()
    assert "Sampah" in ask(code, "9753").content.decode()


def test_no_query_of_the_address_opens_anything_and_nothing_is_audited(
    city: Path, client_as: Callable[[str], Any], ask: Callable[..., Any]
) -> None:
    from center.accounts.models import Act

    _id, code = voices.add_ticket(city, NODE)
    page = client_as("").get(f"/status/?code={code}&pin={voices.PIN}")
    assert steps_of(page) == []
    assert code not in page.content.decode()
    ask(code)
    ask(code, "0000")
    assert not Act.objects.exists()


def test_an_answer_is_shown_as_text_whatever_is_in_it(city: Path, ask: Callable[..., Any]) -> None:
    from center.complaints import steps

    request_id, code = voices.add_ticket(city, NODE)
    steps.answer(request_id, "<script>alert(1)</script> & \u202e{{ x }}", actor="operator")
    text = ask(code).content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(code=st.text(max_size=80), pin=st.text(max_size=20))
def test_anything_typed_is_an_answer(code: str, pin: str, ask: Callable[..., Any]) -> None:
    assert ask(code, pin).status_code in {422, 429}


def test_english_is_complete_for_whoever_chooses_it(city: Path, client_as: Callable[[str], Any]) -> None:
    client = client_as("")
    assert "Check a complaint" in client.get("/status/?lang=en").content.decode()
    assert 'lang="en"' in client.get("/status/").content.decode()


@pytest.fixture
def asked(city: Path, ask: Callable[..., Any]) -> tuple[str, str, str]:
    """A complaint the city has asked about: its id, its code, and the note the opened page carries."""
    from center.complaints import steps

    request_id, code = voices.add_ticket(city, NODE, subject="lampu")
    steps.verify(request_id, actor="operator")
    steps.ask(request_id, "Di RT berapa?", actor="operator")
    token = re.search(r'name="token" value="([^"]+)"', ask(code).content.decode())
    assert token
    return request_id, code, token[1]


def test_the_citys_question_is_answered_from_the_telephone_and_the_complaint_goes_on(
    city: Path, client_as: Callable[[str], Any], ask: Callable[..., Any], asked: tuple[str, str, str]
) -> None:
    from center.complaints.disclosure import open_text
    from center.complaints.models import Complaint

    request_id, code, token = asked
    client = client_as("")
    for _ in range(2):  # a telephone that sends the form twice
        assert client.post("/status/add", {"token": token, "text": "RT 04, dekat masjid"}).status_code == 200
    added = Complaint.objects.get(follows=request_id)
    assert open_text(added, "operator", "menjawab", with_identity=True).text == "RT 04, dekat masjid"
    assert "masjid" not in added.sealed
    assert Complaint.objects.get(pk=request_id).status == "verified"
    page = ask(code)
    assert "Anda menambahkan keterangan" in steps_of(page)
    assert "Di RT berapa?" in page.content.decode()


def test_other_words_in_the_same_form_are_not_said_to_be_stored(
    client_as: Callable[[str], Any], asked: tuple[str, str, str]
) -> None:
    """Going back, writing more and sending it again: the question is answered already, and the page says so."""
    from center.complaints.disclosure import open_text
    from center.complaints.models import Complaint

    request_id, _code, token = asked
    client = client_as("")
    assert client.post("/status/add", {"token": token, "text": "RT 04"}).status_code == 200
    more = client.post("/status/add", {"token": token, "text": "RT 04, rumah hijau"})
    assert more.status_code == 422 and "tidak ditambahkan" in problem_of(more)
    added = Complaint.objects.get(follows=request_id)
    assert open_text(added, "operator", "menjawab", with_identity=True).text == "RT 04"
    desk_page = client_as("operator").get(f"/complaints/{added.pk}/").content.decode()
    assert "halaman status publik" in desk_page and "status_page" not in desk_page


def test_what_is_no_answer_is_refused_and_what_was_typed_stays(
    client_as: Callable[[str], Any], asked: tuple[str, str, str]
) -> None:
    from center.complaints.models import Complaint

    request_id, _code, token = asked
    client = client_as("")
    refused = client.post("/status/add", {"token": token, "text": "x" * 4001})
    assert refused.status_code == 422
    assert "x" * 4001 in refused.content.decode()
    assert client.post("/status/add", {"token": token, "text": "  "}).status_code == 422
    for wrong in ("", "abc", token[:-1] + ("A" if token[-1] != "A" else "B"), token * 5, request_id):
        assert client.post("/status/add", {"token": wrong, "text": "halo"}).status_code == 422
    assert not Complaint.objects.filter(follows=request_id).exists()
    assert client.get("/status/add").status_code == 405


def test_a_question_that_is_no_longer_open_is_not_answered(
    client_as: Callable[[str], Any], asked: tuple[str, str, str]
) -> None:
    from center.complaints import steps
    from center.complaints.models import Complaint

    request_id, _code, token = asked
    steps.take_up(request_id, actor="operator")
    assert client_as("").post("/status/add", {"token": token, "text": "RT 04"}).status_code == 422
    assert not Complaint.objects.filter(follows=request_id).exists()


def test_a_kiosk_s_code_opens_with_its_pin_before_and_after_erasure_and_its_number_never(
    city: Path, ask: Callable[..., Any]
) -> None:
    from center.complaints import steps
    from center.complaints.erasure import erase

    request_id, code = desk.hand_in(city, node=NODE)
    number = desk.complaint(request_id).code
    steps.close(request_id, "resolved", actor="operator", text="JAWABAN-KIOS")
    page = ask(f"{code[:5].lower()} {code[5:]}").content.decode()
    assert "JAWABAN-KIOS" in page and number not in page
    assert ask(number).status_code == 422, "what stands on the kiosk's disk is no code"
    assert ask(code, "0000").status_code == 422
    assert erase(request_id, actor="operator", reason="diminta warga")
    assert "sudah dihapus" in ask(code).content.decode()
    assert ask(number).status_code == 422 and ask(code, "0000").status_code == 422


def test_each_look_costs_one_stretched_code_whatever_is_typed(
    city: Path, ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A code that stands as it is, a kiosk's, and nobody's take the same: which there are does not show in the time."""
    from center.complaints import codes

    stretched: list[int] = []
    real = codes.hash_secret_raw

    def counted(*args: Any, **more: Any) -> bytes:
        stretched.append(more["memory_cost"])
        return real(*args, **more)

    monkeypatch.setattr(codes, "hash_secret_raw", counted)
    _id, plain = voices.add_ticket(city, NODE)
    for code in (plain, desk.hand_in(city, node=NODE)[1], voices.code()):
        stretched.clear()
        ask(code)
        assert stretched == [32 * 1024], code
