"""Supervision with real worker processes: pictures on time, hung and dying workers replaced, nothing left behind."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from agent.cameras.base import PictureRefusedError
from agent.cameras.config import CameraProcessConfig
from agent.cameras.handing import Facts
from agent.cameras.keeping import process as process_module
from agent.cameras.keeping.process import WORKER_COMMAND
from agent.cameras.keeping.supervisor import CameraSupervisor, Picture
from agent.cameras.replay import ReplayConfig
from tests.support.in_loop import in_loop
from tests.support.own_time import within

WAIT_S = 120.0
FACTS = Facts("kel-3673011001", "Kelurahan Serang", synced=True, metered=False)
SAYS = "sys.stdin.readline(); sys.stdin.readline(); print(json.dumps({}), flush=True); sys.stdin.read()"
FAILED = {"type": "failed", "id": 1, "code": "setup", "message": "x", "permanent": False}
SPOOLED = {"type": "spooled", "id": 1, "file": "gate.1.1.jpg", "size_bytes": 9, "width": 1, "height": 1, "age_ms": 0}


@pytest.fixture(autouse=True)
def last_words_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is ending may have to wait for a processor longer than any board keeps it waiting."""
    monkeypatch.setattr(process_module, "_OBITUARY_S", 60.0)


class Gallery:
    """Takes pictures as the core does, and can be asked for the n-th."""

    def __init__(self) -> None:
        self.pictures: list[tuple[Picture, bytes]] = []
        self.refuse = 0
        self._news = asyncio.Condition()

    async def __call__(self, picture: Picture) -> None:
        if self.refuse:
            self.refuse -= 1
            raise PictureRefusedError("the outbox is full")
        async with self._news:
            self.pictures.append((picture, (picture.spool / picture.file).read_bytes()))
            self._news.notify_all()

    async def wait_for(self, count: int) -> list[tuple[Picture, bytes]]:
        async with asyncio.timeout(WAIT_S), self._news:
            await self._news.wait_for(lambda: len(self.pictures) >= count)
        return self.pictures


def settings(folder: Path, **more: object) -> ReplayConfig:
    values = {"interval_s": 1, "deadline_s": 60, "purpose": "traffic", "notice_posted": True, "strip": False} | more
    return ReplayConfig(folder=folder, **values)  # type: ignore[arg-type]


def supervised(place: Path, command: tuple[str, ...] = WORKER_COMMAND, **cameras: ReplayConfig) -> CameraSupervisor:
    """A supervisor of these cameras, that keeps its things in `place` and was told of a good line."""
    made = CameraSupervisor(cameras, process(place), command)
    made.told(FACTS)
    return made


def process(place: Path, **more: object) -> CameraProcessConfig:
    values = {"data_dir": place / "state", "run_dir": place, "logins_file": place / "logins.toml"} | more
    return CameraProcessConfig(**values)  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def running(supervisor: CameraSupervisor, gallery: Callable[[Picture], Awaitable[None]]) -> AsyncIterator[None]:
    task = asyncio.create_task(supervisor.run(gallery))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not condition():  # noqa: ASYNC110 - the condition lies in another process
            await asyncio.sleep(0.02)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def runs(pid: int) -> bool:
    """An orphan's zombie is the reaper's business; what counts is that it does not run."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def scripted(tmp_path: Path, body: str) -> tuple[str, ...]:
    """A worker that does not keep to the rules: `body` runs after its imports."""
    script = tmp_path / "worker.py"
    script.write_text(f"import sys, time, os, json\n{body}")
    return (sys.executable, str(script))


def state(supervisor: CameraSupervisor, name: str = "gate") -> dict[str, object]:
    return supervisor.status()[name]


@in_loop
async def test_pictures_come_in_turn_and_their_files_go(folder: Path, tmp_path: Path) -> None:
    spool, gallery, began_s = tmp_path / "spool", Gallery(), time.monotonic()
    supervisor = supervised(tmp_path, gate=settings(folder))
    async with running(supervisor, gallery):
        pictures = await gallery.wait_for(3)
        took_ms = 1000 * (time.monotonic() - began_s)
        await until(lambda: state(supervisor)["pictures"] == 3)
        assert list(spool.iterdir()) == []
        pid = state(supervisor)["pid"]
        assert state(supervisor)["state"] == "ok" and state(supervisor)["starts"] == 1
    assert [picture.width for picture, _ in pictures[:3]] == [32, 48, 64]
    assert pictures[0][1] == (folder / "a.jpg").read_bytes()
    assert pictures[0][0].purpose == "traffic" and pictures[0][0].age_ms <= took_ms
    assert isinstance(pid, int) and gone(pid)


@in_loop
async def test_a_camera_without_posted_notice_stays_off_and_says_why(folder: Path, tmp_path: Path) -> None:
    supervisor = supervised(tmp_path, gate=settings(folder, notice_posted=False))
    async with asyncio.timeout(WAIT_S):
        await supervisor.run(Gallery())
    assert state(supervisor)["state"] == "off" and "notice_posted" in str(state(supervisor)["cause"])
    assert state(supervisor)["starts"] == 0


@in_loop
async def test_a_hung_worker_is_killed_at_the_deadline_and_replaced(folder: Path, tmp_path: Path) -> None:
    gallery = Gallery()
    supervisor = supervised(tmp_path, gate=settings(folder, deadline_s=4))  # its start counts
    async with running(supervisor, gallery):
        await gallery.wait_for(1)
        await until(lambda: state(supervisor)["state"] == "ok")
        hung = state(supervisor)["pid"]
        assert isinstance(hung, int)
        os.kill(hung, signal.SIGSTOP)
        await until(lambda: state(supervisor)["state"] == "failing")
        assert state(supervisor)["code"] == "timeout"
        await until(lambda: gone(hung))
        seen = len(gallery.pictures)
        await gallery.wait_for(seen + 1)
        await until(lambda: state(supervisor)["state"] == "ok")


@in_loop
async def test_a_killed_worker_is_started_again(folder: Path, tmp_path: Path) -> None:
    gallery = Gallery()
    supervisor = supervised(tmp_path, gate=settings(folder))

    async def take(picture: Picture) -> None:
        """The first one is the last of its worker, which dies before it can be asked for another."""
        await gallery(picture)
        if len(gallery.pictures) == 1:
            pid = state(supervisor)["pid"]
            assert isinstance(pid, int)
            os.kill(pid, signal.SIGKILL)
            worker = supervisor._keepers["gate"].holder._worker
            assert worker is not None
            await until(lambda: not worker.alive)  # or it would be asked all the same, and a turn be lost

    async with running(supervisor, take):
        pictures = await gallery.wait_for(3)
        assert [picture.width for picture, _ in pictures[:3]] == [32, 48, 64], "no picture is played twice or skipped"
        assert state(supervisor)["starts"] == 2


@in_loop
async def test_what_the_driver_started_dies_with_the_worker(tmp_path: Path, folder: Path) -> None:
    note = tmp_path / "child"
    body = (
        "import subprocess\nchild = subprocess.Popen(['sleep', '300'])\n"
        f"open({str(note)!r}, 'w').write(f'{{child.pid}}\\n')\ntime.sleep(300)"
    )
    supervisor = supervised(tmp_path, scripted(tmp_path, body), gate=settings(folder, deadline_s=2))
    async with running(supervisor, Gallery()):
        # On a busy machine the first worker may be killed before it came that far; the next one comes further.
        written: list[str] = []
        await until(lambda: note.exists() and (written.append(note.read_text()) or written[-1].endswith("\n")))
        child = int(written[-1])
        await until(lambda: state(supervisor)["state"] == "failing" and not runs(child))
        assert state(supervisor)["pictures"] == 0


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "sys.stderr.write('no route to rtsp://admin:secret@10.0.0.5/1\\n'); sys.exit(3)",
            "exit code 3: no route to rtsp://...@10.0.0.5/1",
        ),
        ("sys.stdin.readline(); print('hello'); sys.stdout.flush(); time.sleep(60)", "did not keep to its protocol"),
        ("print('x' * 100_000); sys.stdout.flush(); time.sleep(60)", "did not keep to its protocol"),
        ("os.kill(os.getpid(), 11)", "SIGSEGV: it said nothing"),
        (
            "os.close(1); time.sleep(1.5); sys.stderr.write('no lens\\n'); sys.stderr.flush(); os._exit(3)",
            "exit code 3: no lens",  # it is long in ending, as everything is on a busy board
        ),
        (SAYS.format({**FAILED, "id": 99}), "answered another request"),
        (SAYS.format({**SPOOLED, "file": "other.1.1.jpg"}), "another camera's file"),
    ],
)  # fmt: skip
@in_loop
async def test_a_worker_that_misbehaves_is_ended_and_its_cause_named(
    body: str, said: str, folder: Path, tmp_path: Path
) -> None:
    supervisor = supervised(tmp_path, scripted(tmp_path, body), gate=settings(folder))
    async with running(supervisor, Gallery()):
        await until(lambda: state(supervisor)["state"] == "failing")
        assert state(supervisor)["code"] == "worker_died"
        assert said in str(state(supervisor)["cause"])
        assert "secret" not in str(state(supervisor))


@in_loop
async def test_a_flood_on_stderr_neither_blocks_the_worker_nor_fills_the_memory(folder: Path, tmp_path: Path) -> None:
    body = (
        "sys.stderr.write('x' * 5_000_000 + '\\nlast words'); sys.stderr.flush()\n"
        f"open({str(tmp_path / 'wrote')!r}, 'w').close()\n"
        "sys.exit(1)"
    )
    supervisor = supervised(tmp_path, scripted(tmp_path, body), gate=settings(folder))
    async with running(supervisor, Gallery()):
        await until(lambda: state(supervisor)["state"] == "failing")
    assert (tmp_path / "wrote").exists()
    assert "last words" in str(state(supervisor)["cause"]) and len(str(state(supervisor)["cause"])) < 300


@in_loop
async def test_a_worker_that_keeps_dying_is_started_ever_more_rarely(folder: Path, tmp_path: Path) -> None:
    supervisor = supervised(tmp_path, scripted(tmp_path, "sys.exit(1)"), gate=settings(folder))
    began_s = time.monotonic()
    async with running(supervisor, Gallery()):
        await until(lambda: int(str(state(supervisor)["failures"])) >= 3)
        failures, took_s = int(str(state(supervisor)["failures"])), time.monotonic() - began_s
        assert state(supervisor)["starts"] == failures
    assert took_s > sum(2**number for number in range(failures - 1)), "1 s, 2 s, 4 s between them"


@in_loop
async def test_a_source_without_pictures_is_asked_again_and_recovers(tmp_path: Path, folder: Path) -> None:
    empty, gallery = tmp_path / "empty", Gallery()
    empty.mkdir()
    supervisor = supervised(tmp_path, gate=settings(empty))
    async with running(supervisor, gallery):
        await until(lambda: state(supervisor)["code"] == "unavailable")
        pid = state(supervisor)["pid"]
        (empty / "a.jpg").write_bytes((folder / "a.jpg").read_bytes())
        await gallery.wait_for(1)
        assert state(supervisor)["pid"] == pid, "a missing picture is no reason to start anew"


@in_loop
async def test_impossible_settings_turn_the_camera_off(folder: Path, tmp_path: Path) -> None:
    body = SAYS.format({**FAILED, "message": "no such lens", "permanent": True})
    supervisor = supervised(tmp_path, scripted(tmp_path, body), gate=settings(folder))
    async with asyncio.timeout(WAIT_S):
        await supervisor.run(Gallery())
    assert state(supervisor)["state"] == "off" and state(supervisor)["cause"] == "no such lens"


@in_loop
async def test_a_refused_picture_goes_and_the_worker_stays(folder: Path, tmp_path: Path) -> None:
    spool, gallery = tmp_path / "spool", Gallery()
    gallery.refuse = 1
    supervisor = supervised(tmp_path, gate=settings(folder))
    async with running(supervisor, gallery):
        await until(lambda: state(supervisor)["code"] == "refused")
        assert list(spool.iterdir()) == []
        await gallery.wait_for(1)
        assert state(supervisor)["starts"] == 1


@in_loop
async def test_leftovers_of_an_earlier_run_are_removed_not_sent(folder: Path, tmp_path: Path) -> None:
    spool, gallery = tmp_path / "spool", Gallery()
    spool.mkdir()
    (spool / "gate.1.1.jpg").write_bytes((folder / "c.jpg").read_bytes())
    (spool / ".gate.1.2.jpg.part").write_bytes(b"half")
    async with running(supervised(tmp_path, gate=settings(folder)), gallery):
        pictures = await gallery.wait_for(1)
    assert pictures[0][0].width == 32
    assert list(spool.iterdir()) == []


@in_loop
async def test_a_camera_with_a_long_interval_gives_its_memory_back(folder: Path, tmp_path: Path) -> None:
    gallery = Gallery()
    supervisor = supervised(tmp_path, gate=settings(folder, interval_s=300))
    async with running(supervisor, gallery):
        await gallery.wait_for(1)
        await until(lambda: state(supervisor)["pictures"] == 1 and state(supervisor)["pid"] is None)
    assert [picture.camera for picture, _ in gallery.pictures] == ["gate"], "one picture, then its worker is gone"


@in_loop
async def test_several_cameras_each_have_their_own_worker(folder: Path, samples: Path, tmp_path: Path) -> None:
    gallery = Gallery()
    cameras = {"gate": settings(folder), "river": settings(samples)}
    supervisor = supervised(tmp_path, **cameras)
    async with running(supervisor, gallery):
        await until(lambda: {picture.camera for picture, _ in gallery.pictures} == {"gate", "river"})
        assert state(supervisor, "gate")["pid"] != state(supervisor, "river")["pid"]


@in_loop
async def test_stopping_takes_the_workers_along_at_once(folder: Path, tmp_path: Path) -> None:
    gallery = Gallery()
    supervisor = supervised(tmp_path, gate=settings(folder))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running(supervisor, gallery))
        await gallery.wait_for(1)
        pid = state(supervisor)["pid"]
        with within(1):
            await stack.aclose()
    assert isinstance(pid, int) and gone(pid)


@in_loop
async def test_nothing_about_a_camera_or_the_agent_is_visible_from_outside(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/secret-place")
    gallery = Gallery()
    supervisor = supervised(tmp_path, gate=settings(folder))
    async with running(supervisor, gallery):
        await gallery.wait_for(1)
        process = Path(f"/proc/{state(supervisor)['pid']}")
        assert str(folder) not in (process / "cmdline").read_text()
        assert "secret-place" not in (process / "environ").read_text()
