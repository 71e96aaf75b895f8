"""The Pi camera's adapter: the real picamera2 on a fake libcamera, whose sensor shows four colours or stops."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from agent.cameras.base import (
    CameraBusyError,
    CameraError,
    CameraHungError,
    CameraSetupError,
    CameraUnavailableError,
    Frame,
)
from agent.cameras.config import CameraProcessConfig
from agent.cameras.handing import CameraReport, Facts
from agent.cameras.keeping.supervisor import CameraSupervisor, Picture
from agent.cameras.pi import Picamera2Camera, Picamera2Config
from agent.cameras.pi_device import explained, rgb
from agent.cameras.table import config_class, flatten, make_camera, revive
from tests.agent.cameras.rig_pi import PiRig, rig
from tests.support.in_loop import in_loop
from tests.support.own_time import told_within, within

RED, GREEN, BLUE, WHITE = (254, 0, 0), (0, 255, 0), (0, 0, 254), (255, 255, 255)
LOOK = "periksa kabel pita / catu daya"


@pytest.fixture
def pi(tmp_path: Path) -> Iterator[PiRig]:
    with rig(tmp_path) as made:
        yield made


def settings(**more: object) -> Picamera2Config:
    return Picamera2Config(**{"warm_up_s": 0.1, "interval_s": 5.0} | more)  # type: ignore[arg-type]


def picture_of(config: Picamera2Config) -> Image.Image:
    frame = one(config)
    assert isinstance(frame.pixels, Image.Image)
    return frame.pixels


def one(config: Picamera2Config) -> Frame:
    camera = Picamera2Camera(config)
    camera.open(0)
    try:
        return camera.grab(60)
    finally:
        camera.close()


def refusal(camera: Picamera2Camera, deadline_s: float) -> CameraError:
    with pytest.raises(CameraError) as failure:
        camera.grab(deadline_s)
    return failure.value


def fields(picture: Image.Image) -> list[tuple[int, ...]]:
    """The colours of the four corners, row by row; each component to the nearest step that decoding may be off."""
    corners = [(x, y) for y in (0, picture.height - 1) for x in (0, picture.width - 1)]
    colours = [picture.getpixel(corner) for corner in corners]
    return [tuple(255 * round(part / 255) for part in colour) for colour in colours]  # type: ignore[union-attr]


def full(*colours: tuple[int, int, int]) -> list[tuple[int, ...]]:
    return [tuple(255 * round(part / 255) for part in colour) for colour in colours]


@pytest.mark.parametrize(
    ("rotation", "expected"),
    [
        (0, (RED, GREEN, BLUE, WHITE)),
        (90, (BLUE, RED, WHITE, GREEN)),
        (180, (WHITE, BLUE, GREEN, RED)),
        (270, (GREEN, WHITE, RED, BLUE)),
    ],
)
def test_colours_are_true_and_the_picture_is_turned_clockwise(
    pi: PiRig, rotation: int, expected: tuple[tuple[int, int, int], ...]
) -> None:
    picture = picture_of(settings(width=640, height=360, rotation=rotation))
    assert picture.size == ((360, 640) if rotation in (90, 270) else (640, 360))
    assert fields(picture) == full(*expected)


@pytest.mark.parametrize("size", [(1000, 562), (162, 122), (1280, 720), (1918, 1078)])
def test_rows_with_padding_come_out_straight(pi: PiRig, size: tuple[int, int]) -> None:
    width, height = size
    picture = picture_of(settings(width=width, height=height))
    assert picture.size == size
    for y in (1, height // 2 - 3, height // 2 + 3, height - 2):
        left, right = fields(picture.crop((0, y, width, y + 1)))[:2]
        assert [left, right] == (full(RED, GREEN) if y < height // 2 else full(BLUE, WHITE))


def test_more_than_the_sensor_has_gives_what_it_has(pi: PiRig) -> None:
    frame = one(settings(width=4608, height=2592))
    assert (frame.width, frame.height) == (2592, 1944)


def test_only_a_picture_exposed_after_warming_up_and_asking_counts(pi: PiRig) -> None:
    pi.scene(exposure_us=200_000)
    frame = one(settings(width=640, height=360, warm_up_s=1.0))
    took_ms = frame.timings_ms
    assert took_ms["open"] + took_ms["capture"] >= 1200
    assert frame.age_ms <= sum(took_ms.values()) - 1200 + len(took_ms), "each is told in whole milliseconds"


def test_the_sensor_rests_between_pictures_that_are_far_apart_and_not_between_near_ones(pi: PiRig) -> None:
    for interval_s, running in ((5.0, True), (60.0, False)):
        camera = Picamera2Camera(settings(width=640, height=360, interval_s=interval_s))
        camera.open(0)
        camera.grab(60)
        assert any(thread.name == "fake sensor" for thread in threading.enumerate()) is running
        camera.grab(60)
        camera.close()


def test_of_two_that_want_the_camera_the_second_is_told_it_is_busy_and_gets_it_later(pi: PiRig) -> None:
    first, second = (Picamera2Camera(settings(width=640, height=360)) for _ in range(2))
    first.grab(60)
    with pytest.raises(CameraBusyError, match="another program holds the camera"):
        second.grab(60)
    first.close()
    assert second.grab(60).width == 640
    second.close()


def test_a_camera_that_stays_busy_costs_no_descriptor_however_often_it_is_tried(pi: PiRig) -> None:
    holder, other = (Picamera2Camera(settings(width=640, height=360)) for _ in range(2))
    holder.grab(60)
    counts = []
    for _ in range(12):
        with pytest.raises(CameraBusyError):
            other.grab(60)
        counts.append(len(list(Path("/proc/self/fd").iterdir())))
    holder.close()
    assert max(counts) == counts[0]


@pytest.mark.parametrize(("cameras", "number"), [(0, 0), (1, 1)])
def test_a_camera_that_is_not_there_is_unavailable_and_taken_once_it_is(pi: PiRig, cameras: int, number: int) -> None:
    pi.scene(cameras=cameras)
    camera = Picamera2Camera(settings(width=640, height=360, number=number))
    with pytest.raises(CameraUnavailableError, match=f"{cameras} found.*{LOOK}") as failure:
        camera.grab(60)
    assert not failure.value.permanent
    pi.scene(cameras=number + 1)
    assert camera.grab(60).width == 640
    camera.close()


def test_a_sensor_without_frames_names_cable_and_power_and_the_next_picture_comes_when_it_is_mended(
    pi: PiRig, capfd: pytest.CaptureFixture[str]
) -> None:
    camera = Picamera2Camera(settings(width=640, height=360))
    camera.grab(60)
    pi.lose()
    said = ""
    for deadline_s in (3, 12, 48):  # libcamera itself notices after a second
        with within(deadline_s + 1), pytest.raises(CameraHungError, match=LOOK):
            camera.grab(deadline_s)
        said += capfd.readouterr().err
        if "Camera frontend has timed out" in said:
            break
    assert "Camera frontend has timed out" in said
    pi.scene()
    assert camera.grab(60).width == 640
    camera.close()


@pytest.mark.full
def test_unplugged_while_a_picture_is_taken_names_the_cable_and_the_next_comes_when_it_is_back(pi: PiRig) -> None:
    """The sensor delivers a dozen frames of its warming up, then nothing."""
    camera = Picamera2Camera(settings(width=640, height=360, warm_up_s=2.0))
    pi.scene(stall_after=12)
    told = told_within(4.0, lambda deadline_s: refusal(camera, deadline_s), lambda it: isinstance(it, CameraHungError))
    assert isinstance(told, CameraHungError)
    assert told.message.startswith("no frame from the camera for ") and LOOK in told.message
    pi.restore()
    assert camera.grab(60).width == 640
    camera.close()


@pytest.mark.full
@in_loop
async def test_under_its_supervisor_a_hung_sensor_costs_the_worker_and_a_killed_worker_gives_the_camera_back(
    pi: PiRig, tmp_path: Path
) -> None:
    config = settings(width=640, height=360, interval_s=1.0, deadline_s=6.0, purpose="traffic", notice_posted=True)
    process = CameraProcessConfig(data_dir=tmp_path / "state", run_dir=tmp_path / "run", logins_file=tmp_path / "none")
    supervisor = CameraSupervisor({"gate": config}, process)
    supervisor.told(Facts("kel-3673011001", "Kelurahan Serang", synced=True, metered=False))
    task = asyncio.create_task(supervisor.run(_kept))
    try:
        first = await _report(supervisor, lambda now: now.pictures >= 1)
        assert first.pid is not None
        os.kill(first.pid, signal.SIGKILL)
        second = await _report(supervisor, lambda now: now.state == "ok" and now.pid not in {None, first.pid})
        await _report(supervisor, lambda now: now.pictures > first.pictures)
        pi.scene(fault="stall")
        hung = await _report(supervisor, lambda now: now.code == "hung")  # or "timeout", where its end came too late
        assert hung.state == "failing" and LOOK in hung.cause
        await _report(supervisor, lambda now: now.pid is None)
        pi.restore()
        third = await _report(supervisor, lambda now: now.state == "ok")
        assert third.pid not in {first.pid, second.pid}
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _kept(picture: Picture) -> None:
    """As the core does: read while it is there."""
    assert picture.width == 640 and (picture.spool / picture.file).stat().st_size == picture.size_bytes


async def _report(supervisor: CameraSupervisor, so: Callable[[CameraReport], bool]) -> CameraReport:
    async with asyncio.timeout(120):
        while not so(supervisor.reports()["gate"]):  # noqa: ASYNC110 - the condition lies in another process
            await asyncio.sleep(0.02)
    return supervisor.reports()["gate"]


@pytest.mark.full
def test_a_driver_that_never_lets_go_neither_hangs_us_nor_gives_an_old_picture(pi: PiRig) -> None:
    """In a process of its own, as its threads never end."""
    code = (
        "from agent.cameras.base import CameraHungError\n"
        "from agent.cameras.pi import *\n"
        "from agent.cameras import pi\n"
        "import sys, pathlib\n"
        "from tests.agent.cameras.rig_pi import PiRig\n"
        "usual_s, pi.DEAD_S = pi.DEAD_S, 60.0\n"
        "camera = Picamera2Camera(Picamera2Config(width=640, height=360, warm_up_s=0.1, interval_s=5.0))\n"
        "camera.grab(60)\n"
        "pi.DEAD_S = usual_s\n"
        "PiRig(pathlib.Path(sys.argv[1])).scene(fault='stuck')\n"
        "for _ in range(2):\n"
        "    try:\n"
        "        camera.grab(3)\n"
        "    except CameraHungError as error:\n"
        "        print(error)\n"
        "camera.close()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(pi.folder)], capture_output=True, text=True, timeout=120, check=True
    )
    first, second = done.stdout.splitlines()
    assert first.startswith("no frame from the camera for ") and LOOK in first
    assert second.startswith("the camera does not let go") and LOOK in second


def test_frames_that_come_too_late_for_the_warm_up_are_told_from_a_dead_sensor(pi: PiRig) -> None:
    camera = Picamera2Camera(settings(width=640, height=360, warm_up_s=60.0))
    told = told_within(2.0, lambda deadline_s: refusal(camera, deadline_s), lambda it: "warm_up_s" in it.message)
    assert isinstance(told, CameraUnavailableError)
    assert "shorten warm_up_s" in told.message
    camera.close()


def test_a_frame_that_does_not_say_when_it_was_exposed_is_no_picture(pi: PiRig) -> None:
    pi.scene(exposure_us=None)
    camera = Picamera2Camera(settings(width=640, height=360))
    with pytest.raises(CameraUnavailableError, match="ExposureTime"):
        camera.grab(60)
    pi.restore()
    assert camera.grab(60).width == 640
    camera.close()


@given(st.integers(0, 345_599))
def test_a_buffer_that_is_too_short_is_a_typed_error(size_bytes: int) -> None:
    with pytest.raises(CameraUnavailableError, match="the camera fails"), explained():
        rgb(np.zeros(size_bytes, np.uint8), (640, 360), 640)


def test_a_warm_up_that_leaves_no_time_is_a_mistake_in_the_settings() -> None:
    with pytest.raises(CameraSetupError, match="deadline_s = 5 must be 2 s longer than warm_up_s = 4") as failure:
        Picamera2Camera(settings(warm_up_s=4.0, deadline_s=5.0)).open(0)
    assert failure.value.permanent


def test_without_the_package_of_the_system_it_says_how_to_get_it() -> None:
    """In a process that has no libcamera at all, as on any other machine."""
    code = (
        "from agent.cameras.base import CameraSetupError\n"
        "from agent.cameras.pi import *\n"
        "try:\n"
        "    Picamera2Camera(Picamera2Config()).grab(60)\n"
        "except CameraSetupError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert "apt install python3-picamera2" in done.stdout
    assert "--system-site-packages" in done.stdout


def test_a_node_brings_no_numpy_that_would_hide_the_one_the_systems_picamera2_was_built_for() -> None:
    """One of another major version cannot be loaded by the system's simplejpeg, and picamera2 with it."""
    locks = sorted((Path(__file__).parents[3] / "systemd").glob("requirements-*.lock"))
    brought = {line.partition("==")[0] for lock in locks for line in lock.read_text().splitlines() if "==" in line}
    assert "pillow" in brought, "the locks are read"
    assert not brought & {"numpy", "simplejpeg", "picamera2", "libcamera"}


def test_its_settings_are_read_without_the_driver_and_survive_the_way_to_the_worker() -> None:
    code = (
        "import sys\n"
        "from agent.cameras.table import config_class\n"
        "config_class('picamera2')\n"
        "print(sorted({'picamera2', 'numpy', 'PIL', 'libcamera'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == "[]\n"
    config = settings(rotation=270, number=1)
    assert revive(config_class("picamera2"), flatten(config)) == config
    assert isinstance(make_camera(config, PiRig.secrets), Picamera2Camera)


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"rotation": 45}, "rotation"),
        ({"width": 0}, "width"),
        ({"number": -1}, "number"),
        ({"warm_up_s": 99}, "warm_up_s"),
    ],
)
def test_impossible_settings_are_refused_by_name(wrong: dict[str, object], key: str, tmp_path: Path) -> None:
    from agent.configuration.cameras import TABLE
    from agent.configuration.strict import Reader

    reader = Reader(tmp_path)
    TABLE.build(reader, {"gate": {"type": "picamera2", **wrong}}, "cameras")
    assert [problem.key for problem in reader.problems] == [f"cameras.gate.{key}"]


@pytest.mark.parametrize(
    ("said", "kind", "advice"),
    [
        ("[Errno 13] Permission denied: '/dev/dma_heap/linux,cma'", CameraUnavailableError, "service's user to video"),
        ("Could not open any dmaHeap device", CameraUnavailableError, "group video"),
        ("[Errno 12] Cannot allocate memory", CameraUnavailableError, "smaller width and height"),
        ("failed to allocate capture buffers for stream 0", CameraUnavailableError, "smaller width and height"),
        ("Pipeline handler in use by another process", CameraBusyError, "stop it"),
        ("something nobody has seen yet", CameraUnavailableError, LOOK),
    ],
)
def test_what_the_driver_says_becomes_what_to_do(said: str, kind: type[CameraError], advice: str) -> None:
    with pytest.raises(kind, match=advice) as failure, explained():
        try:
            raise RuntimeError(said)
        except RuntimeError as error:
            raise RuntimeError("Camera __init__ sequence did not complete.") from error
    assert said in failure.value.message


@given(st.data())
def test_any_picture_comes_through_its_planes_as_arithmetic_says(data: st.DataObject) -> None:
    width, height = (2 * data.draw(st.integers(1, 20)) for _ in range(2))
    stride = width + 2 * data.draw(st.integers(0, 40))
    seen = np.frombuffer(data.draw(st.randoms(use_true_random=False)).randbytes(stride * height * 3 // 2), np.uint8)
    picture = rgb(seen, (width, height), stride)
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    half, chroma = stride // 2, stride // 2 * (height // 2)
    place = stride * height + y // 2 * half + x // 2
    luma, blue, red = (float(seen[at]) for at in (y * stride + x, place, place + chroma))
    expected = (
        luma + 1.402 * (red - 128),
        luma - 0.344136 * (blue - 128) - 0.714136 * (red - 128),
        luma + 1.772 * (blue - 128),
    )
    assert picture.size == (width, height)
    for got, wanted in zip(picture.getpixel((x, y)), expected, strict=True):  # type: ignore[arg-type]
        assert abs(got - min(255.0, max(0.0, wanted))) <= 2
