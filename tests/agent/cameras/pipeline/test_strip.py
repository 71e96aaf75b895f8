"""The strip says when and where in letters that fit, and is honest about the clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageFont

from agent.cameras.pipeline.strip import UNSURE, add_strip, strip_height_px, strip_lines

WALL_S = 1_796_000_000.0  # 2026-11-30 00:53:20 UTC
PLACE, LABEL = "Kelurahan Menteng", "Gerbang utara"


def test_the_time_is_jakarta_s_and_in_indonesian() -> None:
    assert strip_lines(WALL_S, PLACE, LABEL) == ("30 Nov 2026 07:53:20 WIB", "Gerbang utara · Kelurahan Menteng")
    assert strip_lines(WALL_S - 100 * 86_400, "", LABEL)[0] == "22 Agu 2026 07:53:20 WIB"


@pytest.mark.parametrize("wall_s", [None, 1e18, -1e18, float("nan"), float("inf")])
def test_without_a_time_to_believe_the_strip_says_so(wall_s: float | None) -> None:
    assert strip_lines(wall_s, PLACE, LABEL)[0] == UNSURE == "jam belum pasti"


@given(st.text(max_size=60), st.text(max_size=60))
def test_only_letters_the_font_has_are_drawn(place: str, label: str) -> None:
    when, where = strip_lines(WALL_S, place, label)
    font = ImageFont.load_default(20)
    missing = bytes(font.getmask("\uffff"))  # type: ignore[union-attr]
    drawn = {letter for letter in when + where if letter != " "}
    assert not [letter for letter in drawn if bytes(font.getmask(letter)) == missing]  # type: ignore[union-attr]


def test_accents_are_dropped_and_lines_joined() -> None:
    assert strip_lines(None, "Desa  Été\nbaru", "Lokét №2")[1] == "Loket No2 · Desa Ete baru"


@given(st.integers(1, 1000), st.integers(1, 300), st.text(max_size=200), st.booleans())
def test_the_picture_above_the_strip_is_untouched_whatever_the_text(
    width: int, height: int, place: str, sure: bool
) -> None:
    picture = Image.new("RGB", (width, height), (200, 30, 90))
    whole = add_strip(picture, *strip_lines(WALL_S if sure else None, place, LABEL))
    assert whole.width == width and height < whole.height <= height + strip_height_px(width)
    assert ImageChops.difference(whole.crop((0, 0, width, height)), picture).getbbox() is None


@pytest.mark.parametrize("width", [320, 640, 1280])
def test_letters_are_large_enough_for_a_phone_380_pixels_wide(width: int) -> None:
    whole = add_strip(Image.new("RGB", (width, 90)), *strip_lines(WALL_S, "", "x"))
    box = whole.crop((0, 90, width // 2, whole.height)).convert("L").point([0] * 100 + [255] * 156).getbbox()
    assert box is not None
    assert (box[3] - box[1]) * 380 / width >= 8  # a digit's height; text of a web page has 9 at 13 px


def test_a_place_too_long_is_cut_at_its_end_and_the_camera_s_name_stays() -> None:
    narrow = Image.new("RGB", (480, 90))
    short = add_strip(narrow, *strip_lines(WALL_S, "Kelurahan Kebayoran Lama Utara", LABEL))
    long = add_strip(narrow, *strip_lines(WALL_S, "Kelurahan Kebayoran Lama Utara" + " jauh" * 30, LABEL))
    assert short.size == long.size
    left = (0, 90, 200, short.height)
    assert ImageChops.difference(short.crop(left), long.crop(left)).getbbox() is None
    assert long.crop((476, 90, 480, long.height)).convert("L").getextrema()[1] < 60  # type: ignore[operator]


def test_time_and_place_share_a_line_where_both_fit() -> None:
    wide = add_strip(Image.new("RGB", (960, 90)), *strip_lines(WALL_S, "Menteng", "Pintu"))
    both = add_strip(Image.new("RGB", (960, 90)), *strip_lines(WALL_S, PLACE * 2, LABEL))
    assert wide.height < both.height
