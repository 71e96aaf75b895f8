"""Photos: opened by a process that can be killed, made anew, sealed, kept until the centre has them, and not twice."""

import asyncio
import base64
import hashlib
import io
import os
import random
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nacl.public import SealedBox
from PIL import Image

from agent.kiosk import photo_worker, photos
from agent.kiosk.bounds import CHUNK_BYTES_MAX, PHOTO_BYTES_MAX
from agent.kiosk.errors import IntakeError
from agent.kiosk.photos import Uploads, read_piece
from tests.support.full_disk import fill_disk
from tests.support.in_loop import in_loop
from tests.support.kiosk_box import Kiosk
from wire import attachment

Request = dict[str, object]
CLIENT = "p" * 32


def a_picture(kind: str = "JPEG", size: tuple[int, int] = (400, 300), **options: object) -> bytes:
    """Noise, so that it does not compress to nothing."""
    noise = random.Random(1).randbytes(size[0] * size[1] * 3)
    made = io.BytesIO()
    Image.frombytes("RGB", size, noise).save(made, kind, **options)  # type: ignore[arg-type]
    return made.getvalue()


def pieces(raw: bytes, index: int = 0, step: int = CHUNK_BYTES_MAX, client_id: str = CLIENT) -> list[Request]:
    whole = {"op": "photo", "client_id": client_id, "index": index, "bytes_total": len(raw), "lang": "id"}
    whole["sha256"] = hashlib.sha256(raw).hexdigest()
    return [
        whole | {"offset": at, "data": base64.b64encode(raw[at : at + step]).decode()}
        for at in range(0, max(1, len(raw)), step)
    ]


async def handed_over(kiosk: Kiosk, raw: bytes, index: int = 0, **more: object) -> str:
    for piece in pieces(raw, index, **more):  # type: ignore[arg-type]
        answer = await kiosk.intake.photo(piece)
    assert answer["complete"] is True and answer["have_bytes"] == len(raw)
    return str(answer["photo_id"])


def held(kiosk: Kiosk) -> list[attachment.Attachment]:
    """The photos that wait in the outbox."""
    found = [kiosk.outbox.read_file("attachment", row) for row in kiosk.outbox.page("attachment", 0, 10_000_000)]
    return [attachment.unpack(raw or b"") for raw in found]


def opened(kiosk: Kiosk, sealed: bytes) -> Image.Image:
    return Image.open(io.BytesIO(SealedBox(kiosk.private_key).decrypt(sealed)))


# -- the whole way -------------------------------------------------------------------------------------------------


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


# -- what cannot be a photo ------------------------------------------------------------------------------------------


def _png_claiming(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


HOSTILE = {
    "text": b"<html>bukan foto</html>",
    "a script": b"#!/bin/sh\nrm -rf /\n",
    "half a jpeg": a_picture()[:5000],
    "jpeg head": b"\xff\xd8\xff\xe0" + b"\0" * 500,
    "a gif": b"GIF89a" + bytes(100),
    "an svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "a png without its pixels": _png_claiming(300, 300),
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(system) run\n",
    "zip": b"PK\x03\x04" + bytes(200),
    "one byte": b"\xff",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_picture_is_refused_and_the_complaint_can_go_without(
    kiosk: Kiosk, request_: Request, name: str
) -> None:
    async def scenario() -> None:
        with pytest.raises(IntakeError) as refusal:
            await handed_over(kiosk, HOSTILE[name])
        assert refusal.value.code == "photo_unreadable" and refusal.value.permanent
        assert (await kiosk.intake.submit(request_))["photos"] == 0
        assert (await kiosk.intake.status())["photos"] == 0

    asyncio.run(scenario())


@in_loop
async def test_a_bomb_of_pixels_is_refused_by_its_claim(kiosk: Kiosk) -> None:
    for width, height in ((50_000, 50_000), (65_535, 65_535), (3000, 3001)):
        with pytest.raises(IntakeError) as refusal:
            await handed_over(kiosk, _png_claiming(width, height))
        assert refusal.value.code == "photo_too_large"


@in_loop
async def test_bytes_that_are_not_those_announced_are_refused(kiosk: Kiosk) -> None:
    raw = a_picture()
    (piece,) = pieces(raw, step=PHOTO_BYTES_MAX)[:1]
    for change in ({"sha256": "0" * 64},):
        with pytest.raises(IntakeError) as refusal:
            for part in pieces(raw):
                await kiosk.intake.photo({**part, **change})
        assert refusal.value.code == "photo_unreadable"
    with pytest.raises(IntakeError) as refusal:
        await kiosk.intake.photo(piece | {"bytes_total": PHOTO_BYTES_MAX + 1, "data": ""})
    assert refusal.value.code == "photo_too_large"


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "short"},
        {"client_id": None},
        {"index": 3},
        {"index": -1},
        {"index": True},
        {"index": "0"},
        {"bytes_total": 0},
        {"bytes_total": 1.5},
        {"offset": -1},
        {"offset": 10**30},
        {"data": "!!!"},
        {"data": 5},
        {"data": base64.b64encode(bytes(CHUNK_BYTES_MAX + 1)).decode()},
        {"sha256": "zz"},
        {"sha256": None},
        {"path": "../../etc/passwd"},
    ],
)
def test_a_piece_that_is_none_is_refused(change: Request) -> None:
    (piece,) = pieces(a_picture(size=(20, 20)))
    with pytest.raises(IntakeError) as refusal:
        read_piece(piece | change)
    assert refusal.value.code == "bad_request" and refusal.value.permanent


@given(
    st.dictionaries(
        st.sampled_from(["client_id", "index", "bytes_total", "offset", "data", "sha256", "op", "lang", "x"]),
        st.none() | st.booleans() | st.integers() | st.text(max_size=70) | st.binary(max_size=9),
    )
)
def test_any_object_is_a_piece_or_the_one_error(request: Request) -> None:
    try:
        piece = read_piece(request)
    except IntakeError as error:
        assert error.message("id") and error.message("en")
        return
    assert piece.offset + len(piece.data) <= piece.bytes_total <= PHOTO_BYTES_MAX


# -- on the way --------------------------------------------------------------------------------------------------------


@in_loop
async def test_pieces_again_change_nothing_and_one_too_early_is_asked_for_again(kiosk: Kiosk) -> None:
    raw = a_picture()
    first, second, *rest = pieces(raw, step=len(raw) // 4 + 1)
    answers = [await kiosk.intake.photo(piece) for piece in (first, first, rest[0], second, first, *rest)]
    step = len(raw) // 4 + 1
    assert [answer["have_bytes"] for answer in answers] == [step, step, step, 2 * step, 2 * step, 3 * step, len(raw)]
    assert [answer["complete"] for answer in answers] == [False] * 6 + [True]
    again = await kiosk.intake.photo(rest[-1])
    assert again == answers[-1], "the answer to the last piece was lost"
    assert (await kiosk.intake.status())["photos"] == 1


@in_loop
async def test_after_a_restart_an_upload_begins_anew(kiosk: Kiosk) -> None:
    raw = a_picture()
    first, second, *_ = pieces(raw, step=len(raw) // 2)
    await kiosk.intake.photo(first)
    await kiosk.intake._at_the_door().uploads.close()
    kiosk.reopen()
    assert await kiosk.intake.photo(second) == {"photo_id": "", "have_bytes": 0, "complete": False}
    assert await handed_over(kiosk, raw)


@in_loop
async def test_two_are_taken_at_once_a_third_waits_and_another_picture_takes_the_place_of_the_first(
    kiosk: Kiosk,
) -> None:
    raw = a_picture()
    begun = [pieces(raw, client_id=f"{n}" * 20, step=1000)[0] for n in range(3)]
    for piece in begun[:2]:
        await kiosk.intake.photo(piece)
    with pytest.raises(IntakeError) as refusal:
        await kiosk.intake.photo(begun[2])
    assert refusal.value.code == "photo_busy" and not refusal.value.permanent
    other = a_picture(size=(200, 200))
    await handed_over(kiosk, other, client_id="0" * 20)
    await kiosk.intake.photo(begun[2])
    await kiosk.intake._at_the_door().uploads.close()


def _worker_that(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("import time; time.sleep(600)", "photo_too_large"),
        ("import sys; sys.stdin.readline(); print('{}')", "photo_unreadable"),
        ("raise SystemExit(1)", ""),
        ("import sys; sys.stdin.readline(); print('[' * 100000, flush=True); sys.stdin.read()", "photo_unreadable"),
        ("import sys; sys.stdin.readline(); print('{\"size_bytes\": 99999999}', flush=True); sys.stdin.read()", ""),
        ("import sys; sys.stdin.readline(); print('{\"size_bytes\": 10}', flush=True)", "photo_unreadable"),
    ],
)
def test_a_worker_that_hangs_dies_or_lies_is_killed_and_said_to_be(code: str, answer: str) -> None:
    async def scenario() -> None:
        uploads = Uploads(_worker_that(code), work_s=1.5)
        with pytest.raises(IntakeError) as refusal:
            for piece in pieces(a_picture()):
                await uploads.take(read_piece(piece), b"k" * 32)
        assert refusal.value.code in ((answer,) if answer else ("photo_busy", "photo_unreadable"))
        assert uploads._going == {}
        await uploads.close()

    asyncio.run(scenario())


@in_loop
async def test_an_upload_that_does_not_end_is_given_up_with_its_process() -> None:
    uploads = Uploads(upload_s=0.0)
    (piece,) = pieces(a_picture(size=(30, 30)), step=500)[:1]
    await uploads.take(read_piece(piece), b"k" * 32)
    (upload,) = uploads._going.values()
    pid = upload.child.pid
    await asyncio.sleep(0.01)
    await uploads.drop_old()
    assert uploads._going == {}
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@in_loop
async def test_a_full_disk_refuses_a_photo_before_it_is_sent(
    kiosk: Kiosk, request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_disk(kiosk.outbox, monkeypatch)
    with pytest.raises(IntakeError) as refusal:
        await kiosk.intake.photo(pieces(a_picture())[0])
    assert refusal.value.code == "storage_full"


@in_loop
async def test_a_box_that_takes_no_photos_says_so_at_the_door(kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.kiosk.handing_in.can_decode", lambda: False)
    assert (await kiosk.intake.ready())["limits"]["photos"] == 0  # type: ignore[index]
    with pytest.raises(IntakeError) as refusal:
        await kiosk.intake.photo(pieces(a_picture())[0])
    assert refusal.value.code == "photo_off"


def test_the_library_is_found_without_being_loaded() -> None:
    assert photos.can_decode() is True


# -- what the worker makes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("size", [(1, 1), (2400, 1700), (1600, 2), (3, 2000)])
def test_any_picture_becomes_a_small_jpeg_of_its_pixels(kind: str, size: tuple[int, int]) -> None:
    made = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(made, kind)
    anew = photo_worker.made_anew(made.getvalue())
    with Image.open(io.BytesIO(anew)) as image:
        assert image.format == "JPEG" and image.mode == "RGB" and not image.getexif() and max(image.size) <= 1600
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert len(anew) <= photo_worker.MAX_JPEG_BYTES


def test_noise_is_squeezed_below_the_bound_and_transparency_becomes_white() -> None:
    assert len(photo_worker.made_anew(a_picture("JPEG", (1600, 1600), quality=95))) <= photo_worker.MAX_JPEG_BYTES
    made = io.BytesIO()
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(made, "PNG")
    with Image.open(io.BytesIO(photo_worker.made_anew(made.getvalue()))) as image:
        assert image.getpixel((10, 10)) == (255, 255, 255)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_orientation_is_turned_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.new("RGB", (64, 32), "black")
    image.paste("white", (0, 0, 16, 16))
    made = io.BytesIO()
    image.save(made, "JPEG", exif=exif.tobytes(), quality=95)
    from PIL import ImageOps

    wanted = ImageOps.exif_transpose(Image.open(io.BytesIO(made.getvalue())))
    with Image.open(io.BytesIO(photo_worker.made_anew(made.getvalue()))) as found:
        assert found.size == wanted.size
        for point in ((4, 4), (wanted.width - 5, 4), (4, wanted.height - 5), (wanted.width - 5, wanted.height - 5)):
            assert abs(found.getpixel(point)[0] - wanted.getpixel(point)[0]) < 60  # type: ignore[index]


@given(st.binary(max_size=400), st.sampled_from(["JPEG", "PNG", "WEBP"]), st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_damaged_pictures_are_a_picture_or_the_one_error(noise: bytes, kind: str, data: st.DataObject) -> None:
    raw = bytearray(a_picture(kind, (40, 30)))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at : at + len(noise)] = noise
    try:
        anew = photo_worker.made_anew(bytes(raw))
    except photo_worker.PhotoError as error:
        assert error.code in ("photo_unreadable", "photo_too_large")
        return
    assert anew.startswith(b"\xff\xd8") and len(anew) <= photo_worker.MAX_JPEG_BYTES


def test_the_daemon_s_side_loads_neither_pillow_nor_libsodium(tmp_path: Path) -> None:
    import subprocess

    code = (
        "import sys; import agent.kiosk.handing_in, agent.kiosk.answering, agent.kiosk.photos\n"
        "heavy = {'nacl', 'PIL', 'click', 'rich', 'email', 'cryptography', 'urllib.request'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
