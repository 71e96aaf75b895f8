"""Nothing that was typed or photographed is shown before it is on record who sees it, and why."""

from dataclasses import astuple
from pathlib import Path

import pytest

from tests.support.arrivals import picture_bytes
from tests.support.desk import CONTACT, NAME, NODE, PIN, SECRET, add_photo, complaint, file_complaint, log

WHY = "menghubungi pelapor"


def test_opening_writes_who_and_why_and_shows_all_but_the_pin(center_data: Path) -> None:
    from center.complaints.disclosure import open_text, seen_by, who_saw

    row = complaint(file_complaint(center_data, identity="contact", typed={"rt_rw": "03/05"}))
    opened = open_text(row, "sari", f"  {WHY}\n", with_identity=True)
    assert (opened.text, opened.name, opened.contact, opened.rt_rw, opened.withheld) == (
        SECRET, NAME, CONTACT, "03/05", False,
    )  # fmt: skip
    assert PIN not in astuple(opened) and not hasattr(opened, "pin")
    assert SECRET not in repr(opened)
    assert [(one.actor, one.what, one.reason) for one in who_saw(row.pk)] == [("sari", "identity", WHY)]
    assert [one.service_request_id for one in seen_by("sari")] == [row.pk]
    assert not seen_by("budi").exists()
    assert log(row.pk)[-1] == ("opened", "received", "identity")


def test_a_confidential_citizen_stays_unknown_to_whoever_may_not_know(center_data: Path) -> None:
    from center.complaints.disclosure import open_photo, open_text, photos_of, who_saw
    from center.complaints.errors import WithheldError

    row = complaint(file_complaint(center_data, identity="confidential"))
    add_photo(center_data, row.pk, picture_bytes())
    opened = open_text(row, "dinas", WHY, with_identity=False)
    assert (opened.text, opened.name, opened.contact, opened.withheld) == (SECRET, "", "", True)
    with pytest.raises(WithheldError):
        open_photo(row, photos_of(row)[0], "dinas", WHY, with_identity=False)
    assert [one.what for one in who_saw(row.pk)] == ["text"]
    assert open_text(row, "sari", WHY, with_identity=True).name == NAME


@pytest.mark.parametrize("reason", ["", "  ", "ab", "x" * 301])
def test_without_a_reason_nothing_is_opened_and_nothing_is_on_record(center_data: Path, reason: str) -> None:
    from center.complaints.disclosure import open_text, who_saw
    from center.complaints.errors import EntryError

    row = complaint(file_complaint(center_data))
    with pytest.raises(EntryError) as refused:
        open_text(row, "sari", reason, with_identity=True)
    assert refused.value.field == "reason"
    assert not who_saw(row.pk).exists()


def test_an_attempt_without_the_key_is_on_record_all_the_same(center_data: Path) -> None:
    from center.complaints.disclosure import open_text, who_saw
    from center.sealing import SealingError

    row = complaint(file_complaint(center_data))
    (center_data / "keys" / "seal.key").unlink()
    with pytest.raises(SealingError, match="no sealing key"):
        open_text(row, "sari", WHY, with_identity=True)
    assert who_saw(row.pk).count() == 1


def test_the_record_is_committed_before_the_text_is_shown_never_with_it(center_data: Path) -> None:
    """Inside somebody's transaction it could be rolled back after the text was read: that is refused."""
    from django.db import transaction

    from center.complaints.disclosure import open_text

    row = complaint(file_complaint(center_data))
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        open_text(row, "sari", WHY, with_identity=True)


def test_a_photograph_opens_as_the_jpeg_it_was(center_data: Path) -> None:
    from center.complaints.disclosure import open_photo, photos_of, who_saw

    row = complaint(file_complaint(center_data))
    picture = picture_bytes()
    add_photo(center_data, row.pk, picture)
    (number,) = photos_of(row)
    assert open_photo(row, number, "sari", WHY, with_identity=False) == picture
    assert [one.what for one in who_saw(row.pk)] == ["photo"]


def test_what_is_no_picture_is_too_large_or_gone_is_not_shown(center_data: Path) -> None:
    from center.complaints.disclosure import open_photo
    from center.sealing import SealingError

    row = complaint(file_complaint(center_data))
    page = add_photo(center_data, row.pk, b"<html><script>alert(1)</script></html>", seq=1)
    wide = add_photo(center_data, row.pk, picture_bytes(size=(5000, 8)), seq=2)
    gone = add_photo(center_data, row.pk, picture_bytes(), seq=3)
    torn = add_photo(center_data, row.pk, picture_bytes((1, 2, 3)), seq=4)
    (center_data / gone.path).unlink()
    (center_data / torn.path).write_bytes((center_data / torn.path).read_bytes()[:-9])
    for photo, why in ((page, "no JPEG"), (wide, "larger"), (gone, "not here"), (torn, "damaged")):
        with pytest.raises(SealingError, match=why):
            open_photo(row, photo.pk, "sari", WHY, with_identity=True)


def test_another_nodes_photograph_of_this_complaint_is_not_its_photograph(center_data: Path) -> None:
    from center.complaints.disclosure import open_photo, photos_of
    from center.complaints.models import Attachment

    row = complaint(file_complaint(center_data))
    foreign = add_photo(center_data, row.pk, picture_bytes(), node="kel-3673011002")
    assert photos_of(row) == []
    with pytest.raises(Attachment.DoesNotExist):
        open_photo(row, foreign.pk, "sari", WHY, with_identity=True)


def test_a_pin_is_compared_and_nothing_is_on_record(center_data: Path) -> None:
    from center.complaints.disclosure import pin_fits, who_saw

    row = complaint(file_complaint(center_data))
    assert pin_fits(row, PIN)
    for wrong in ("", "0000", PIN + "0", "4" * 1000, "\x00", "４８２１"):
        assert not pin_fits(row, wrong)
    assert not who_saw(row.pk).exists()
    assert row.node == NODE
