"""Entries of other channels: sealed like all others, in the same table once, and refused with the field's name."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.desk import centre_key, complaint, log, now_ms, site
from tests.support.torture import often

WORDS = "Pohon tumbang menimpa rumah Pak Wiryo"


def entry(**fields: Any) -> Any:
    from center.complaints.manual import Entry

    return Entry(**{"channel": "rabeg", "category": "aduan", "text": WORDS, **fields})


def test_what_is_entered_lies_sealed_in_the_database_and_opens_like_a_kiosks(center_data: Path) -> None:
    from center.complaints.disclosure import open_text, pin_fits
    from center.complaints.manual import enter
    from wire.tickets import normalize_code

    centre_key(center_data)
    site("kel-3673011001", "Serang")
    done = enter(
        entry(name="Siti Rahma", contact="0811-222-333", place="kel-3673011001", external_id="RBG-17"), actor="sari"
    )
    assert normalize_code(done.code) == done.code
    row = complaint(done.service_request_id)
    assert (row.node, row.epoch, row.identity, row.status, row.due_for) == (
        "",
        "",
        "contact",
        "received",
        "verification",
    )
    assert log(row.pk) == [("received", "received", "rabeg")]
    stored = (center_data / "center.db").read_bytes()
    wal = center_data / "center.db-wal"
    stored += wal.read_bytes() if wal.exists() else b""
    for secret in (b"Wiryo", b"Siti Rahma", b"0811-222-333"):
        assert secret not in stored
    opened = open_text(row, "sari", "menjawab", with_identity=True)
    assert (opened.text, opened.name, opened.contact) == (WORDS, "Siti Rahma", "0811-222-333")
    assert pin_fits(row, done.pin)
    assert not pin_fits(row, f"{(int(done.pin) + 1) % 10_000:04d}")
    assert row.pin_verifier.startswith("argon2")
    assert WORDS not in repr(entry()) and done.pin not in repr(done)


def test_the_same_case_of_another_system_is_one_complaint_whatever_is_said_the_second_time(center_data: Path) -> None:
    from center.complaints.manual import enter
    from center.complaints.models import Complaint

    centre_key(center_data)
    first = enter(entry(external_id="RBG-17"), actor="bridge")
    again = enter(entry(external_id="RBG-17", text="lain"), actor="bridge")
    assert (again.service_request_id, again.code, again.pin, again.duplicate) == (
        first.service_request_id, first.code, "", True,
    )  # fmt: skip
    assert not enter(entry(external_id="RBG-17", channel="social"), actor="bridge").duplicate
    assert not enter(entry(), actor="sari").duplicate
    assert not enter(entry(), actor="sari").duplicate
    assert Complaint.objects.count() == 4


def test_a_call_to_112_brings_its_class_and_an_officers_word_is_no_suggestion(center_data: Path) -> None:
    from center.complaints.manual import enter

    centre_key(center_data)
    for classification in ("ghost", "prank_suspect", "information", "real"):
        done = enter(entry(channel="phone112", classification=classification, sure=True), actor="op112")
        row = complaint(done.service_request_id)
        assert (row.classification, row.corrected_class) == (classification, classification)
        assert log(row.pk)[-1] == ("class", "received", classification)


def test_a_request_for_information_needs_to_know_who_asks_and_why(center_data: Path) -> None:
    from center.complaints.errors import EntryError
    from center.complaints.manual import enter

    centre_key(center_data)
    whole = {"category": "ppid", "channel": "counter", "purpose": "skripsi", "name": "Adi", "contact": "adi@surel.id"}
    for field in ("purpose", "name", "contact"):
        with pytest.raises(EntryError) as refused:
            enter(entry(**{**whole, field: " "}), actor="sari")
        assert refused.value.field == field
    row = complaint(enter(entry(**whole, way="email"), actor="sari").service_request_id)
    assert (row.identity, row.way, row.assisted, row.due_for) == ("contact", "email", True, "ppid")
    assert row.classification == "information"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("channel", "web"), ("channel", ""), ("category", "lapor"), ("subject", "jembatan"),
        ("place", "kel-0000000000"),
        ("area", "opd-dlh"), ("identity", "secret"), ("way", "fax"), ("classification", "angry"), ("text", ""),
        ("text", " \u202e\n\t "), ("text", "x" * 4001), ("name", "x" * 101), ("rt_rw", "x" * 13), ("at_ms", 1),
        ("at_ms", 2**62), ("external_id", "x" * 129), ("external_id", "a\nb"), ("external_id", "erased:abc"),
        ("lang", "bahasa-id"), ("place", "x\x00y"),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_refused_by_the_name_of_its_field(center_data: Path, field: str, value: Any) -> None:
    from center.complaints.errors import EntryError
    from center.complaints.manual import enter
    from center.complaints.models import Complaint

    centre_key(center_data)
    site("opd-dlh")
    with pytest.raises(EntryError) as refused:
        enter(entry(**{field: value}), actor="sari")
    assert refused.value.field == field
    assert Complaint.objects.count() == 0


def test_the_same_words_in_the_same_form_are_one_complaint_with_one_pin(center_data: Path) -> None:
    """Two presses, or a page sent again: the second answer is the first one; other words are another citizen's."""
    from center.complaints.disclosure import pin_fits
    from center.complaints.entry_forms import new_word
    from center.complaints.manual import enter
    from center.complaints.models import Complaint

    centre_key(center_data)
    form, other = new_word(now_ms()), new_word(now_ms())
    first = enter(entry(channel="counter", form=form), actor="sari")
    assert pin_fits(complaint(first.service_request_id), first.pin)
    again = enter(entry(channel="counter", form=form), actor="sari")
    assert (again.service_request_id, again.code, again.pin) == (first.service_request_id, first.code, first.pin)
    assert (first.again, again.again, again.duplicate) == (False, True, False)
    assert Complaint.objects.count() == 1 and len(log(first.service_request_id)) == 1
    numbered = entry(external_id="RBG-17", form=other)
    assert enter(numbered, actor="sari").pin == enter(numbered, actor="sari").pin != ""
    for another in (entry(channel="counter", form=form, text="Lain"), entry(channel="counter", form=other)):
        assert not enter(another, actor="sari").again
    for _ in range(2):
        enter(entry(channel="counter"), actor="sari")
    assert Complaint.objects.count() == 6
    assert form.encode() not in (center_data / "center.db").read_bytes()


def test_a_word_that_is_no_forms_is_refused(center_data: Path) -> None:
    from center.complaints.errors import EntryError
    from center.complaints.manual import enter

    centre_key(center_data)
    for word in ("x", "1234567890123-" + "g" * 32, "1" * 13 + "-" + "0" * 32 + "\n", "١" * 13 + "-" + "0" * 32):
        with pytest.raises(EntryError) as caught:
            enter(entry(form=word), actor="sari")
        assert caught.value.field == "form"


def test_without_a_sealing_key_nothing_is_taken(center_data: Path) -> None:
    from center.complaints.manual import enter
    from center.complaints.models import Complaint
    from center.sealing import SealingError

    with pytest.raises(SealingError):
        enter(entry(), actor="sari")
    assert Complaint.objects.count() == 0


@settings(max_examples=often(15, 40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=4200), st.text(max_size=120), st.text(max_size=120), st.text(max_size=140))
def test_any_text_is_stored_as_text_or_refused_clearly(
    center_data: Path, text: str, name: str, contact: str, external_id: str
) -> None:
    from center.complaints.disclosure import open_box
    from center.complaints.errors import EntryError
    from center.complaints.manual import enter

    centre_key(center_data)
    try:
        done = enter(entry(text=text, name=name, contact=contact, external_id=external_id), actor="sari")
    except EntryError as refused:
        assert refused.field in {"text", "name", "contact", "external_id"}
        return
    row = complaint(done.service_request_id)
    plain = open_box(row)
    assert plain.text and len(plain.text) <= 4000
    assert row.identity == ("contact" if plain.contact else "anonymous")
    if not done.duplicate:
        assert set("".join(plain.text.split())) <= set(
            "".join(__import__("unicodedata").normalize("NFC", text).split())
        )


def test_pages_counts_and_interfaces_bear_a_complaint_without_a_node(center_data: Path) -> None:
    from center.complaints.manual import enter
    from center.ingest.changes import newest_change
    from center.worker.redating import redate

    centre_key(center_data)
    before = newest_change()
    done = enter(entry(at_ms=now_ms() - 86_400_000), actor="sari")
    assert newest_change() > before
    while redate():
        pass
    assert complaint(done.service_request_id).at_ms < now_ms() - 86_000_000
