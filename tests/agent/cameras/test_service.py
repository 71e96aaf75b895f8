"""The real `sandi camera run`: lean, silent about secrets, told of by systemd's words, and gone in order."""

import asyncio
import json
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from tests.support.in_loop import in_loop
from tests.support.own_time import within
from tests.support.picture_core import WAIT_S, PictureCore

SAMPLES = Path(__file__).resolve().parents[3] / "agent" / "cameras" / "samples"
SECRET = "sangat-rahasia-sekali"
FORBIDDEN = (
    "PIL",
    "numpy",
    "av",
    "httpx",
    "picamera2",
    "click",
    "rich",
    "nacl",
    "psutil",
    "paho",
    "sqlite3",
    "dataclasses",
)
"""Nothing native and nothing of a terminal: what runs for months."""


def configuration(folder: Path, cameras: str) -> Path:
    (folder / "run").mkdir(exist_ok=True)
    file = folder / "agent.toml"
    file.write_text(
        f'[node]\nid = "kel-3673011001"\ndata_dir = "data"\nrun_dir = "run"\n'
        f'[uplink]\nhost = "127.0.0.1"\ncredentials = "{folder}"\n'
        f'[camera_process]\ndata_dir = "camera"\nrun_dir = "camera-run"\nlogins_file = "logins.toml"\n{cameras}'
    )
    return file


def camera(name: str = "gate", **more: object) -> str:
    values = {
        "interval_s": 1,
        "deadline_s": 60,
        "purpose": "traffic",
        "notice_posted": True,
        "folder": str(SAMPLES),
    } | more
    lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return f'[cameras.{name}]\ntype = "replay"\n' + "\n".join(lines) + "\n"


async def started(file: Path, **environment: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "agent.cli", "camera", "run", "--config", str(file),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env={**os.environ, **environment},
    )  # fmt: skip


async def ended(process: asyncio.subprocess.Process, number: int = signal.SIGTERM) -> str:
    """Its log."""
    if process.returncode is None:
        process.send_signal(number)
    async with asyncio.timeout(WAIT_S):
        _, log = await process.communicate()
    return log.decode()


@in_loop
async def test_pictures_of_all_cameras_reach_the_core_and_a_stop_is_in_order(tmp_path: Path) -> None:
    file = configuration(tmp_path, camera("gate") + camera("river") + camera("hidden", notice_posted=False))
    core = PictureCore(tmp_path / "run" / "pictures.sock")
    async with core.open():
        process = await started(file)
        try:
            await core.until(lambda: {offer.camera for offer, _ in core.offers} == {"gate", "river"})
            await core.until(lambda: core.reports and core.reports[-1].cameras["gate"].state == "ok")
            assert core.reports[-1].cameras["hidden"].state == "off", "one that may not is told of all the same"
            assert all(body.startswith(b"\xff\xd8") and body.endswith(b"\xff\xd9") for _, body in core.offers)
            core.take("gate", "r-1")
            await core.until(lambda: any(offer.request_id == "r-1" for offer, _ in core.offers))
        finally:
            with within(5):
                log = await ended(process)
        assert process.returncode == 0 and "cameras-stopped" in log
    assert list((tmp_path / "camera-run" / "spool").iterdir()) == []


@in_loop
async def test_it_finds_a_core_that_comes_later_and_one_that_comes_back(tmp_path: Path) -> None:
    core = PictureCore(tmp_path / "run" / "pictures.sock")
    process = await started(configuration(tmp_path, camera()))
    try:
        for life in (1, 2):
            async with core.open():
                await core.until(lambda at_least=life: len(core.hellos) >= at_least)
                seen = len(core.offers)
                await core.until(lambda seen=seen: len(core.offers) > seen)
    finally:
        log = await ended(process)
    assert process.returncode == 0 and log.count("picture-door-open") >= 2


@in_loop
async def test_it_loads_nothing_native_and_nothing_of_a_terminal(tmp_path: Path) -> None:
    file = configuration(tmp_path, camera())
    (tmp_path / "logins.toml").write_text('[gate]\nuser = "x"\npassword = "y"\n')
    (tmp_path / "logins.toml").chmod(0o600)
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "import atexit, sys\n"
        f"atexit.register(lambda: open({str(tmp_path / 'loaded')!r}, 'a').write(' '.join(sys.modules) + '\\n'))\n"
    )
    core = PictureCore(tmp_path / "run" / "pictures.sock")
    async with core.open():
        process = await started(file, PYTHONPATH=f"{site}:{os.environ.get('PYTHONPATH', '')}")
        await core.until(lambda: len(core.offers) >= 2)
        await ended(process)
    loaded = [set(line.split()) for line in (tmp_path / "loaded").read_text().splitlines()]
    [supervisor] = [modules for modules in loaded if "agent.cameras.keeping.supervisor" in modules]
    assert sorted(supervisor & set(FORBIDDEN)) == []


@in_loop
async def test_a_password_is_in_no_log_no_argument_and_no_environment(tmp_path: Path) -> None:
    file = configuration(tmp_path, camera())
    logins = tmp_path / "logins.toml"
    logins.write_text(f'[gate]\nuser = "viewer"\npassword = "{SECRET}"\n')
    logins.chmod(0o600)
    core = PictureCore(tmp_path / "run" / "pictures.sock")
    async with core.open():
        process = await started(file, SANDI_LOG="debug")
        await core.until(lambda: core.reports and core.reports[-1].cameras["gate"].pid)
        worker = core.reports[-1].cameras["gate"].pid
        for pid in (process.pid, worker):
            for what in ("cmdline", "environ"):
                assert SECRET not in told(pid, what)
        logins.write_text(f'[gate]\npassword = "{SECRET}\n')  # a mistake in the line of the secret
        assert worker is not None
        os.kill(worker, signal.SIGKILL)
        await core.until(lambda: core.reports[-1].cameras["gate"].code == "logins")
        assert SECRET not in str(core.reports)
        log = await ended(process)
    assert "camera-failing" in log and SECRET not in log


@in_loop
async def test_the_workers_die_with_it_however_it_dies(tmp_path: Path) -> None:
    file, core = configuration(tmp_path, camera()), PictureCore(tmp_path / "run" / "pictures.sock")
    async with core.open():
        process = await started(file)
        await core.until(lambda: core.reports and core.reports[-1].cameras["gate"].pid)
        worker = core.reports[-1].cameras["gate"].pid
        await ended(process, signal.SIGKILL)
        async with asyncio.timeout(WAIT_S):
            while runs(worker):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.02)
    assert process.returncode == -signal.SIGKILL and not runs(worker)


def told(pid: int | None, what: str) -> str:
    return Path(f"/proc/{pid}/{what}").read_text()


def runs(pid: int | None) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@in_loop
async def test_systemd_hears_that_it_is_ready_that_it_lives_and_that_it_stops(tmp_path: Path) -> None:
    address = f"\0sandi-camera-test-{os.getpid()}-{tmp_path.name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as systemd:
        systemd.bind(address)
        loop = asyncio.get_running_loop()
        process = await started(
            configuration(tmp_path, camera()), NOTIFY_SOCKET="@" + address[1:], WATCHDOG_USEC="300000"
        )
        heard: list[str] = []

        async def until_heard(word: str) -> None:
            async with asyncio.timeout(WAIT_S):
                while not any(word in said for said in heard):
                    heard.append((await loop.sock_recv(systemd, 4096)).decode())

        for word in ("READY=1", "WATCHDOG=1", "STATUS=gate starting"):
            await until_heard(word)
        heard.clear()
        await until_heard("WATCHDOG=1")
        process.send_signal(signal.SIGTERM)
        await until_heard("STOPPING=1")
        async with asyncio.timeout(WAIT_S):
            await process.communicate()
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("cameras", "code", "said"),
    [("", 2, "cameras"), (camera(purpose="party"), 2, "purpose"), ("[cameras.gate]\ntype = 'none'\n", 2, "type")],
)
@in_loop
async def test_what_cannot_work_ends_it_with_the_reason(cameras: str, code: int, said: str, tmp_path: Path) -> None:
    process = await started(configuration(tmp_path, cameras), LANG="C", SANDI_LANG="en")
    async with asyncio.timeout(WAIT_S):
        _, log = await process.communicate()
    assert process.returncode == code and said in log.decode()


@in_loop
async def test_a_folder_that_cannot_be_made_ends_it_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "camera-run").write_text("a file where a folder belongs")
    process = await started(configuration(tmp_path, camera()))
    async with asyncio.timeout(WAIT_S):
        _, log = await process.communicate()
    assert process.returncode == 1 and "camera-run" in log.decode()
