"""A real worker process develops what its camera gave: asked by lines, answered by lines, pictures in the spool."""

import io
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PIL import Image

from agent.cameras.base import RECORD_ROOM
from agent.cameras.lines import MAX_TIMINGS, Answer, Failed, Grab, Setup, Spooled, read_answer, write_line
from agent.cameras.masks import Mask, encode_mask, make_mask
from agent.cameras.replay import ReplayConfig
from agent.cameras.table import flatten
from tests.support.small_tmpfs import SmallTmpfs

WHOLE = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
HALF = [[0.0, 0.0], [0.5, 0.0], [0.5, 1.0], [0.0, 1.0]]


class Desk:
    """Asks a worker for pictures of a folder."""

    def __init__(self, folder: Path, source: Path) -> None:
        self.spool = folder / "spool"
        self.spool.mkdir()
        self.mask_file = folder / "gate.json"
        self._source = source

    def ask(self, *grabs: Grab, before: str = "", warmth: str = "", **more: object) -> list[Answer]:
        """One worker, these grabs, its answers. `before` runs in the process before the worker does."""
        config = ReplayConfig(folder=self._source, purpose="traffic", notice_posted=True, **more)  # type: ignore[arg-type]
        setup = Setup(
            "gate",
            "replay",
            str(self.spool),
            flatten(config),
            place="Menteng",
            mask_file=str(self.mask_file),
            warmth=warmth,
        )
        code = f"{before}\nimport sys; from agent.cameras.worker import main; sys.exit(main())"
        done = subprocess.run(
            [sys.executable, "-c", code],
            input=b"".join(map(write_line, (setup, *grabs))),
            capture_output=True,
            timeout=120,
            check=True,
        )
        return [read_answer(line) for line in done.stdout.splitlines()]

    def pictures(self, answers: Sequence[Answer]) -> list[bytes]:
        files = []
        for answer in answers:
            assert isinstance(answer, Spooled), answer
            content = (self.spool / answer.file).read_bytes()
            assert len(content) == answer.size_bytes
            with Image.open(io.BytesIO(content)) as picture:
                assert picture.size == (answer.width, answer.height)
            files.append(content)
        return files

    def draw(self, mask: Mask) -> None:
        self.mask_file.write_bytes(encode_mask(mask))


@pytest.fixture
def desk(tmp_path: Path, samples: Path) -> Desk:
    return Desk(tmp_path, samples)


def test_full_and_thumbnail_are_within_their_bytes_with_measures_and_timings(desk: Desk) -> None:
    answers = desk.ask(Grab(1, 30.0), Grab(2, 30.0, 30_000), Grab(3, 30.0, 8_000))
    sizes = [len(picture) for picture in desk.pictures(answers)]
    assert all(size <= most - RECORD_ROOM for size, most in zip(sizes, (60_000, 30_000, 8_000), strict=True))
    for answer in answers:
        assert isinstance(answer, Spooled) and answer.measures is not None and answer.mask_version == ""
        assert answer.encodes >= 1 and len(answer.timings_ms) <= MAX_TIMINGS
        assert {"grab", "decode", "measure", "encode", "total"} <= set(answer.timings_ms)
        assert answer.age_ms <= answer.timings_ms["total"]


def test_what_a_worker_learned_the_next_one_is_given(desk: Desk) -> None:
    first = desk.ask(Grab(1, 30.0))[0]
    assert isinstance(first, Spooled) and first.warmth
    again = desk.ask(Grab(1, 30.0), warmth=first.warmth)[0]
    assert isinstance(again, Spooled)
    assert again.encodes == 1 and again.width == first.width


def test_a_mask_lies_on_the_picture_and_is_named(desk: Desk) -> None:
    mask = make_mask(16 / 9, [WHOLE])
    desk.draw(mask)
    answer = desk.ask(Grab(1, 30.0), mask="required", strip=False)[0]
    (content,) = desk.pictures([answer])
    assert isinstance(answer, Spooled) and answer.mask_version == mask.version
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.getextrema() == ((0, 0),) * 3


@pytest.mark.parametrize(
    "content", [None, b"{}", encode_mask(make_mask(4 / 3, [HALF]))], ids=["none", "damaged", "4:3"]
)
def test_a_mask_that_cannot_be_applied_leaves_nothing_in_the_spool(desk: Desk, content: bytes | None) -> None:
    if content is not None:
        desk.mask_file.write_bytes(content)
    answers = desk.ask(Grab(1, 30.0), Grab(2, 30.0), mask="required")
    assert [answer.code for answer in answers if isinstance(answer, Failed)] == ["mask", "mask"]
    assert list(desk.spool.iterdir()) == []


def test_a_mask_file_that_may_not_be_read_is_no_picture_even_where_none_is_required(desk: Desk) -> None:
    desk.mask_file.mkdir()
    answer = desk.ask(Grab(1, 30.0))[0]
    assert isinstance(answer, Failed) and answer.code == "mask"


def test_a_bomb_and_a_broken_picture_are_answers_and_the_next_picture_comes(
    tmp_path: Path, noise: Callable[..., bytes]
) -> None:
    source = tmp_path / "pictures"
    source.mkdir()
    good = noise(64, 48)
    at = good.index(b"\xff\xc0") + 5
    (source / "1.jpg").write_bytes(good[:at] + (6144).to_bytes(2, "big") + (8192).to_bytes(2, "big") + good[at + 4 :])
    (source / "2.jpg").write_bytes(good[: len(good) // 2] + b"\xff\xd9")
    (source / "3.jpg").write_bytes(good)
    bomb, broken, whole = Desk(tmp_path, source).ask(*(Grab(number, 30.0) for number in (1, 2, 3)))
    assert isinstance(bomb, Failed) and bomb.code == "picture_too_large" and "too many pixels" in bomb.message
    assert isinstance(broken, Failed) and broken.code in ("truncated", "picture_invalid")
    assert isinstance(whole, Spooled)


def test_without_pillow_the_camera_is_off_and_says_what_to_install(desk: Desk) -> None:
    answer = desk.ask(Grab(1, 30.0), before="import sys; sys.modules['PIL'] = None")[0]
    assert isinstance(answer, Failed)
    assert answer.code == "setup" and answer.permanent and "camera extra" in answer.message


@pytest.mark.full
@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a tmpfs")
def test_a_full_spool_is_said_leaves_nothing_and_takes_the_next_picture_once_there_is_room(
    tmp_path: Path, samples: Path
) -> None:
    with SmallTmpfs(tmp_path / "disk", 1) as disk:
        desk = Desk(disk.path, samples)
        disk.fill()
        full = desk.ask(Grab(1, 30.0))[0]
        assert isinstance(full, Failed) and full.code == "unavailable" and "No space left" in full.message
        assert list(desk.spool.iterdir()) == []
        disk.free()
        assert len(desk.pictures(desk.ask(Grab(1, 30.0)))) == 1


def test_a_spool_that_cannot_be_written_is_said(desk: Desk) -> None:
    desk.spool.rmdir()
    desk.spool.write_bytes(b"")
    answer = desk.ask(Grab(1, 30.0))[0]
    assert isinstance(answer, Failed) and answer.code == "unavailable" and "spool" in answer.message


def test_pictures_need_no_numpy(desk: Desk) -> None:
    answers = desk.ask(Grab(1, 30.0), before="import sys; sys.modules['numpy'] = None")
    assert len(desk.pictures(answers)) == 1
