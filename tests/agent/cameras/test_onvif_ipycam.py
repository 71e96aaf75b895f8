"""The ONVIF adapter against ipycam, which neither side of this project wrote, in a network of its own."""

import io
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest
from PIL import Image

from agent.cameras.base import CameraAuthError, CameraUnreachableError, Frame, Secrets
from agent.cameras.onvif import OnvifCamera, OnvifConfig
from tests.support.lab import ROOT, Box, Lab
from tests.support.namespaces import run_inside
from tests.support.wires import until_answered

pytestmark = [pytest.mark.full, pytest.mark.netns]

ADDRESS, PORT = "10.77.0.2", 8080
RIGHT = Secrets("pengamat", "Rahasia-42")
DEADLINE_S = 60.0
WAIT_S = 120.0


T = TypeVar("T")


@contextmanager
def ipycam(box: Box) -> Iterator[None]:
    """A running ipycam inside the box, gone after the block."""
    command = ("ip", "netns", "exec", box.name, sys.executable, "-m", "tests.agent.cameras.ipycam_device")
    with subprocess.Popen(
        (*command, ADDRESS, str(PORT)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(f"{RIGHT.user}\n{RIGHT.password}\n")
            process.stdin.flush()
            assert process.stdout.readline() == "ready\n"
            yield
        finally:
            process.kill()


@pytest.fixture
def site(lab: Lab) -> tuple[Box, Box]:
    """(node, camera), a cable between them."""
    node, camera = lab.box("node"), lab.box("camera")
    lab.cable((node, "eth0", "10.77.0.1/24"), (camera, "eth0", f"{ADDRESS}/24"))
    return node, camera


def adapter(secrets: Secrets = RIGHT, **settings: object) -> OnvifCamera:
    made = OnvifCamera(OnvifConfig(url=f"http://{ADDRESS}:{PORT}", **settings), secrets)  # type: ignore[arg-type]
    made.open(0)
    return made


def in_box(box: Box, work: Callable[[], T]) -> T:
    return run_inside(box, work)


def next_one(camera: OnvifCamera, before: Frame) -> Frame:
    """The first picture that is not the one before: ipycam gives ten a second."""
    give_up_s = time.monotonic() + WAIT_S
    while (frame := camera.grab(DEADLINE_S)).jpeg == before.jpeg and time.monotonic() < give_up_s:
        pass
    return frame


def pixels(frame: Frame) -> bytes:
    with Image.open(io.BytesIO(frame.jpeg)) as picture:
        assert picture.size == (640, 360)
        return picture.convert("RGB").tobytes()


def test_its_snapshot_is_found_through_its_token_and_fetched_with_basic(site: tuple[Box, Box]) -> None:
    node, camera = site
    with ipycam(camera):
        used = adapter()
        first = in_box(node, lambda: used.grab(DEADLINE_S))
        second = in_box(node, lambda: next_one(used, first))
    assert "search" in first.timings_ms and "search" not in second.timings_ms
    assert pixels(first) != pixels(second)


def test_its_refusal_is_a_wrong_password_and_a_cut_cable_is_no_camera(site: tuple[Box, Box]) -> None:
    node, camera = site
    with ipycam(camera):
        with pytest.raises(CameraAuthError, match="ONVIF"):
            in_box(node, lambda: adapter(Secrets("pengamat", "salah")).grab(DEADLINE_S))
        used = adapter()
        assert pixels(in_box(node, lambda: used.grab(DEADLINE_S)))
        camera.ip("link", "set", "eth0", "down")
        with pytest.raises(CameraUnreachableError):
            in_box(node, lambda: used.grab(3.0))
        camera.ip("link", "set", "eth0", "up")
        until_answered(node, ADDRESS)
        assert pixels(in_box(node, lambda: used.grab(DEADLINE_S)))
    with pytest.raises(CameraUnreachableError):
        in_box(node, lambda: used.grab(3.0))
