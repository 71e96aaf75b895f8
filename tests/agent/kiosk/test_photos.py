"""Photos on their whole way: made anew, sealed, kept until the centre has them, and not twice."""

import pytest
from nacl.public import SealedBox
from PIL import Image

from agent.kiosk.errors import IntakeError
from tests.support.in_loop import in_loop
from tests.support.kiosk_box import Kiosk
from tests.support.kiosk_photos import a_picture, handed_over, held, opened

Request = dict[str, object]


@in_loop
async def test_photos_go_with_their_complaint_sealed_and_named(kiosk: Kiosk, request_: Request) -> None:
    ids = [await handed_over(kiosk, a_picture(size=(700, 500 + n)), n, step=50_000) for n in range(2)]
    ticket = await kiosk.intake.submit({**request_, "photos": ids})
    assert ticket["photos"] == 2 and kiosk.complaints()[0].photos == 2
    await kiosk.settled()
    found = held(kiosk)
    assert [one.record.service_request_id for one in found] == [ticket["service_request_id"]] * 2
    assert [opened(kiosk, one.sealed).size for one in found] == [(700, 500), (700, 501)]
    assert {one.record.key_id for one in found} == {kiosk.complaints()[0].sealed.key_id}
    for _ in range(2):
        await kiosk.settled()
    assert len(held(kiosk)) == 2, "a photo is given once"
    kiosk.outbox.acknowledge(kiosk.outbox.epoch, "attachment", [(1, 2)])
    await kiosk.settled()
    assert kiosk.intake.album.undelivered() == []


@in_loop
async def test_the_same_submission_again_is_the_same_ticket_with_the_same_photos(
    kiosk: Kiosk, request_: Request
) -> None:
    asked = {**request_, "photos": [await handed_over(kiosk, a_picture())]}
    first = await kiosk.intake.submit(asked)
    await kiosk.settled()
    kiosk.reopen()
    again = await kiosk.intake.submit(asked)
    assert (again.pop("duplicate"), first.pop("duplicate")) == (True, False) and again == first
    await kiosk.settled()
    assert len(held(kiosk)) == len(kiosk.complaints()) == 1
    with pytest.raises(IntakeError) as refusal:
        await kiosk.intake.submit({**request_, "photos": []})
    assert refusal.value.code == "client_id_reused"


@in_loop
async def test_a_photo_belongs_to_one_ticket_and_one_that_is_not_here_is_said_to_be(
    kiosk: Kiosk, request_: Request
) -> None:
    photo_id = await handed_over(kiosk, a_picture())
    await kiosk.intake.submit({**request_, "photos": [photo_id]})
    for wanted in (photo_id, "f" * 32):
        with pytest.raises(IntakeError) as refusal:
            await kiosk.intake.submit({**request_, "client_id": "q" * 32, "photos": [wanted]})
        assert refusal.value.code == "photo_unknown"
    assert (await kiosk.intake.status())["tickets"] == 1, "nothing of the refused one is left"
    without = await kiosk.intake.submit({**request_, "client_id": "q" * 32})
    assert without["duplicate"] is False


@in_loop
async def test_photos_are_given_again_when_the_outbox_lost_them_with_the_same_sealed_bytes(
    kiosk: Kiosk, request_: Request
) -> None:
    ids = [await handed_over(kiosk, a_picture())]
    await kiosk.intake.submit({**request_, "photos": ids})
    await kiosk.settled()
    (before,) = held(kiosk)
    kiosk.outbox.new_epoch("clone", kiosk.clock.stamp())
    await kiosk.settled()
    (moved,) = held(kiosk)
    kiosk.abandon()
    for path in (kiosk.directory / "outbox").rglob("*"):
        if path.is_file():
            path.unlink()
    kiosk._open()
    await kiosk.settled()
    (again,) = held(kiosk)
    assert before.record.sha256 == moved.record.sha256 == again.record.sha256
    assert before.record.service_request_id == again.record.service_request_id
    assert len(kiosk.complaints()) == 1


@in_loop
async def test_a_photo_whose_file_was_damaged_is_given_up_and_the_complaint_goes(
    kiosk: Kiosk, request_: Request
) -> None:
    ids = [await handed_over(kiosk, a_picture())]
    ticket = await kiosk.intake.submit({**request_, "photos": ids})
    (file,) = kiosk.intake.album.folder.iterdir()
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    await kiosk.settled()
    assert held(kiosk) == [] and kiosk.complaints()[0].service_request_id == ticket["service_request_id"]
    assert kiosk.intake.album.undelivered() == []


@in_loop
async def test_nothing_of_the_picture_is_on_the_disk_and_nothing_but_pixels_is_sealed(
    kiosk: Kiosk, request_: Request
) -> None:
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "KATASANDI di rumah saya", 6
    exif.get_ifd(0x8825)[1] = "S"
    raw = a_picture(exif=exif.tobytes(), comment=b"KATASANDI", icc_profile=b"KATASANDI" * 20)
    assert raw.count(b"KATASANDI") >= 20
    await kiosk.intake.submit({**request_, "photos": [await handed_over(kiosk, raw)]})
    await kiosk.settled()
    (sent,) = held(kiosk)
    plain = SealedBox(kiosk.private_key).decrypt(sent.sealed)
    assert b"KATASANDI" not in plain and b"Exif" not in plain and b"ICC_PROFILE" not in plain
    assert opened(kiosk, sent.sealed).size == (300, 400), "turned the right way up before its tag goes"
    disk = kiosk.raw_bytes()
    assert not [one for one in (b"\xff\xd8\xff", b"JFIF", raw[1000:1040], plain[900:940]) if one in disk]


@in_loop
async def test_photos_that_wait_at_known_places_are_not_read_for_each_new_one(
    kiosk: Kiosk, request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After days without the centre hundreds of them wait: a new one must not read them all from the card."""
    for number in range(3):
        photo_id = await handed_over(kiosk, a_picture(size=(60, 40 + number)), client_id=f"{number}" * 20)
        await kiosk.intake.submit({**request_, "client_id": f"{number:032}", "photos": [photo_id]})
        with monkeypatch.context() as patch:
            patch.setattr(kiosk.outbox, "read_file", lambda *_: pytest.fail("a photo was read"))
            await kiosk.settled()
    assert len(held(kiosk)) == 3
