"""What the photo's process makes of any bytes: a small JPEG of bare pixels, or the one error."""

import asyncio
import io
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from agent.kiosk import photo_worker
from agent.kiosk.bounds import PHOTO_BYTES_MAX
from agent.kiosk.errors import IntakeError
from tests.support.in_loop import in_loop
from tests.support.kiosk_box import Kiosk
from tests.support.kiosk_photos import a_picture, handed_over, pieces

Request = dict[str, object]


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
