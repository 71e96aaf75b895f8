"""The door itself: whatever comes is a clean submission or one typed refusal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.kiosk.bounds import TEXT_MAX
from agent.kiosk.errors import IntakeError
from agent.kiosk.fields import normalised
from agent.kiosk.submission import read_submission

GOOD: dict[str, object] = {"category": "saran", "text": "Tambah tempat sampah", "client_id": "x" * 16}
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [
    "op", "category", "text", "name", "contact", "client_id", "channel", "lang", "subject", "area", "rt_rw", "identity",
    "photos", "follows_code", "follows_pin", "purpose", "address", "way", "assisted",
]  # fmt: skip
keys = st.sampled_from(FIELDS) | st.text(max_size=12)


@given(st.dictionaries(keys, values, max_size=9))
def test_any_object_is_a_submission_or_the_one_error(request: dict[str, object]) -> None:
    try:
        submission = read_submission(request, "s" * 32)
    except IntakeError as error:
        assert error.permanent and error.message("id") and error.message("en")
        return
    assert submission.text == normalised(submission.text) and submission.text


@given(st.dictionaries(keys, values, max_size=4))
def test_a_good_request_with_odd_extras_never_breaks_the_door(extra: dict[str, object]) -> None:
    try:
        read_submission({**GOOD, **extra}, "s" * 32)
    except IntakeError as error:
        assert error.permanent


@given(st.text(max_size=400))
def test_normalised_text_is_stable_visible_and_in_one_form(text: str) -> None:
    clean = normalised(text)
    assert normalised(clean) == clean
    assert unicodedata.is_normalized("NFC", clean)
    assert "\r" not in clean and clean == clean.strip()
    assert all(c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs", "Co") for c in clean)


def test_what_people_write_comes_through_unharmed() -> None:
    text = "Baris satu\r\nBaris dua\trapi 👍🏽 👨\u200d👩\u200d👧 e\u0301"
    assert normalised(text) == "Baris satu\nBaris dua\trapi 👍🏽 👨\u200d👩\u200d👧 é"


def test_marks_that_turn_the_reading_direction_are_removed() -> None:
    assert normalised("bayar \u202e000.01\u202c rupiah") == "bayar 000.01 rupiah"
    assert normalised("a\x00b\x1b[31mc\ud800") == "ab[31mc"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"text": ""}, "text_empty"),
        ({"text": " \n\u200e "}, "text_empty"),
        ({"text": None}, "text_empty"),
        ({"text": "x" * (TEXT_MAX + 1)}, "text_too_long"),
        ({"text": 5}, "bad_request"),
        ({"category": "kritik"}, "bad_request"),
        ({"category": None}, "bad_request"),
        ({"channel": "fax"}, "bad_request"),
        ({"name": "n" * 101}, "bad_request"),
        ({"contact": "c" * 101}, "bad_request"),
        ({"client_id": "short"}, "bad_request"),
        ({"client_id": "ä" * 16}, "bad_request"),
        ({"nik": "3673..."}, "bad_request"),
    ],
)
def test_what_is_wrong_is_refused_by_its_code(change: dict[str, object], code: str) -> None:
    with pytest.raises(IntakeError) as refusal:
        read_submission({**GOOD, **change}, "s" * 32)
    assert refusal.value.code == code and refusal.value.permanent


def test_a_text_of_exactly_the_limit_is_accepted() -> None:
    assert len(read_submission({**GOOD, "text": "é" * TEXT_MAX}, "").text) == TEXT_MAX


def test_refusals_never_repeat_what_was_typed() -> None:
    for change in (
        {"name": "rahasia" * 30},
        {"contact": "rahasia" * 30},
        {"category": "rahasia"},
        {"text": ["rahasia"]},
    ):
        with pytest.raises(IntakeError) as refusal:
            read_submission({**GOOD, **change}, "s" * 32)
        assert "rahasia" not in refusal.value.message() + str(refusal.value) + repr(refusal.value)


def test_a_submission_shows_nothing_personal_when_printed() -> None:
    submission = read_submission({**GOOD, "name": "Siti"}, "")
    assert "Siti" not in repr(submission) and "sampah" not in repr(submission)


def test_fields_beside_the_text_are_read_and_sealed_where_they_are_personal() -> None:
    request = GOOD | {"subject": "jalan", "area": "3673011001", "rt_rw": " 03 / 07 ", "lang": "en-GB", "name": "Siti"}
    read = read_submission(request, "", {"3673011001"})
    assert (read.subject, read.area, read.rt_rw, read.lang) == ("jalan", "3673011001", "03 / 07", "en")
    assert read.sealed_fields("K7F29QX31G", "0042") == {
        "text": "Tambah tempat sampah", "name": "Siti", "rt_rw": "03 / 07", "code": "K7F29QX31G", "pin": "0042",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "identity"),
    [
        ({}, "anonymous"),
        ({"name": "Siti"}, "confidential"),
        ({"contact": "0812"}, "contact"),
        ({"name": "Siti", "contact": "0812"}, "contact"),
        ({"name": "Siti", "contact": "0812", "identity": "confidential"}, "confidential"),
        ({"identity": "confidential"}, "confidential"),
    ],
)
def test_who_speaks_follows_from_what_is_given(given: dict[str, object], identity: str) -> None:
    assert read_submission(GOOD | given, "").identity == identity


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"identity": "anonymous", "name": "Siti"}, "identity_mixed"),
        ({"identity": "anonymous", "contact": "0812"}, "identity_mixed"),
        ({"identity": "contact"}, "field_missing"),
        ({"identity": "contact", "contact": " \u200e "}, "field_missing"),
        ({"identity": "secret"}, "bad_request"),
        ({"subject": "ufo"}, "bad_request"),
        ({"area": "9999999999"}, "bad_request"),
        ({"area": "Serang"}, "bad_request"),
        ({"area": "٣٦٧٣٠١١٠٠١"}, "bad_request"),
        ({"rt_rw": "0" * 13}, "bad_request"),
        ({"follows_code": "K7F29QX31A"}, "field_missing"),
        ({"follows_pin": "1234"}, "field_missing"),
        ({"photos": "x"}, "bad_request"),
        ({"photos": ["a" * 32, "a" * 32]}, "bad_request"),
        ({"photos": ["../../../../etc/passwd\0aaaaaaaa"]}, "bad_request"),
        ({"photos": ["a" * 32] * 4}, "bad_request"),
        ({"purpose": "x"}, "bad_request"),
        ({"way": "copy"}, "bad_request"),
    ],
)
def test_what_does_not_go_together_is_refused(change: dict[str, object], code: str) -> None:
    with pytest.raises(IntakeError) as refusal:
        read_submission(GOOD | change, "s" * 32, {"3673011001"})
    assert refusal.value.code == code and refusal.value.permanent
    for lang in ("id", "en"):
        assert "{" not in refusal.value.message(lang) and "intake." not in refusal.value.message(lang)


def test_a_request_for_information_needs_a_name_a_contact_and_a_purpose() -> None:
    whole = {"category": "ppid", "text": "APBD 2026", "name": "Siti", "contact": "0812", "purpose": "skripsi"}
    read = read_submission(whole | {"way": "email", "assisted": True}, "s" * 32)
    assert (read.way, read.assisted, read.sealed_fields("K7F29QX31G", "0042")["purpose"]) == ("email", True, "skripsi")
    for field in ("name", "contact", "purpose"):
        with pytest.raises(IntakeError) as refusal:
            read_submission(whole | {field: " "}, "s" * 32)
        assert refusal.value.code == "field_missing"
    for extra in ({"photos": []}, {"subject": "jalan"}, {"identity": "anonymous"}, {"follows_code": "K"}):
        with pytest.raises(IntakeError):
            read_submission(whole | extra, "s" * 32)


def test_a_field_of_another_content_is_another_content() -> None:
    request = GOOD | {"contact": "0812", "photos": ["a" * 32]}
    same = read_submission(request, "").content
    changes: list[dict[str, object]] = [
        {"text": "Lain"}, {"name": "Siti"}, {"contact": "0813"}, {"subject": "jalan"}, {"area": "3673011001"},
        {"rt_rw": "1"}, {"identity": "confidential"}, {"photos": []}, {"category": "aduan"}, {"channel": "web"},
        {"follows_code": "K7F29QX31A", "follows_pin": "1234"},
    ]  # fmt: skip
    assert same == read_submission(request | {"lang": "en"}, "").content, "a change of language is no other content"
    assert all(read_submission(request | change, "").content != same for change in changes)
