"""Where a JPEG ends: of every kind Pillow writes, at every place it may be cut, and among whatever bytes."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from agent.cameras.jpeg_end import JpegError, end_of_jpeg
from tests.agent.cameras.http_camera import jpeg

PICTURE = jpeg((40, 24))


def written(**options: object) -> bytes:
    target = io.BytesIO()
    with Image.open(io.BytesIO(PICTURE)) as source:
        source.resize((160, 120)).save(target, "JPEG", **options)
    return target.getvalue()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"progressive": True},
        {"optimize": True, "quality": 95, "subsampling": 0},
        {"restart_marker_blocks": 1},
        {"comment": b"x\xff\xd9y", "exif": b"Exif\0\0\xff\xd8\xff\xd9"},
    ],
    ids=["plain", "progressive", "optimised", "restarts", "markers in its segments"],
)
def test_the_end_is_found_whatever_the_kind_and_whatever_follows(options: dict[str, object]) -> None:
    picture = written(**options)
    assert end_of_jpeg(picture) == len(picture)
    assert end_of_jpeg(picture + b"\0\0" + picture) == len(picture)
    filled = picture[:-2] + b"\xff\xff\xff\xd9"
    assert end_of_jpeg(filled) == len(filled)


@given(st.integers(2, len(PICTURE) - 1))
def test_wherever_it_is_cut_it_has_no_end(cut: int) -> None:
    assert end_of_jpeg(PICTURE[:cut]) is None


@given(st.integers(PICTURE.index(b"\xff\xda") + 14, len(PICTURE) - 1))
def test_a_second_picture_in_its_compressed_data_is_damage(cut: int) -> None:
    with pytest.raises(JpegError, match="impossible marker"):
        end_of_jpeg(PICTURE[:cut] + PICTURE)


@given(st.binary(max_size=300), st.integers(0, 400))
def test_any_bytes_end_somewhere_or_nowhere_or_are_no_picture(noise: bytes, at: int) -> None:
    for content in (noise, b"\xff\xd8" + noise, PICTURE[:at] + noise + PICTURE[at + len(noise) :]):
        try:
            found = end_of_jpeg(content)
        except JpegError as error:
            assert str(error)
        else:
            assert found is None or content[found - 2 : found] == b"\xff\xd9"
