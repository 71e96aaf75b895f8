"""A complaint is found by the citizen's code and by its number; the number opens nothing in the code's place."""

import json
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.desk import PIN, SECRET, complaint, file_complaint, hand_in
from wire.tickets import HANDLE_SALT, handle_secret, make_code, make_handle, normalize_code

WHY = "permintaan pelapor"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(min_size=6, max_size=6))
def test_centre_and_node_make_the_same_handle_of_a_code(center_data: Path, drawn: bytes) -> None:
    """Two libraries: argon2's own reference code here, libsodium on the box."""
    from agent.kiosk.stretch import stretched
    from center.complaints.codes import handle_of

    code = make_code(drawn)
    handle = handle_of(code)
    assert handle == make_handle(stretched(handle_secret(code), HANDLE_SALT)) != code
    assert normalize_code(handle) == handle, "it looks like any other"


def test_the_example_of_the_protocol_is_right(center_data: Path) -> None:
    from center.complaints.codes import handle_of

    text = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text(encoding="utf-8")
    assert f"`K7F29QX31G` has the handle `{handle_of('K7F29QX31G')}`" in text


def test_a_kiosk_s_complaint_is_found_by_the_citizen_s_code_and_by_its_number(center_data: Path) -> None:
    from center.complaints.codes import find

    one, code = hand_in(center_data)
    hand_in(center_data)
    number = complaint(one).code
    assert number != code
    for typed in (code, code.lower(), f" {code[:5]}-{code[5:]} ", number, number.lower()):
        found = find(typed)
        assert found is not None and found.pk == one, typed


def test_one_whose_code_stands_as_it_is_is_found_as_before(center_data: Path) -> None:
    """Entered at the desk, over Open311, or by a node from before there were handles."""
    from center.complaints.codes import find
    from center.complaints.manual import Entry, enter

    old = file_complaint(center_data)
    found = find(complaint(old).code)
    assert found is not None and found.pk == old
    entered = enter(Entry(channel="counter", category="aduan", text=SECRET), actor="sari")
    found = find(entered.code)
    assert found is not None and found.pk == entered.service_request_id


def test_a_code_that_another_complaint_has_gets_a_suffix_and_no_voice_is_refused(center_data: Path) -> None:
    ids = [file_complaint(center_data, code="K7F29QX31G") for _ in range(3)]
    file_complaint(center_data)
    assert [complaint(one).code for one in ids] == ["K7F29QX31G", "K7F29QX31G-2", "K7F29QX31G-3"]


@pytest.mark.parametrize("typed", ["", "K", "K7F29QX31G", "K7F29QX310", "x" * 500, "\0", "%", "' OR 1=1 --", "0" * 10])
def test_what_belongs_to_nobody_finds_nobody(center_data: Path, typed: str) -> None:
    from center.complaints.codes import find

    hand_in(center_data)
    assert find(typed) is None


def test_what_is_typed_becomes_the_number_and_a_part_stays_a_part(center_data: Path) -> None:
    from center.complaints.codes import number_meant
    from center.complaints.models import Complaint

    (one, code), (other, _) = hand_in(center_data), hand_in(center_data)
    rows = Complaint.objects.all()
    for typed in (code, f"{code[:5]} {code[5:].lower()}", complaint(one).code, complaint(one).code.lower()):
        assert number_meant(typed, rows) == complaint(one).code, typed
    assert number_meant(complaint(other).code[:7], rows) == complaint(other).code[:7]
    assert number_meant("", rows) == ""
    # A code nobody has, and one that others have: neither comes back as it was typed.
    assert number_meant(code, Complaint.objects.none()) == complaint(one).code
    assert number_meant(make_code(b"654321"), rows) not in {"", make_code(b"654321")}


def test_the_pin_fits_with_the_code_alone_also_after_erasure(center_data: Path) -> None:
    from center.complaints.disclosure import pin_fits
    from center.complaints.erasure import erase

    one, code = hand_in(center_data)
    for _ in range(2):
        row = complaint(one)
        assert pin_fits(row, PIN, code)
        assert not pin_fits(row, PIN), "the number is no code"
        assert not pin_fits(row, PIN, make_code(b"123456"))
        assert not pin_fits(row, "0000", code) and not pin_fits(row, code + PIN)
        erase(one, actor="sari", reason=WHY)
    assert complaint(one).erased_ms and code not in str(vars(complaint(one)))


def test_the_opened_text_and_the_citizen_s_copy_name_the_code_and_nothing_else_of_the_centre_does(
    center_data: Path,
) -> None:
    from center.complaints.disclosure import open_text
    from center.complaints.export import export

    one, code = hand_in(center_data, identity="confidential")
    opened = open_text(complaint(one), "dinas", "menjawab", with_identity=False)
    assert (opened.code, opened.name) == (code, "") and code not in repr(opened)
    with zipfile.ZipFile(BytesIO(export(one, actor="sari", reason=WHY))) as file:
        copy = json.loads(file.read("pengaduan.json"))
    assert (copy["number"], copy["typed"]["code"]) == (complaint(one).code, code)
    files = [path.read_bytes() for path in center_data.rglob("*") if path.is_file()]
    assert any(one.encode() in content for content in files), "the search looks at the right files"
    assert not any(code.encode() in content for content in files)
