"""`sandi camera test` and `mask` as a technician uses them: the real program, without a service."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.cameras.maskfile import save_mask, was_cleared
from agent.cameras.masks import encode_mask, make_mask, mask_path, read_mask
from tests.agent.cameras.http_camera import HttpCamera
from tests.support.mask_page import CAMERA, SAMPLES, write_config

MASK = make_mask(960 / 540, [[(0.1, 0.1), (0.5, 0.1), (0.5, 0.6)], [(0.6, 0.6), (0.9, 0.6), (0.9, 0.9)]])
SECRET = "rahasia-sekali-9173"


def sandi(*words: str, text: bytes | None = None) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        [sys.executable, "-m", "agent.cli", "camera", *words],
        input=text, capture_output=True, env={**os.environ, "COLUMNS": "80"}, timeout=120, check=False,
    )  # fmt: skip
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def write_login(folder: Path, mode: int = 0o600) -> None:
    file = folder / "camera-passwords.toml"
    file.write_text(f'[{CAMERA}]\nuser = "viewer"\npassword = "{SECRET}"\n')
    file.chmod(mode)


# -- test -------------------------------------------------------------------------------------------------------------


def test_a_good_camera_gives_its_steps_and_a_picture(tmp_path: Path) -> None:
    write_login(tmp_path)
    done = sandi("test", CAMERA, "-c", str(write_config(tmp_path)), "-o", str(tmp_path / "x.jpg"))
    assert done.returncode == 0, done.stderr
    assert "Kamera memberi gambar." in done.stdout
    assert "bagian [halaman] ada" in done.stdout
    assert (tmp_path / "x.jpg").read_bytes().startswith(b"\xff\xd8")
    assert (tmp_path / "x.jpg").stat().st_mode & 0o077 == 0
    assert all(len(line) <= 80 for line in done.stdout.replace(str(tmp_path), "").splitlines())


def test_a_failing_camera_is_told_with_what_to_do_last(tmp_path: Path) -> None:
    output = tmp_path / "x.jpg"
    output.write_bytes(b"the one before")
    done = sandi("test", CAMERA, "-c", str(write_config(tmp_path, tmp_path / "nothing")), "-o", str(output))
    assert done.returncode == 1
    assert "unavailable: cannot read the folder" in done.stdout
    assert "Lakukan  Periksa sumber gambarnya" in done.stdout
    assert output.read_bytes() == b"the one before"


def test_a_picture_that_cannot_be_kept_is_said(tmp_path: Path) -> None:
    config = str(write_config(tmp_path))
    assert sandi("test", CAMERA, "-c", config, "-o", str(tmp_path / "no" / "x.jpg")).returncode == 2
    full = sandi("test", CAMERA, "-c", config, "-o", "/dev/full")
    assert full.returncode == 1
    assert "/dev/full tidak dapat ditulis" in full.stderr


def test_for_programs_there_is_one_json_document(tmp_path: Path) -> None:
    good = json.loads(sandi("test", CAMERA, "-c", str(write_config(tmp_path)), "--json").stdout)
    assert (good["ok"], good["code"], good["picture"]["width"]) == (True, "", 960)
    assert good["steps"][-1]["name"] == "picture"
    bad = json.loads(sandi("test", CAMERA, "-c", str(write_config(tmp_path, tmp_path / "no")), "--json").stdout)
    assert (bad["ok"], bad["code"], bad["picture"]) == (False, "unavailable", None)
    assert bad["do"]


@pytest.mark.parametrize(
    ("more", "code"), [("hours = ''", ""), ("mask = 'required'", "mask"), ("login = 'lain'", "logins")]
)
def test_each_step_can_fail_before_the_camera_is_asked(tmp_path: Path, more: str, code: str) -> None:
    told = json.loads(sandi("test", CAMERA, "-c", str(write_config(tmp_path, more=more)), "--json").stdout)
    assert told["code"] == code


def test_without_a_notice_no_picture_is_taken(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    config.write_text(config.read_text().replace("notice_posted = true", "notice_posted = false"))
    for command in ("test", "mask"):
        done = sandi(command, CAMERA, "-c", str(config))
        assert done.returncode == 1
        assert "notice_posted is not true" in done.stdout + done.stderr
        assert "setelah pemberitahuan terpasang" in " ".join((done.stdout + done.stderr).split())


def test_an_unreadable_mask_stops_the_test(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    place = mask_path(tmp_path / "camera", CAMERA)
    place.parent.mkdir(parents=True)
    place.write_bytes(b"[]")
    told = json.loads(sandi("test", CAMERA, "-c", str(config), "--json").stdout)
    assert (told["ok"], told["code"]) == (False, "mask")


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_password_is_shown_by_no_output(tmp_path: Path, options: tuple[str, ...]) -> None:
    for pictures, code in ((tmp_path / "none", 1), (SAMPLES, 0)):
        write_login(tmp_path)
        done = sandi("test", CAMERA, "-c", str(write_config(tmp_path, pictures)), *options)
        assert done.returncode == code
        assert SECRET not in done.stdout + done.stderr
        assert "viewer" not in done.stdout + done.stderr


def test_a_password_file_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    write_login(tmp_path, 0o644)
    told = json.loads(sandi("test", CAMERA, "-c", str(write_config(tmp_path)), "--json").stdout)
    assert (told["ok"], told["code"]) == (False, "logins")


@pytest.mark.parametrize("command", ["test", "mask"])
def test_a_camera_that_is_not_configured_is_a_wrong_use(tmp_path: Path, command: str) -> None:
    done = sandi(command, "gudang", "-c", str(write_config(tmp_path)))
    assert done.returncode == 2
    assert "Yang ada: halaman" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to give up")
def test_root_goes_on_with_the_rights_of_the_service(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    state = tmp_path / "camera"
    state.mkdir()
    os.chown(state, 65534, 65534)
    tmp_path.chmod(0o755)
    code = (
        "import os, sys; from pathlib import Path; from agent.cli_camera_common import use_owners_rights as use\n"
        "use(Path(sys.argv[1])); print(os.getuid(), os.geteuid(), os.getgid(), os.getgroups())\n"
        "try:\n    os.setuid(0)\nexcept PermissionError:\n    print('for good')"
    )
    done = subprocess.run([sys.executable, "-c", code, str(state)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("65534 65534 65534 [65534]\nfor good")
    assert config.exists()


# -- test, against a real HTTP camera with Digest ---------------------------------------------------------------------


@contextmanager
def http_camera(folder: Path, deadline_s: int = 60, **case: str) -> Iterator[tuple[HttpCamera, Path]]:
    camera = HttpCamera(**case)
    camera.start()
    try:
        lines = f'type = "http_jpeg"\nurl = "{camera.url}"\ndeadline_s = {deadline_s}'
        yield camera, write_config(folder, camera=lines)
    finally:
        camera.stop()


def login(folder: Path, user: str, password: str) -> None:
    file = folder / "camera-passwords.toml"
    file.write_text(f"[{CAMERA}]\nuser = {json.dumps(user)}\npassword = {json.dumps(password)}\n")
    file.chmod(0o600)


def told_by(config: Path) -> dict[str, Any]:
    return dict(json.loads(sandi("test", CAMERA, "-c", str(config), "--json").stdout))


def test_the_password_file_opens_the_camera_and_each_step_has_its_time(tmp_path: Path) -> None:
    with http_camera(tmp_path, auth="sha256") as (camera, config):
        login(tmp_path, camera.user, camera.password)
        told = told_by(config)
    assert told["ok"] is True, told
    names = [step["name"] for step in told["steps"]]
    assert names[:4] == ["notice", "login", "mask", "worker"]
    assert {"connect", "first_byte", "body", "encode"} < set(names)
    assert all(step["took_ms"] >= 0 for step in told["steps"][3:])


def test_a_wrong_password_is_told_with_what_to_do_and_is_not_shown(tmp_path: Path) -> None:
    with http_camera(tmp_path, auth="md5") as (camera, config):
        login(tmp_path, camera.user, SECRET)
        done = sandi("test", CAMERA, "-c", str(config))
    assert done.returncode == 1
    assert "Putusan  auth:" in done.stdout
    assert "banyak kamera mengunci akun" in " ".join(done.stdout.split())
    assert SECRET not in done.stdout + done.stderr


def test_a_camera_that_is_off_is_told_with_what_to_look_at(tmp_path: Path) -> None:
    with http_camera(tmp_path, deadline_s=60) as (camera, config):
        camera.stop()
        told = told_by(config)
    assert told["code"] == "unreachable"
    assert "Periksa listrik dan kabel kamera" in told["do"]


@pytest.mark.full
def test_a_silent_camera_is_not_taken_for_a_wrong_password(tmp_path: Path) -> None:
    with http_camera(tmp_path, deadline_s=5, fault="silent") as (_, config):
        told = told_by(config)
    assert told["code"] in ("unreachable", "hung", "timeout")  # the last where the worker's start took all the time
    assert told["do"]


# -- mask -------------------------------------------------------------------------------------------------------------


def test_a_mask_goes_from_one_box_to_another_by_its_file(tmp_path: Path) -> None:
    config, file = write_config(tmp_path), tmp_path / "mask.json"
    file.write_bytes(encode_mask(MASK))
    done = sandi("mask", CAMERA, "-c", str(config), "--import", str(file))
    assert done.returncode == 0, done.stderr
    assert f"2 bidang, versi {MASK.version}" in done.stdout
    assert read_mask(mask_path(tmp_path / "camera", CAMERA)) == MASK
    exported = sandi("mask", CAMERA, "-c", str(config), "--export").stdout
    assert exported.strip().encode() == encode_mask(MASK)
    again = sandi("mask", CAMERA, "-c", str(config), "--import", "-", text=exported.encode())
    assert again.returncode == 0


def test_the_mask_in_force_is_shown_in_per_cent(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    save_mask(mask_path(tmp_path / "camera", CAMERA), MASK)
    done = sandi("mask", CAMERA, "-c", str(config), "--show")
    assert done.returncode == 0
    assert "bidang 1   10,10 50,10 50,60" in done.stdout
    told = json.loads(sandi("mask", CAMERA, "-c", str(config), "--show", "--json").stdout)
    assert told["version"] == MASK.version


def test_no_mask_is_said_so(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    for act in ("--show", "--export"):
        done = sandi("mask", CAMERA, "-c", str(config), act)
        assert done.returncode == 1
        assert "tidak bermasker" in done.stderr


def test_clearing_says_what_it_means_and_leaves_a_note(tmp_path: Path) -> None:
    config, place = write_config(tmp_path), mask_path(tmp_path / "camera", CAMERA)
    save_mask(mask_path(tmp_path / "camera", CAMERA), MASK)
    done = sandi("mask", CAMERA, "-c", str(config), "--clear")
    assert done.returncode == 0
    assert "tanpa masker mulai gambar berikutnya" in done.stdout
    assert read_mask(place) is None
    assert was_cleared(place)
    required = sandi("mask", CAMERA, "-c", str(write_config(tmp_path, more='mask = "required"')), "--clear")
    assert "tidak ada gambar sampai ada masker baru" in required.stdout


@pytest.mark.parametrize("content", [b"[" * 60_000, b"x" * 70_000], ids=["nested", "large"])
def test_a_file_that_is_no_mask_is_refused_and_the_old_one_stays(tmp_path: Path, content: bytes) -> None:
    place = mask_path(tmp_path / "camera", CAMERA)
    save_mask(place, MASK)
    done = sandi("mask", CAMERA, "-c", str(write_config(tmp_path)), "--import", "-", text=content)
    assert done.returncode == 1
    assert "Masker tidak dapat dipakai" in done.stderr
    assert read_mask(place) == MASK


def test_two_wishes_at_once_are_a_wrong_use(tmp_path: Path) -> None:
    config, place = write_config(tmp_path), mask_path(tmp_path / "camera", CAMERA)
    save_mask(place, MASK)
    assert sandi("mask", CAMERA, "-c", str(config), "--show", "--clear").returncode == 2
    assert read_mask(place) == MASK
    assert sandi("mask", CAMERA, "-c", str(config), "--clear", "--import", "x").returncode == 2
    assert sandi("mask", CAMERA, "-c", str(config), "--show", "--listen", "0.0.0.0").returncode == 2
    assert sandi("mask", CAMERA, "-c", str(config), "--listen", "not-an-address").returncode == 2


def test_what_cannot_be_had_is_named_and_sudo_is_told_where_it_helps(tmp_path: Path) -> None:
    config, absent = write_config(tmp_path), tmp_path / "no-mask.json"
    done = sandi("mask", CAMERA, "-c", str(config), "--import", str(absent))
    assert (done.returncode, done.stderr) == (1, f"{absent}: No such file or directory.\n")
    done = sandi("mask", CAMERA, "-c", str(config), "--listen", "192.0.2.77")
    assert done.returncode == 1
    assert "\n192.0.2.77:0: " in done.stderr
    assert "sudo" not in done.stderr


def test_a_page_needs_a_picture_and_says_why_there_is_none(tmp_path: Path) -> None:
    done = sandi("mask", CAMERA, "-c", str(write_config(tmp_path, tmp_path / "nothing")))
    assert done.returncode == 1
    assert "Tidak ada gambar: cannot read the folder" in done.stderr
    assert "Lakukan" in done.stderr
