"""`sandi camera run` with cameras in the network: their pictures, passwords nowhere, a refused one not tried again."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from tests.agent.cameras.http_camera import PASSWORD, USER, http_camera
from tests.agent.cameras.onvif_device import onvif_device
from tests.support.in_loop import in_loop
from tests.support.picture_core import WAIT_S, PictureCore

FAULTS = {"cut mid-body": "truncated", "busy": "busy", "login page": "picture_invalid"}
WRONG = "Bukan-Kata-Sandinya"


def configuration(folder: Path, cameras: dict[str, dict[str, object]]) -> Path:
    """A node's file with these cameras; the core's door is run/pictures.sock."""
    (folder / "run").mkdir()
    lines = [
        '[node]\nid = "kel-3673011001"\ndata_dir = "data"\nrun_dir = "run"',
        f'[uplink]\nhost = "127.0.0.1"\ncredentials = "{folder}"',
        '[camera_process]\ndata_dir = "camera"\nrun_dir = "camera-run"\nlogins_file = "logins.toml"',
    ]
    for name, values in cameras.items():
        common = {"interval_s": 1, "deadline_s": 60, "purpose": "traffic", "notice_posted": True}
        lines += [f"[cameras.{name}]", *(f"{key} = {json.dumps(value)}" for key, value in (common | values).items())]
    file = folder / "agent.toml"
    file.write_text("\n".join(lines) + "\n")
    return file


def logins(folder: Path, password: str, *names: str) -> None:
    """The password file, as its owner would have written it."""
    new = folder / "logins.new"
    new.write_text("".join(f'[{name}]\nuser = "{USER}"\npassword = "{password}"\n' for name in names))
    new.chmod(0o600)
    new.rename(folder / "logins.toml")


def shown_by(*processes: int | None) -> str:
    """What anybody may see of these processes."""
    return "".join(Path(f"/proc/{pid}/{what}").read_text() for pid in processes for what in ("cmdline", "environ"))


async def started(file: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "agent.cli", "camera", "run", "--config", str(file),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env={**os.environ, "SANDI_LOG": "debug"},
    )  # fmt: skip


async def ended(process: asyncio.subprocess.Process) -> str:
    """All it said."""
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(WAIT_S):
        said, _ = await process.communicate()
    return said.decode()


@in_loop
async def test_http_and_onvif_cameras_give_their_pictures_and_their_password_is_nowhere(tmp_path: Path) -> None:
    core = PictureCore(tmp_path / "run" / "pictures.sock")
    with http_camera(auth="sha256") as box, onvif_device() as device:
        device.auth = "basic-alone-works"
        file = configuration(
            tmp_path, {"gate": {"type": "http_jpeg", "url": box.url}, "river": {"type": "onvif", "url": device.url}}
        )
        logins(tmp_path, PASSWORD, "gate", "river")
        async with core.open():
            process = await started(file)
            try:
                await core.until(lambda: {offer.camera for offer, _ in core.offers} == {"gate", "river"})
                await core.until(lambda: core.reports and all(one.pid for one in core.reports[-1].cameras.values()))
                shown = shown_by(process.pid, *(one.pid for one in core.reports[-1].cameras.values()))
            finally:
                said = await ended(process)
    assert process.returncode == 0
    steps = {offer.camera: set(offer.timings_ms) for offer, _ in core.offers}
    assert all({"connect", "first_byte", "body"} <= names for names in steps.values()), steps
    for told in (shown, said, str(core.reports), str(core.offers), file.read_text()):
        assert PASSWORD not in told


@in_loop
async def test_a_refused_password_is_told_and_not_tried_again_until_it_is_another(tmp_path: Path) -> None:
    core = PictureCore(tmp_path / "run" / "pictures.sock")
    with http_camera(auth="md5") as box:
        logins(tmp_path, WRONG, "gate")
        file = configuration(tmp_path, {"gate": {"type": "http_jpeg", "url": box.url}})
        async with core.open():
            process = await started(file)
            try:
                await core.until(lambda: core.reports and core.reports[-1].cameras["gate"].code == "auth")
                for number in range(5):
                    core.take("gate", f"r-{number}")
                await core.until(lambda: len(core.missed) == 5)
                assert [way for _, way in box.seen] == ["", "digest md5"]
                logins(tmp_path, PASSWORD, "gate")
                core.take("gate", "r-right")
                await core.until(lambda: any(offer.request_id == "r-right" for offer, _ in core.offers))
            finally:
                said = await ended(process)
    assert {missed.code for missed in core.missed} == {"auth"}
    for told in (said, str(core.reports), str(core.missed)):
        assert WRONG not in told and PASSWORD not in told


@in_loop
async def test_whatever_a_camera_does_the_next_picture_comes_once_it_behaves(tmp_path: Path) -> None:
    core = PictureCore(tmp_path / "run" / "pictures.sock")
    with http_camera(fault="not found") as box:
        file = configuration(tmp_path, {"gate": {"type": "http_jpeg", "url": box.url}})
        async with core.open():
            process = await started(file)
            try:
                await core.until(lambda: core.reports)  # somebody is there to be asked
                for number, (fault, code) in enumerate(FAULTS.items()):
                    bad, good = f"bad-{number}", f"good-{number}"
                    box.fault = fault
                    core.take("gate", bad)
                    await core.until(lambda bad=bad: any(one.request_id == bad for one in core.missed))
                    assert core.missed[-1].code == code
                    box.fault = ""
                    core.take("gate", good)
                    await core.until(lambda good=good: any(one.request_id == good for one, _ in core.offers))
            finally:
                await ended(process)
    assert process.returncode == 0
    assert all(body.startswith(b"\xff\xd8") and body.endswith(b"\xff\xd9") for _, body in core.offers)
