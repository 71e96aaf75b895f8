"""One picture for whoever sets a camera up: a worker that hangs, dies or babbles is an error in time, and is gone."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.cameras.base import CameraError, CameraTimeoutError, CameraUnavailableError, WorkerDiedError
from agent.cameras.keeping.process import Outfit
from agent.cameras.once import take_once
from agent.cameras.replay import ReplayConfig
from tests.support.in_loop import in_loop
from tests.support.own_time import within
from tests.support.processes import wait_until

SPOOL = "import json, os, sys; setup = json.loads(sys.stdin.readline()); grab = json.loads(sys.stdin.readline())\n"
SAID = (
    "print(json.dumps({'type': 'spooled', 'id': grab['id'], 'file': NAME, 'size_bytes': SIZE, 'width': 8, 'height': 8,"
    " 'age_ms': 1}), flush=True); sys.stdin.read()\n"
)


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the pictures lie for a moment."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def config(folder: Path, deadline_s: float = 60.0) -> ReplayConfig:
    return ReplayConfig(folder=folder, purpose="traffic", notice_posted=True, deadline_s=deadline_s)


def left(folder: Path) -> list[str]:
    """Names of what still lies there."""
    return [entry.name for entry in folder.iterdir()]


def worker(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


@in_loop
async def test_a_picture_comes_whole_with_what_was_said_of_it(folder: Path, temporary: Path) -> None:
    taken = await take_once("halaman", config(folder), Outfit())
    assert taken.jpeg.startswith(b"\xff\xd8")
    assert len(taken.jpeg) == taken.said.size_bytes
    assert left(temporary) == []


@in_loop
async def test_an_error_of_the_adapter_keeps_its_kind(tmp_path: Path, temporary: Path) -> None:
    with pytest.raises(CameraError, match="cannot read the folder") as raised:
        await take_once("halaman", config(tmp_path / "nothing"), Outfit())
    assert raised.value.code == "unavailable"
    assert left(temporary) == []


@in_loop
async def test_a_worker_that_hangs_is_killed_in_time_with_what_it_started(tmp_path: Path, temporary: Path) -> None:
    pids = tmp_path / "pids"
    code = (
        "import os, subprocess, time; child = subprocess.Popen(['sleep', '600'])\n"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}'); time.sleep(600)"
    )
    with within(2.0 + 1.0), pytest.raises(CameraTimeoutError):
        await take_once("halaman", config(tmp_path, 2.0), Outfit(), worker(code))
    for pid in pids.read_text().split() if pids.exists() else ():
        wait_until(_over(pid), f"the end of {pid}")
    assert left(temporary) == []


def _over(pid: str) -> Callable[[], bool]:
    def over() -> bool:
        try:
            return (Path("/proc") / pid / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except (FileNotFoundError, ProcessLookupError):
            return True

    return over


@pytest.mark.parametrize(
    "code",
    [
        "raise SystemExit('no camera package')",
        "print('nonsense', flush=True); import time; time.sleep(600)",
        "print('x' * 100_000, flush=True); import time; time.sleep(600)",
        SPOOL + SAID.replace("NAME", "'other.1.1.jpg'").replace("SIZE", "10"),
        SPOOL + SAID.replace("NAME", "'halaman.1.1.jpg'").replace("SIZE", "10"),
        SPOOL + SAID.replace("NAME", "'../../etc/passwd'").replace("SIZE", "10"),
    ],
    ids=["dies", "nonsense", "a long line", "another camera's", "not there", "a path"],
)
@in_loop
async def test_a_worker_that_misbehaves_is_an_error_and_nothing_stays(
    tmp_path: Path, temporary: Path, code: str
) -> None:
    with pytest.raises(WorkerDiedError):
        await take_once("halaman", config(tmp_path), Outfit(), worker(code))
    assert left(temporary) == []


def test_no_room_for_a_picture_is_an_error_too(folder: Path, temporary: Path) -> None:
    temporary.rmdir()
    with pytest.raises(CameraUnavailableError, match="no room for the picture"):
        asyncio.run(take_once("halaman", config(folder), Outfit()))


@in_loop
async def test_a_picture_larger_than_it_was_said_to_be_is_refused(tmp_path: Path) -> None:
    write = "open(os.path.join(setup['spool'], 'halaman.1.1.jpg'), 'wb').write(b'x' * 1000)\n"
    said = SAID.replace("NAME", "'halaman.1.1.jpg'").replace("SIZE", "10")
    with pytest.raises(CameraError) as raised:
        await take_once("halaman", config(tmp_path), Outfit(), worker(SPOOL + write + said))
    assert raised.value.code == "picture_too_large"
