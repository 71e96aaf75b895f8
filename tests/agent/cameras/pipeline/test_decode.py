"""Decoding within bounds: the header is judged before a byte is decoded, and every broken picture is a typed error."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from agent.cameras.base import CameraError, Frame, PictureInvalidError, PictureTooLargeError, TruncatedError
from agent.cameras.pipeline.decode import decode
from tests.agent.cameras.pipeline import scenes


def jpeg(size: tuple[int, int] = (640, 360), **options: object) -> bytes:
    target = io.BytesIO()
    scenes.view("coffee").resize(size).save(target, "JPEG", **options)
    return target.getvalue()


def sized(content: bytes, width: int, height: int) -> bytes:
    """The same file with another size in its frame header."""
    at = max(content.find(b"\xff\xc0"), content.find(b"\xff\xc2"))
    return content[: at + 5] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + content[at + 9 :]


SMALL = jpeg((64, 36))


@pytest.mark.parametrize(("width", "height"), [(8192, 6144), (8000, 6250), (8192, 8192)])
def test_a_header_of_fifty_megapixels_is_too_many_pixels(width: int, height: int) -> None:
    with pytest.raises(PictureTooLargeError, match=f"too many pixels: {width}x{height}"):
        decode(Frame(width, height, 0, sized(SMALL, width, height)))


def test_a_progressive_picture_has_a_bound_of_its_own() -> None:
    bomb = sized(jpeg((64, 36), progressive=True), 5000, 5000)
    with pytest.raises(PictureTooLargeError, match="at most 9 million"):
        decode(Frame(1, 1, 0, bomb))


def test_pixels_have_the_same_bounds_as_a_file() -> None:
    with pytest.raises(PictureTooLargeError, match="too many pixels"):
        decode(Frame(8000, 6250, 0, pixels=Image.new("RGB", (8000, 6250))))


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("size", [(640, 360), (2560, 1440)])
def test_a_picture_with_an_end_too_early_is_truncated(share: float, size: tuple[int, int]) -> None:
    whole = jpeg(size)
    with pytest.raises(TruncatedError, match="before it was whole"):
        decode(Frame(*size, 0, whole[: round(len(whole) * share)] + b"\xff\xd9"))


def test_a_picture_all_of_one_grey_is_a_picture() -> None:
    target = io.BytesIO()
    Image.new("RGB", (64, 48), (128, 128, 128)).save(target, "JPEG")
    assert decode(Frame(64, 48, 0, target.getvalue())).picture.getpixel((0, 0)) == (128, 128, 128)


@given(st.lists(st.tuples(st.integers(2, len(SMALL) - 3), st.integers(0, 255)), min_size=1, max_size=12))
def test_a_damaged_picture_is_pixels_or_a_typed_error(damage: list[tuple[int, int]]) -> None:
    content = bytearray(SMALL)
    for at, value in damage:
        content[at] = value
    try:
        decoded = decode(Frame(64, 36, 0, bytes(content)))
    except CameraError as error:
        assert error.code in ("picture_invalid", "picture_too_large", "truncated")
        return
    assert decoded.picture.mode == "RGB"


@given(st.binary(max_size=400))
def test_any_exif_is_a_picture_or_a_typed_error(exif: bytes) -> None:
    payload = b"Exif\0\0" + exif
    content = SMALL[:2] + b"\xff\xe1" + (len(payload) + 2).to_bytes(2, "big") + payload + SMALL[2:]
    try:
        decoded = decode(Frame(64, 36, 0, content))
    except CameraError as error:
        assert error.code == "picture_invalid"
        return
    assert sorted(decoded.picture.size) == [36, 64]


def test_a_large_picture_is_decoded_small_and_knows_its_true_size() -> None:
    decoded = decode(Frame(5120, 2880, 0, jpeg((5120, 2880), quality=40)))
    assert (decoded.width, decoded.height) == (5120, 2880)
    assert decoded.picture.size == (2560, 1440)
    assert decoded.reach_px == 8


def test_a_picture_that_lies_on_its_side_is_set_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    decoded = decode(Frame(640, 360, 0, jpeg(exif=exif)))
    assert decoded.picture.size == (360, 640) == (decoded.width, decoded.height)
    assert not decoded.upright
    plain = decode(Frame(640, 360, 0, jpeg()))
    assert decoded.picture.tobytes() == plain.picture.transpose(Image.Transpose.ROTATE_270).tobytes()


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_grey_and_four_channels_become_rgb(mode: str) -> None:
    target = io.BytesIO()
    scenes.view("coffee").convert(mode).save(target, "JPEG")
    assert decode(Frame(640, 360, 0, target.getvalue())).picture.mode == "RGB"


@pytest.mark.parametrize("pixels", [None, b"x", Image.new("L", (8, 8)), Image.new("RGB", (0, 8))])
def test_a_frame_without_rgb_pixels_is_invalid(pixels: object) -> None:
    with pytest.raises(PictureInvalidError, match="neither"):
        decode(Frame(8, 8, 0, pixels=pixels))
