"""A mask file is read strictly: what it hides is certain, or there is no mask and no picture."""

import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cameras.base import MaskError
from agent.cameras.masks import (
    MAX_MASK_BYTES,
    MAX_POLYGONS,
    Mask,
    check_aspect,
    encode_mask,
    make_mask,
    mask_path,
    parse_mask,
    read_mask,
)

SQUARE = [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5], [0.1, 0.5]]
ONE = make_mask(16 / 9, [SQUARE])
shares = st.floats(0, 1)
polygons = st.lists(st.tuples(shares, shares), min_size=3, max_size=8)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_mask_or_the_one_error(content: bytes) -> None:
    try:
        mask = parse_mask(content)
    except MaskError as error:
        assert error.code == "mask" and len(error.message) <= 500
        return
    assert isinstance(mask, Mask)


@given(st.integers(0, len(encode_mask(ONE)) - 1), st.integers(0, 255))
def test_a_damaged_file_is_another_whole_mask_or_the_one_error(at: int, value: int) -> None:
    content = bytearray(encode_mask(ONE))
    content[at] = value
    try:
        mask = parse_mask(bytes(content))
    except MaskError:
        return
    assert 1 <= len(mask.polygons) <= MAX_POLYGONS


@given(st.floats(0.1, 10), st.lists(polygons, min_size=1, max_size=4))
def test_what_was_saved_is_what_is_read_and_has_one_version(
    aspect: float, drawn: list[list[tuple[float, float]]]
) -> None:
    try:
        mask = make_mask(aspect, drawn)
    except MaskError:
        return
    again = parse_mask(encode_mask(mask))
    assert again == mask and again.version == mask.version
    assert len(mask.version) == 16 and int(mask.version, 16) >= 0


def test_spaces_and_digits_nobody_sees_do_not_change_the_version() -> None:
    spaced = b'{ "polygons": [[[0.1, 0.10000001], [0.5, 0.1], [0.5, 0.5], [0.1, 0.5]]], "aspect": 1.77777, "v": 1 }'
    assert parse_mask(spaced).version == ONE.version


def test_another_corner_is_another_version() -> None:
    assert make_mask(16 / 9, [[*SQUARE[:3], [0.1, 0.51]]]).version != ONE.version


@pytest.mark.parametrize(
    ("corners", "says"),
    [
        ([[0, 0], [1, 1]], "length >= 3"),
        ([[0, 0], [1, 0], [0, 1.01]], "<= 1"),
        ([[0, 0], [1, 0], [-0.01, 1]], ">= 0"),
        ([[0, 0], [0.5, 0.5], [1, 1]], "polygon 1 of the mask hides nothing"),
        ([[0.2, 0.2], [0.2, 0.2], [0.8, 0.8]], "polygon 1 of the mask hides nothing"),
        ([[0, 0], [1, 1], [1, 0], [0, 1]], "polygon 1 of the mask hides nothing"),
        ([[0, 0], [1, 1], [1, 0], [0, 0.9]], "polygon 1 of the mask crosses itself"),
        ([[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.5, 0.1], [0.1, 0.9]], "polygon 1 of the mask crosses itself"),
        ([[0.5, 0], [0.8, 0.9], [0, 0.35], [1, 0.35], [0.2, 0.9]], "polygon 1 of the mask crosses itself"),
        ([[0, 0, 0], [1, 0], [1, 1]], "length 2"),
        ([["0", 0], [1, 0], [1, 1]], "Expected"),
    ],
)
def test_a_polygon_that_may_not_hide_what_was_meant_is_refused(corners: list[list[float]], says: str) -> None:
    with pytest.raises(MaskError, match=says):
        make_mask(1.5, [corners])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"null",
        b'{"v":2,"aspect":1.5,"polygons":[[[0,0],[1,0],[1,1]]]}',
        b'{"v":1,"aspect":1.5,"polygons":[]}',
        b'{"v":1,"aspect":0,"polygons":[[[0,0],[1,0],[1,1]]]}',
        b'{"v":1,"aspect":NaN,"polygons":[[[0,0],[1,0],[1,1]]]}',
        b'{"v":1,"aspect":1e999,"polygons":[[[0,0],[1,0],[1,1]]]}',
        b'{"v":1,"aspect":1.5,"polygons":[[[0,0],[1,0],[1,1]]],"off":true}',
        b'{"v":1,"aspect":1.5,"aspect":2,"polygons":[[[0,0],[1,0],[1,1]]]}',
        b'{"v":1,"aspect":1.5,"polygons":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"v":1,"aspect":1.5,"polygons":[' + b",".join([b"[[0,0],[1,0],[1,1]]"] * 33) + b"]}",
        b" " * (MAX_MASK_BYTES + 1),
    ],
)
def test_what_is_not_wholly_a_mask_is_refused(content: bytes) -> None:
    with pytest.raises(MaskError, match="unreadable"):
        parse_mask(content)


def test_a_number_json_has_no_word_for_is_refused() -> None:
    with pytest.raises(MaskError):
        make_mask(float("nan"), [SQUARE])


def test_no_file_is_no_mask_and_anything_else_is_read_or_refused(tmp_path: Path) -> None:
    path = mask_path(tmp_path, "gate")
    assert read_mask(path) is None
    path.parent.mkdir()
    assert read_mask(path) is None
    path.write_bytes(encode_mask(ONE))
    assert read_mask(path) == ONE
    (tmp_path / "link.json").symlink_to(path)
    os.mkfifo(tmp_path / "fifo.json")
    for other in (tmp_path / "link.json", tmp_path / "fifo.json", tmp_path, path / "below", tmp_path / "a\0b"):
        with pytest.raises(MaskError, match="unreadable"):
            read_mask(other)


def test_a_file_over_the_limit_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "gate.json"
    path.write_bytes(encode_mask(ONE))
    with path.open("r+b") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(MaskError, match="over 65536 bytes"):
        read_mask(path)


@pytest.mark.parametrize(
    ("width", "height", "fits"),
    [(1920, 1080, True), (640, 360, True), (1920, 1088, True), (640, 480, False), (1080, 1920, False)],
)
def test_a_mask_fits_pictures_of_its_shape_alone(width: int, height: int, fits: bool) -> None:
    if fits:
        check_aspect(ONE, width, height)
        assert abs(width / height / ONE.aspect - 1) <= 0.02
        return
    with pytest.raises(MaskError, match="draw it anew"):
        check_aspect(ONE, width, height)


def test_a_mask_of_the_largest_allowed_size_fits_its_file() -> None:
    corners = [[round(0.123 + at / 1000, 4), 0.1] for at in range(32)] + [
        [round(0.154 - at / 1000, 4), 0.9] for at in range(32)
    ]
    mask = make_mask(1.5, [corners] * MAX_POLYGONS)
    assert len(encode_mask(mask)) <= MAX_MASK_BYTES
    assert parse_mask(encode_mask(mask)) == mask


def test_the_file_is_what_the_documentation_shows() -> None:
    assert msgspec.json.decode(encode_mask(ONE)) == {"v": 1, "aspect": 1.7778, "polygons": [SQUARE]}
