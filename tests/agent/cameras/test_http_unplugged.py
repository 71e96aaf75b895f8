"""A camera whose cable is pulled in the middle of a picture, in a network of its own."""

import threading
from collections.abc import Iterator

import pytest

from agent.cameras.base import CameraError, CameraHungError, CameraUnreachableError, Frame, Secrets
from agent.cameras.http_jpeg import HttpJpegCamera, HttpJpegConfig
from tests.agent.cameras.http_camera import PASSWORD, USER, HttpCamera
from tests.support.lab import Box, Lab
from tests.support.namespaces import run_inside
from tests.support.own_time import within
from tests.support.processes import wait_until
from tests.support.wires import until_answered

pytestmark = [pytest.mark.full, pytest.mark.netns]

ADDRESS = "10.78.0.2"
DEADLINE_S, SHORT_S = 60.0, 4.0
WAIT_S = 60.0


@pytest.fixture
def site(lab: Lab) -> Iterator[tuple[Box, Box, HttpCamera]]:
    """(node, the camera's box, the camera), a cable between them."""
    node, box = lab.box("node"), lab.box("camera")
    lab.cable((node, "eth0", "10.78.0.1/24"), (box, "eth0", f"{ADDRESS}/24"))
    camera = HttpCamera(auth="md5", host=ADDRESS)
    run_inside(box, camera.start)
    try:
        yield node, box, camera
    finally:
        camera.stop()


def test_a_cable_pulled_while_grabbing_is_told_in_time_and_the_next_picture_comes_once_it_is_back(
    site: tuple[Box, Box, HttpCamera],
) -> None:
    node, box, camera = site
    used = HttpJpegCamera(HttpJpegConfig(url=camera.url), Secrets(USER, PASSWORD))
    used.open(0)

    def grab(deadline_s: float = DEADLINE_S) -> Frame:
        return run_inside(node, lambda: used.grab(deadline_s))

    assert grab().width == 160
    camera.fault = "drips its body"
    failed: list[CameraError] = []

    def grabbing(deadline_s: float) -> None:
        try:
            grab(deadline_s)
        except CameraError as error:
            failed.append(error)

    for deadline_s in (SHORT_S, 4 * SHORT_S):  # again where it had no time to hear the first of it
        with within(deadline_s + 1):
            dripped, thread = camera.drips, threading.Thread(target=grabbing, args=(deadline_s,))
            thread.start()
            while camera.drips == dripped and thread.is_alive():
                thread.join(0.02)
            box.ip("link", "set", "eth0", "down")
            thread.join(WAIT_S)
        if isinstance(failed[-1], CameraHungError):
            break
        box.ip("link", "set", "eth0", "up")
        until_answered(node, ADDRESS)
        wait_until(lambda: not camera._open, "the camera to give up the connection of before: it drips on")
    assert isinstance(failed[-1], CameraHungError), failed
    with pytest.raises(CameraUnreachableError):
        grab(SHORT_S)
    box.ip("link", "set", "eth0", "up")
    until_answered(node, ADDRESS)
    camera.fault = ""
    assert grab().width == 160
