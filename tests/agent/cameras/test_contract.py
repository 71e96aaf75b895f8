"""One contract for every camera: whole, fresh pictures; typed errors in time; nothing leaked or held, no secret told.

The rows are in contract.py; each stands for an adapter over a source that the test starts.
"""

import io
import subprocess
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from agent.cameras.base import Camera, CameraError, Frame, Secrets
from agent.cameras.lines import Failed, Grab, Setup, Spooled, read_answer, write_line
from agent.cameras.table import flatten
from tests.agent.cameras.contract import ROWS, Rig, make_rig, row_name
from tests.support.own_time import within

WRONG = Secrets("operator", "bukan-Sandi-7781")
LEAK_ROUNDS = 2
WORKER_WAIT_S = 120.0
WORKER_GONE_S = 3.0
"""A process of its own notices a little later that its source is gone."""


@pytest.fixture(params=ROWS, ids=row_name)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    with make_rig(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def camera(rig: Rig) -> Iterator[Camera]:
    """Opened, and closed whatever happens."""
    made = rig.camera()
    made.open(0)
    try:
        yield made
    finally:
        made.close()


def decoded(frame: Frame) -> Image.Image:
    """The picture down to its last pixel; an exception when it is not whole."""
    if frame.pixels is not None:
        assert isinstance(frame.pixels, Image.Image)
        return frame.pixels
    with Image.open(io.BytesIO(frame.jpeg)) as picture:
        picture.load()
        return picture.convert("RGB")


def test_a_picture_is_whole_of_the_right_size_and_in_one_form(rig: Rig, camera: Camera) -> None:
    frame = camera.grab(rig.deadline_s)
    assert bool(frame.jpeg) != (frame.pixels is not None)
    picture = decoded(frame)
    assert picture.mode == "RGB"
    assert picture.size == (frame.width, frame.height) == rig.size


def test_its_age_is_no_more_than_its_way_here_and_its_steps_are_named(rig: Rig, camera: Camera) -> None:
    began_s = time.monotonic()
    frame = camera.grab(rig.deadline_s)
    took_ms = (time.monotonic() - began_s) * 1000
    assert 0 <= frame.age_ms <= took_ms + 1 + rig.oldest_ms
    assert len(frame.timings_ms) <= 16
    assert all(name.isidentifier() and 0 <= step_ms <= took_ms + 1 for name, step_ms in frame.timings_ms.items())


def test_the_second_picture_is_another_one(rig: Rig, camera: Camera) -> None:
    first = camera.grab(rig.deadline_s)
    assert decoded(camera.grab(rig.deadline_s)).tobytes() != decoded(first).tobytes()


def test_a_source_that_is_not_there_is_a_typed_error_within_the_deadline(rig: Rig) -> None:
    rig.lose()
    camera = rig.camera()
    try:
        with within(rig.gone_deadline_s + 1), pytest.raises(rig.gone) as failure:
            camera.open(0)
            camera.grab(rig.gone_deadline_s)
        assert 0 < len(failure.value.message) <= 500
        assert not failure.value.permanent
    finally:
        camera.close()
        rig.restore()


def test_a_source_that_goes_gives_no_old_picture_and_the_next_once_it_is_back(rig: Rig, camera: Camera) -> None:
    before = camera.grab(rig.deadline_s)
    rig.lose()
    with pytest.raises(rig.gone):
        for _ in range(rig.left + 1):
            with within(rig.gone_deadline_s + 1):
                camera.grab(rig.gone_deadline_s)
    rig.restore()
    after = camera.grab(rig.deadline_s)
    assert decoded(after).size == rig.size
    assert decoded(after).tobytes() != decoded(before).tobytes()


def test_it_is_closed_as_often_as_anybody_likes_and_before_it_was_opened(rig: Rig) -> None:
    never = rig.camera()
    never.close()
    never.close()
    camera = rig.camera()
    camera.open(0)
    assert camera.grab(rig.deadline_s).width == rig.size[0]
    camera.close()
    camera.close()


def test_nothing_it_says_or_is_shows_a_password(rig: Rig) -> None:
    told: list[str] = []
    for secrets in (rig.secrets, WRONG):
        camera = rig.camera(secrets)
        told += [repr(camera), repr(vars(camera)), repr(rig.config()), str(rig.config())]
        told += _said_by(camera, rig.gone_deadline_s)
        rig.lose()
        told += _said_by(camera, rig.gone_deadline_s)
        rig.restore()
        camera.close()
    everything = "\n".join(told)
    assert told
    assert WRONG.password not in everything
    if rig.secrets.password:
        assert rig.secrets.password not in everything


def _said_by(camera: Camera, deadline_s: float) -> list[str]:
    try:
        camera.open(0)
        return [repr(camera.grab(deadline_s).timings_ms)]
    except CameraError as error:
        return [str(error), repr(error), *traceback.format_exception(error)]


def test_pictures_and_failures_leave_no_descriptor_and_no_thread(rig: Rig) -> None:
    _round(rig)  # libraries open what they keep for ever
    before = _held()
    for _ in range(LEAK_ROUNDS):
        _round(rig)
    _until_no_more_than(before)
    assert _held() <= before


def _round(rig: Rig) -> None:
    camera = rig.camera()
    camera.open(0)
    camera.grab(rig.deadline_s)
    camera.grab(rig.deadline_s)
    rig.lose()
    with pytest.raises(CameraError):
        for _ in range(rig.left + 1):
            camera.grab(rig.gone_deadline_s)
    rig.restore()
    camera.close()


def _held() -> tuple[int, int]:
    """Descriptors and threads of this process, those of the rig included."""
    descriptors, tasks = (len(list(Path("/proc/self", what).iterdir())) for what in ("fd", "task"))
    return descriptors, max(threading.active_count(), tasks)


def _until_no_more_than(before: tuple[int, int]) -> None:
    """What ends by itself in a moment (a server's thread) may do so."""
    give_up_s = time.monotonic() + 60
    while any(now > then for now, then in zip(_held(), before, strict=True)) and time.monotonic() < give_up_s:
        time.sleep(0.02)


def test_a_worker_takes_it_and_shows_its_secrets_to_nobody(rig: Rig, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    spool.mkdir(mode=0o700)
    config = rig.config()
    setup = Setup("gate", config.type, str(spool), flatten(config), secrets=rig.secrets)
    with subprocess.Popen(
        rig.worker_command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as worker:
        assert worker.stdin is not None and worker.stdout is not None
        worker.stdin.write(write_line(setup) + write_line(Grab(1, rig.deadline_s)))
        worker.stdin.flush()
        first = worker.stdout.readline()
        shown = b"".join(Path(f"/proc/{worker.pid}/{what}").read_bytes() for what in ("cmdline", "environ"))
        rig.lose()
        for number in range(rig.left + 1):
            worker.stdin.write(write_line(Grab(2 + number, max(WORKER_GONE_S, rig.gone_deadline_s))))
            worker.stdin.flush()
            second = worker.stdout.readline()
            if isinstance(read_answer(second), Failed):
                break
        rig.restore()
        rest, errors = worker.communicate(timeout=WORKER_WAIT_S)
    answer = read_answer(first)
    assert isinstance(answer, Spooled), answer
    assert (spool / answer.file).stat().st_size == answer.size_bytes
    failed = read_answer(second)
    assert isinstance(failed, Failed), failed
    assert failed.code in {error.code for error in rig.gone}
    assert worker.returncode == 0
    if rig.secrets.password:
        assert rig.secrets.password.encode() not in shown + first + second + rest + errors
