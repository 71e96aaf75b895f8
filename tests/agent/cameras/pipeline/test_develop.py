"""The whole way of a frame: what a mask hides is in no output, and what is not certain is no picture."""

import io
import math
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from agent.cameras.base import RECORD_ROOM, CameraConfig, Frame, MaskError
from agent.cameras.lines import Grab, Measures, Setup
from agent.cameras.masks import Mask, encode_mask, make_mask
from agent.cameras.picture import check_picture
from agent.cameras.pipeline.develop import Developed, Developer
from agent.cameras.replay import ReplayConfig
from tests.agent.cameras.pipeline import scenes
from tests.support.torture import often

TAKEN_S = 1_796_000_000.0
GRAB, THUMBNAIL = Grab(1, 10.0), Grab(2, 10.0, 30_000)
shares = st.floats(0, 1)
anything = st.lists(st.tuples(shares, shares), min_size=3, max_size=7)


@st.composite
def stars(draw: st.DrawFn) -> list[tuple[float, float]]:
    """Corners in turn around a middle, so that sides do not cross."""
    x, y = draw(shares), draw(shares)
    turns = sorted(draw(st.lists(shares, min_size=3, max_size=9, unique=True)))
    reach = [draw(st.floats(0.01, 0.6)) for _ in turns]
    corners = [
        (x + far * math.cos(math.tau * at), y + far * math.sin(math.tau * at))
        for at, far in zip(turns, reach, strict=True)
    ]
    return [(min(1.0, max(0.0, left)), min(1.0, max(0.0, top))) for left, top in corners]


polygons = anything | stars()
INWARD_CORNER = [(0.890625, 0.6), (0.390625, 1.0), (0.38, 0.629), (0.037, 0.246)]
JPEG_REACH = 18
"""Pixels, in either direction, that what is beside a mask may be seen within it: JPEG's squares are 16, and colour and
the edge itself are smoothed."""


def settings_of(**more: object) -> CameraConfig:
    return ReplayConfig(folder=Path("/none"), purpose="traffic", notice_posted=True, **more)  # type: ignore[arg-type]


def developer(mask_file: Path | None = None, **more: object) -> Developer:
    setup = Setup("gate", "replay", "/none", {}, place="Kelurahan Menteng", mask_file=str(mask_file or ""))
    return Developer(setup, settings_of(**more))


def saved(folder: Path, mask: Mask) -> Path:
    path = folder / "gate.json"
    path.write_bytes(encode_mask(mask))
    return path


def frame(picture: Image.Image) -> Frame:
    return Frame(*picture.size, 0, pixels=picture)


def as_jpeg(picture: Image.Image, quality: int = 85) -> Frame:
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=quality)
    return Frame(*picture.size, 0, target.getvalue())


def decoded(made: Developed) -> Image.Image:
    with Image.open(io.BytesIO(made.jpeg)) as picture:
        assert picture.size == (made.width, made.height) == check_picture(made.jpeg, "x")
        return picture.convert("RGB")


def other_under(mask: Mask, picture: Image.Image, other: Image.Image) -> Image.Image:
    """The picture with something else at every pixel whose centre lies in a polygon."""
    inside = Image.new("L", picture.size, 0)
    for polygon in mask.polygons:
        corners = [(x * picture.width - 0.5, y * picture.height - 0.5) for x, y in polygon]
        ImageDraw.Draw(inside).polygon(corners, fill=255, outline=255)
    return Image.composite(other, picture, inside)


def drawn(all_corners: list[list[tuple[float, float]]]) -> Mask | None:
    try:
        return make_mask(16 / 9, all_corners)
    except MaskError:
        return None


@settings(max_examples=often(60, 600), deadline=None)
@given(st.lists(polygons, min_size=1, max_size=3), st.booleans(), st.sampled_from([GRAB, THUMBNAIL]))
def test_what_lies_under_a_mask_changes_no_byte_of_any_output(
    tmp_path_factory: pytest.TempPathFactory, corners: list[list[tuple[float, float]]], jpeg: bool, grab: Grab
) -> None:
    mask = drawn(corners)
    if mask is None:
        return
    path = saved(tmp_path_factory.getbasetemp(), mask)
    bare = scenes.view("coffee").resize((480, 270))
    secret = other_under(mask, bare, scenes.view("motorcycle_left").resize((480, 270)))
    made, again = (
        developer(path).develop(as_jpeg(picture) if jpeg else frame(picture), grab, TAKEN_S)
        for picture in (bare, secret)
    )
    assert made.jpeg == again.jpeg
    assert made.measures == again.measures
    assert made.mask_version == mask.version


@settings(max_examples=often(40, 400), deadline=None)
@given(st.lists(polygons, min_size=1, max_size=2), st.sampled_from([GRAB, THUMBNAIL]))
@example([[(0, 0), (0, 1), (1, 0)], INWARD_CORNER], GRAB)
def test_inside_every_polygon_the_output_is_black(
    tmp_path_factory: pytest.TempPathFactory, corners: list[list[tuple[float, float]]], grab: Grab
) -> None:
    mask = drawn(corners)
    if mask is None:
        return
    white = Image.new("RGB", (960, 540), (255, 255, 255))
    made = developer(saved(tmp_path_factory.getbasetemp(), mask), strip=False).develop(frame(white), grab, TAKEN_S)
    picture = decoded(made)
    for polygon in mask.polygons:
        inside = Image.new("L", picture.size, 0)
        ImageDraw.Draw(inside).polygon([(x * picture.width, y * picture.height) for x, y in polygon], fill=255)
        middle = inside.filter(ImageFilter.BoxBlur(JPEG_REACH)).point(lambda level: 255 * (level == 255))
        hidden = Image.composite(picture, Image.new("RGB", picture.size), middle)
        assert max(high for _, high in hidden.getextrema()) <= 12  # type: ignore[misc, operator]


def test_the_mask_is_where_it_was_drawn_and_the_rest_is_seen(tmp_path: Path) -> None:
    mask = make_mask(16 / 9, [[[0.5, 0], [1, 0], [1, 1], [0.5, 1]]])
    white = Image.new("RGB", (960, 540), (255, 255, 255))
    picture = decoded(developer(saved(tmp_path, mask), strip=False).develop(as_jpeg(white), GRAB, TAKEN_S))
    assert picture.getpixel((picture.width // 2 + 4, 100)) == (0, 0, 0)
    assert picture.getpixel((picture.width // 2 - 60, 100)) == (255, 255, 255)


def test_a_mask_drawn_between_two_pictures_lies_on_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "gate.json"
    camera = developer(path, strip=False)
    view = frame(scenes.view("coffee"))
    assert camera.develop(view, GRAB, TAKEN_S).mask_version == ""
    saved(tmp_path, make_mask(16 / 9, [[[0, 0], [1, 0], [1, 1], [0, 1]]]))
    made = camera.develop(view, GRAB, TAKEN_S)
    assert made.mask_version and decoded(made).getextrema() == ((0, 0),) * 3
    saved(tmp_path, make_mask(16 / 9, [[[0, 0], [0.1, 0], [0.1, 0.1]]]))
    assert camera.develop(view, GRAB, TAKEN_S).mask_version not in ("", made.mask_version)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"v":1,"aspect":1.7778,"polygons":[]}', encode_mask(make_mask(4 / 3, [[[0, 0], [1, 0], [1, 1]]]))],
)
def test_a_mask_that_cannot_be_applied_is_no_picture(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "gate.json"
    path.write_bytes(content)
    with pytest.raises(MaskError) as caught:
        developer(path).develop(frame(scenes.view("coffee")), GRAB, TAKEN_S)
    assert not caught.value.permanent


@pytest.mark.parametrize("mask_file", [None, Path("/none/gate.json")])
def test_a_required_mask_that_is_not_there_is_no_picture(mask_file: Path | None) -> None:
    with pytest.raises(MaskError, match="sandi camera mask"):
        developer(mask_file, mask="required").develop(frame(scenes.view("coffee")), GRAB, TAKEN_S)


def test_a_camera_that_changes_its_shape_gives_no_picture_until_the_mask_is_drawn_anew(tmp_path: Path) -> None:
    camera = developer(saved(tmp_path, make_mask(16 / 9, [[[0, 0], [1, 0], [1, 1]]])))
    wide = scenes.view("coffee")
    assert camera.develop(as_jpeg(wide.resize((320, 180))), GRAB, TAKEN_S).mask_version
    with pytest.raises(MaskError, match="draw it anew"):
        camera.develop(as_jpeg(wide.resize((640, 480))), GRAB, TAKEN_S)
    assert camera.develop(as_jpeg(wide), GRAB, TAKEN_S).mask_version


@pytest.mark.parametrize(("grab", "most"), [(GRAB, 60_000), (THUMBNAIL, 30_000)])
def test_a_picture_leaves_room_for_its_record(grab: Grab, most: int) -> None:
    made = developer().develop(frame(scenes.view("gravel").resize((1920, 1080))), grab, TAKEN_S)
    assert most / 2 <= len(made.jpeg) <= most - RECORD_ROOM


def test_the_strip_lies_below_the_picture_and_never_over_it() -> None:
    view = Image.new("RGB", (640, 360), (255, 255, 255))
    bare = decoded(developer(strip=False).develop(frame(view), GRAB, TAKEN_S))
    made = decoded(developer().develop(frame(view), GRAB, TAKEN_S))
    assert made.width == bare.width and made.height > bare.height
    above = made.crop((0, 0, bare.width, bare.height - 16))  # less JPEG's square at the border
    assert above.getextrema() == ((255, 255),) * 3
    strip = made.crop((0, bare.height + 2, made.width, made.height)).convert("L").getextrema()
    assert strip[0] < 30 and strip[1] > 200  # type: ignore[operator]


def test_measures_do_not_see_the_strip() -> None:
    view = frame(scenes.view("coffee"))
    first, second = (developer(strip=strip).develop(view, GRAB, TAKEN_S).measures for strip in (True, False))
    assert first == second and isinstance(first, Measures)


def test_a_camera_s_own_jpeg_is_passed_on_when_nothing_has_to_be_done_to_it() -> None:
    source = as_jpeg(scenes.view("coffee").resize((320, 180)))
    made = developer(strip=False).develop(source, GRAB, TAKEN_S)
    assert made.jpeg == source.jpeg and made.encodes == 0
    assert developer().develop(source, GRAB, TAKEN_S).encodes >= 1


def test_what_a_camera_says_beside_its_picture_never_passes() -> None:
    exif = Image.Exif()
    exif[0x010E] = "serial 12345"
    for strip in (True, False):
        target = io.BytesIO()
        scenes.view("coffee").resize((320, 180)).save(target, "JPEG", exif=exif, comment=b"serial 12345")
        made = developer(strip=strip).develop(Frame(320, 180, 0, target.getvalue()), GRAB, TAKEN_S)
        assert b"serial" not in made.jpeg and b"Exif" not in made.jpeg


def test_steps_are_timed(tmp_path: Path) -> None:
    path = saved(tmp_path, make_mask(16 / 9, [[[0, 0], [1, 0], [1, 1]]]))
    made = developer(path).develop(frame(scenes.view("coffee")), GRAB, TAKEN_S)
    assert list(made.timings_ms) == ["decode", "mask", "measure", "encode"]
    assert all(step >= 0 for step in made.timings_ms.values())


def test_a_resolution_that_changes_is_no_fault_without_a_mask() -> None:
    camera = developer()
    widths = [
        camera.develop(as_jpeg(scenes.view("moon").resize(size)), GRAB, TAKEN_S).width
        for size in ((640, 360), (320, 240), (640, 360))
    ]
    assert widths == [640, 320, 640]
