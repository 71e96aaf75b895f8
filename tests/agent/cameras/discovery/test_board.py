"""libcamera is asked in a process that may hang, crash or babble: what it is then is said, and nothing stays behind.

The package it loads is written by each test: what is proved here is the process around it.
"""

import os
from pathlib import Path

import pytest

from agent.cameras.discovery.board import BoardCamera, look
from tests.agent.cameras.rig_pi import rig
from tests.support.own_time import within
from tests.support.processes import wait_until

PATIENT_S = 120.0
"""For what ends by itself."""
ASK = "class Picamera2:\n    @staticmethod\n    def global_camera_info():\n"
TWO = ASK + (
    "        print('a driver that talks to stdout')\n"
    "        return [{'Num': 1, 'Model': 'ov5647', 'Id': '/base/b', 'Rotation': 180},"
    " {'Num': 0, 'Model': 'imx708_wide', 'Id': '/base/a'}]\n"
)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the process finds `picamera2`."""
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH') or Path.cwd()}")
    return tmp_path / "picamera2.py"


def test_the_cameras_are_told_in_the_order_of_their_numbers(package: Path) -> None:
    package.write_text(TWO)
    found = look(PATIENT_S)
    assert found.state == "ok"
    assert found.cameras == (BoardCamera(0, "imx708_wide", "/base/a"), BoardCamera(1, "ov5647", "/base/b"))


def test_no_camera_is_an_empty_list(package: Path) -> None:
    package.write_text(ASK + "        return []\n")
    found = look(PATIENT_S)
    assert (found.state, found.cameras) == ("ok", ())


def test_a_package_that_is_not_there_is_told_as_missing(package: Path) -> None:
    package.write_text("raise ImportError('no libcamera')\n")
    assert look(PATIENT_S).state == "missing"


def test_a_driver_that_raises_says_what(package: Path) -> None:
    package.write_text(ASK + "        raise RuntimeError('\\x1b[31mcamera in use')\n")
    found = look(PATIENT_S)
    assert found.state == "failed"
    assert found.detail == "RuntimeError: ?[31mcamera in use"


@pytest.mark.parametrize("body", ["import os; os._exit(3)", "import os; os.kill(os.getpid(), 11)"])
def test_a_driver_that_dies_is_told_as_failed(package: Path, body: str) -> None:
    package.write_text(ASK + f"        {body}\n")
    assert (look(PATIENT_S).state, look(PATIENT_S).cameras) == ("failed", ())


@pytest.mark.full
def test_a_driver_that_hangs_is_ended_with_what_it_started(package: Path, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    package.write_text(
        "import os, subprocess, time\nchild = subprocess.Popen(['sleep', '600'])\n"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\ntime.sleep(600)\n"
    )
    for wait_s in (5.0, 20.0, 60.0):  # longer where the process did not come so far
        with within(wait_s + 1):
            found = look(wait_s)
        assert found.state == "hung"
        if pids.exists() and len(pids.read_text().split()) == 2:
            break
    for pid in pids.read_text().split():
        wait_until(lambda pid=pid: _over(int(pid)), f"the end of {pid}")


def test_a_driver_that_babbles_without_end_takes_no_memory(package: Path) -> None:
    package.write_text("import sys\nwhile True: sys.stdout.write('x' * 65536)\n")
    found = look(1.0)
    assert found.state == "hung"


@pytest.mark.full
def test_the_real_package_over_a_fake_libcamera_tells_its_camera(tmp_path: Path) -> None:
    with rig(tmp_path):
        found = look(PATIENT_S)
    assert found.state == "ok", found
    assert [camera.number for camera in found.cameras] == [0]
    assert found.cameras[0].model


def _over(pid: int) -> bool:
    """Gone, or dead and waiting for whoever collects orphans here."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True
