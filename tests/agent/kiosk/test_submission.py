"""The door itself: whatever comes is a clean submission or one typed refusal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.kiosk.bounds import TEXT_MAX
from agent.kiosk.errors import IntakeError
from agent.kiosk.submission import normalised, read_submission

GOOD: dict[str, object] = {"category": "saran", "text": "Tambah tempat sampah", "client_id": "x" * 16}
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(["op", "category", "text", "name", "contact", "client_id", "channel", "lang"]) | st.text(
    max_size=12
)


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


def test_the_pin_hangs_on_client_id_and_salt_and_is_four_digits() -> None:
    submission = read_submission(GOOD, "")
    assert submission.pin(b"a" * 16) == submission.pin(b"a" * 16)
    pins = {submission.pin(bytes([index]) * 16) for index in range(60)}
    assert len(pins) > 50 and all(len(pin) == 4 and pin.isdigit() for pin in pins)
    other = read_submission({**GOOD, "client_id": "y" * 16}, "")
    assert [other.pin(bytes([n])) for n in range(8)] != [submission.pin(bytes([n])) for n in range(8)]
