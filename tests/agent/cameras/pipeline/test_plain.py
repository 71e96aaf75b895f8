"""A camera's own JPEG passed on: every pixel of it, and nothing it says beside the picture."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from agent.cameras.pipeline.plain import plain_jpeg
from tests.agent.cameras.pipeline import scenes

SECRET = b"-6.1754,106.8272 serial 12345"


def talkative(**options: object) -> bytes:
    """A JPEG with EXIF (with GPS), a comment, an ICC profile and a thumbnail beside the picture."""
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825)[1] = "S"
    target = io.BytesIO()
    scenes.view("coffee").save(target, "JPEG", quality=70, exif=exif, comment=SECRET, icc_profile=SECRET * 3, **options)
    return target.getvalue()


def pixels(jpeg: bytes) -> bytes:
    with Image.open(io.BytesIO(jpeg)) as picture:
        return picture.convert("RGB").tobytes()


@pytest.mark.parametrize(
    "options",
    [{}, {"progressive": True}, {"restart_marker_rows": 4}, {"subsampling": "4:4:4", "optimize": True}],
    ids=["baseline", "progressive", "restarts", "444"],
)
def test_pixels_stay_and_words_go(options: dict[str, object]) -> None:
    source = talkative(**options)
    assert source.count(SECRET) >= 3
    plain = plain_jpeg(source)
    assert plain is not None and SECRET not in plain and b"Exif" not in plain and b"ICC_PROFILE" not in plain
    assert pixels(plain) == pixels(source)


def test_what_hides_behind_the_end_of_the_picture_goes() -> None:
    source = talkative()
    plain = plain_jpeg(source + SECRET + b"\xff\xd8 another picture \xff\xd9")
    assert plain == plain_jpeg(source)


def test_a_thumbnail_in_the_jfif_header_goes() -> None:
    source = talkative()
    at = source.index(b"JFIF\0") - 4
    payload = source[at + 4 : at + 16] + bytes((2, 2)) + SECRET[:12]
    small = source[:at] + b"\xff\xe0" + (len(payload) + 2).to_bytes(2, "big") + payload + source[at + 18 :]
    plain = plain_jpeg(small)
    assert plain is not None and SECRET[:12] not in plain
    assert pixels(plain) == pixels(source)


def test_what_is_plain_already_stays_as_it_is() -> None:
    plain = plain_jpeg(talkative())
    assert plain is not None
    assert plain_jpeg(plain) == plain


def test_colours_of_four_channels_stay() -> None:
    target = io.BytesIO()
    scenes.view("coffee").convert("CMYK").save(target, "JPEG")
    plain = plain_jpeg(target.getvalue())
    assert plain is not None and b"Adobe" in plain
    assert pixels(plain) == pixels(target.getvalue())


@given(st.binary(max_size=300))
def test_any_bytes_are_a_picture_or_nothing(content: bytes) -> None:
    plain = plain_jpeg(b"\xff\xd8" + content + b"\xff\xd9")
    assert plain is None or (plain[:2] == b"\xff\xd8" and plain[-2:] == b"\xff\xd9")


SOURCE = talkative(progressive=True)


@given(st.lists(st.tuples(st.integers(2, len(SOURCE) - 3), st.integers(0, 255)), max_size=6))
def test_a_damaged_picture_keeps_no_comment(damage: list[tuple[int, int]]) -> None:
    content = bytearray(SOURCE)
    for at, value in damage:
        content[at] = value
    plain = plain_jpeg(bytes(content))
    assert plain is None or len(plain) <= len(content)
