"""Only whole JPEGs of the size they claim get in: what is cut, prolonged, faked or oversized is named and refused."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from center.core.whole_jpeg import check
from wire.errors import WireError


def jpeg(width: int = 96, height: int = 64, mode: str = "RGB", **options: object) -> bytes:
    """A drawn picture as Pillow writes it."""
    image = Image.new(mode, (width, height), 90)
    drawing = ImageDraw.Draw(image)
    for step in range(0, width, 7):
        drawing.line((step, 0, width - step, height), 200)
    out = io.BytesIO()
    image.save(out, "JPEG", **options)
    return out.getvalue()


def why(image: bytes, width: int = 96, height: int = 64) -> str:
    with pytest.raises(WireError) as caught:
        check(image, width, height)
    assert caught.value.code == "jpeg"
    return caught.value.detail


@pytest.mark.parametrize(
    "options",
    [{}, {"progressive": True}, {"optimize": True, "quality": 20}, {"mode": "L"}, {"restart_marker_blocks": 2},
     {"comment": b"hello"}, {"exif": b"Exif\0\0" + b"x" * 90}, {"subsampling": 0, "quality": 95}],
    ids=str,
)  # fmt: skip
def test_every_kind_of_picture_cameras_make_is_whole(options: dict[str, object]) -> None:
    image = jpeg(**options)  # type: ignore[arg-type]
    check(image, 96, 64)
    assert why(image, 96, 65).startswith("96x64 pixels")


def test_a_picture_with_anything_behind_it_is_refused() -> None:
    image = jpeg()
    assert "bytes behind the picture" in why(image + b"PK\x03\x04 an archive" + b"\xff\xd9")
    assert "bytes behind the picture" in why(image + image)


def test_a_header_that_claims_more_than_browsers_should_decode_is_refused() -> None:
    image = bytearray(jpeg())
    at = image.index(b"\xff\xc0")
    struct.pack_into(">HH", image, at + 5, 12_000, 12_000)
    assert "at most 50000000" in why(bytes(image), 12_000, 12_000)
    struct.pack_into(">HH", image, at + 5, 65_000, 10)
    assert "16384 a side" in why(bytes(image), 10, 65_000)
    image[at + 1] = 0xC3
    assert "browsers do not show" in why(bytes(image))


def test_more_than_one_frame_no_frame_and_no_picture_are_refused() -> None:
    image = jpeg()
    frame = image[image.index(b"\xff\xc0") : image.index(b"\xff\xc4")]
    assert why(image.replace(frame, frame + frame, 1)) == "more than one frame"
    assert why(image.replace(frame, b"", 1)) == "a scan before its frame"
    assert why(image[: image.index(b"\xff\xda")] + b"\xff\xd9") == "no picture in it"
    assert why(b"\xff\xd8\xff\xd9") == "no picture in it"
    assert "more than 1000 segments" in why(b"\xff\xd8" + b"\xff\xfe\x00\x02" * 1001 + b"\xff\xd9")


@given(st.integers(0, 10_000), st.booleans())
def test_a_picture_cut_anywhere_is_refused(cut: int, progressive: bool) -> None:
    image = jpeg(progressive=progressive)
    cut %= len(image) - 1
    with pytest.raises(WireError):
        check(image[:cut], 96, 64)
    with pytest.raises(WireError):
        check(image[:cut] + b"\xff\xd9", 96, 64) if cut < image.index(b"\xff\xda") else check(image[:cut], 96, 64)


@given(st.binary(max_size=400), st.integers(0, 400))
def test_any_bytes_end_in_a_picture_or_a_named_refusal(noise: bytes, at: int) -> None:
    image = jpeg()
    for file in (noise, b"\xff\xd8" + noise, image[:at] + noise + image[at:]):
        try:
            check(file, 96, 64)
        except WireError as error:
            assert error.code == "jpeg"
        else:
            assert file[:2] == b"\xff\xd8" and file[-2:] == b"\xff\xd9"
