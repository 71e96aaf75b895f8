"""Pictures as bytes: nothing that is not a whole JPEG passes, and nothing is read beyond its bounds."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cameras.base import CameraError, PictureInvalidError, PictureTooLargeError
from agent.cameras.picture import check_picture, read_bounded

SAMPLE = next(iter(sorted((Path(__file__).resolve().parents[3] / "agent/cameras/samples").glob("*.jpg")))).read_bytes()


@given(st.binary(max_size=2000))
def test_any_bytes_are_a_picture_or_the_one_error(content: bytes) -> None:
    try:
        width, height = check_picture(content, "x.jpg")
    except PictureInvalidError:
        return
    assert 1 <= width <= 8192 and 1 <= height <= 8192


@given(st.integers(2, len(SAMPLE) - 1))
def test_a_cut_picture_is_refused(length: int) -> None:
    with pytest.raises(PictureInvalidError):
        check_picture(SAMPLE[:length], "x.jpg")


@given(st.lists(st.tuples(st.integers(2, 700), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_damaged_head_never_breaks_the_parser(damage: list[tuple[int, int]]) -> None:
    content = bytearray(SAMPLE)
    for at, value in damage:
        content[at] = value
    try:
        check_picture(bytes(content), "x.jpg")
    except CameraError as error:
        assert not error.permanent


def test_dimensions_are_the_frame_headers_not_the_thumbnails(noise: Callable[..., bytes]) -> None:
    assert check_picture(noise(200, 120), "x.jpg") == (200, 120)


def test_a_picture_of_absurd_size_is_refused() -> None:
    content = bytearray(SAMPLE)
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 9] = b"\xff\xff\xff\xff"
    with pytest.raises(PictureInvalidError, match="65535x65535"):
        check_picture(bytes(content), "x.jpg")


def test_checking_a_picture_does_not_load_pillow() -> None:
    code = (
        "import sys; from agent.cameras.picture import check_picture\n"
        f"content = bytes.fromhex('{SAMPLE.hex()}')\n"
        "check_picture(content, 'x'); assert 'PIL' not in sys.modules"
    )
    subprocess.run([sys.executable, "-"], input=code, text=True, check=True)


def test_only_regular_files_within_bounds_are_read(tmp_path: Path) -> None:
    real = tmp_path / "real.jpg"
    real.write_bytes(b"12345")
    assert read_bounded(real, 5)[0] == b"12345"
    with pytest.raises(PictureTooLargeError):
        read_bounded(real, 4)
    (tmp_path / "link.jpg").symlink_to(real)
    with pytest.raises(OSError):
        read_bounded(tmp_path / "link.jpg", 5)
    os.mkfifo(tmp_path / "fifo.jpg")
    with pytest.raises(PictureInvalidError, match="regular"):
        read_bounded(tmp_path / "fifo.jpg", 5)
