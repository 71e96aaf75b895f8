"""The first run of a box, on a small system below a folder: what it places, and that it may be cut anywhere."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from center.provision.facts import parse_facts
from tests.support.box_root import everything, first_run, make_root
from tests.support.firstrun_card import CATALOGUE, NODE, TOKEN, units, write_card
from tests.support.torture import often

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give files their owners")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    make_root(tmp_path / "root", units())
    return tmp_path / "root"


WIFI = parse_facts('[wifi]\nssid = "Kantor"\npsk = "rahasia-sekali"\n', "site")


@needs_root
def test_a_box_is_made_and_nothing_secret_stays_on_the_card(root: Path) -> None:
    write_card(root, facts=WIFI)
    (root / "boot/firmware/sandi/release.pub").write_text("-----BEGIN PUBLIC KEY-----\n")
    done = first_run(root)
    assert done.returncode == 0, done.stdout + done.stderr
    found = everything(root)

    def owned(path: str) -> tuple[int, int, int]:
        mode, user, group, _ = found[path]
        return mode & 0o7777, user, group

    assert owned("etc/sandi/agent.toml") == (0o640, 0, 995)
    assert owned("etc/sandi/node.toml") == (0o644, 0, 0)
    assert owned("etc/sandi/enrol") == (0o750, 991, 991)
    assert owned("etc/sandi/enrol/token") == (0o600, 991, 991)
    assert owned("etc/sandi/enrol/ca.crt") == (0o644, 991, 991)
    assert owned("etc/sandi/enrol/command.pub") == (0o644, 991, 991)
    assert owned("etc/sandi/release.pub") == (0o644, 0, 0)
    assert owned("etc/sandi/credentials") == (0o700, 991, 991)
    assert owned("var/lib/sandi-enrol") == (0o750, 991, 995)
    assert owned("etc/NetworkManager/system-connections/sandi-wifi.nmconnection") == (0o600, 0, 0)
    assert found["etc/sandi/enrol/token"][3].decode().strip() == TOKEN
    assert found["etc/hostname"][3] == f"{NODE}\n".encode()
    assert found["etc/hosts"][3].decode().splitlines() == ["127.0.0.1\tlocalhost", f"127.0.1.1\t{NODE}"]
    devices = {"sandi-kiosk-serial.service"}  # the card names none
    assert {path.name for path in (root / "enabled").iterdir()} == set(units()) - devices
    assert found["boot/firmware/cmdline.txt"][3].decode().split() == [
        "console=tty1", "root=PARTUUID=4e639091-02", "rootwait", "quiet",
        "video=HDMI-A-1:D", "consoleblank=0", "vt.global_cursor_default=0", "cfg80211.ieee80211_regdom=ID",
    ]  # fmt: skip
    left = b"".join(content for path, (*_, content) in found.items() if path.startswith("boot/"))
    assert TOKEN.encode() not in left
    assert b"rahasia-sekali" not in left
    again = first_run(root)
    assert again.returncode == 0, again.stdout
    assert everything(root) == found


@needs_root
@pytest.mark.parametrize("full", [False, pytest.param(True, marks=pytest.mark.full)])
def test_it_may_be_cut_anywhere_and_ends_the_same(tmp_path: Path, full: bool) -> None:
    """SIGKILL before every command of the shell (in the short suite: before every 307th), then once more to the end."""
    image = tmp_path / "image"
    make_root(image, units())
    write_card(image, facts=WIFI)
    straight = Path(shutil.copytree(image, tmp_path / "straight", symlinks=True))
    count = tmp_path / "count"
    hook = tmp_path / "hook"
    hook.write_text(
        "set -T\ntrap '((++COMMANDS == ${DIE_AT:-0})) && kill -9 $$' DEBUG\ntrap 'echo $COMMANDS >\"$COUNT\"' EXIT\n"
    )
    done = first_run(straight, BASH_ENV=str(hook), COUNT=str(count))
    assert done.returncode == 0, done.stdout + done.stderr
    wanted = everything(straight, "fakes")
    total = int(count.read_text())
    assert total > 300
    cut = 0
    for at in range(5, total, often(122, 61) if full else 307):
        box = tmp_path / "box"
        shutil.copytree(image, box, symlinks=True)
        cut += first_run(box, BASH_ENV=str(hook), DIE_AT=str(at), COUNT=str(count)).returncode == -9
        done = first_run(box)
        assert done.returncode == 0, f"cut before command {at}: {done.stdout}{done.stderr}"
        assert everything(box, "fakes") == wanted, f"cut before command {at}"
        shutil.rmtree(box)
    assert cut >= 3


@needs_root
def test_another_nodes_card_keeps_none_of_its_keys_and_all_of_its_records(root: Path) -> None:
    write_card(root, "opd-dinkes", "opd")
    assert first_run(root).returncode == 0
    (root / "etc/sandi/credentials/node.key").write_text("OLD KEY")
    (root / "etc/sandi/override.toml").write_text("[uplink]\nhost = 'old'\n")
    (root / "var/lib/sandi-enrol/state.json").write_text("{}")
    (root / "var/lib/sandi/outbox.db").write_text("OLD RECORDS")
    (root / "var/lib/sandi-camera").mkdir()
    (root / "var/lib/sandi-camera/masks.json").write_text("OLD MASKS")
    write_card(root)
    done = first_run(root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "this card was opd-dinkes's" in done.stdout
    assert not any((root / "etc/sandi/credentials").iterdir())
    assert not any((root / "var/lib/sandi").iterdir()) and not (root / "etc/sandi/override.toml").exists()
    assert not any((root / "var/lib/sandi-enrol").iterdir())
    aside = root / "var/lib/sandi-aside/opd-dinkes"
    assert (aside / "sandi/outbox.db").read_text() == "OLD RECORDS"
    assert (aside / "sandi-camera/masks.json").read_text() == "OLD MASKS"
    assert aside.stat().st_mode & 0o777 == 0o700
    assert not any(b"OLD KEY" in path.read_bytes() for path in root.rglob("*") if path.is_file())
    # The same node once more keeps everything.
    (root / "etc/sandi/credentials/node.key").write_text("KEY")
    (root / "var/lib/sandi/outbox.db").write_text("RECORDS")
    write_card(root)
    assert first_run(root).returncode == 0
    assert (root / "etc/sandi/credentials/node.key").read_text() == "KEY"
    assert (root / "var/lib/sandi/outbox.db").read_text() == "RECORDS"


@needs_root
def test_a_role_that_was_changed_leaves_none_of_its_units(root: Path) -> None:
    for unit in units("opd"):
        (root / "units" / unit).touch()
    write_card(root)
    assert first_run(root).returncode == 0
    write_card(root, role="opd")
    assert first_run(root).returncode == 0
    assert {path.name for path in (root / "enabled").iterdir()} == {unit.name for unit in CATALOGUE.roles["opd"].unit}


@needs_root
@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("root/etc/sandi-firewall.nft", "missing or damaged"),
        ("root.json", "root.json is missing"),
        ("token", "there is no token"),
    ],
)
def test_a_damaged_card_is_said_and_nothing_of_it_is_used(root: Path, damage: str, words: str) -> None:
    write_card(root)
    (root / "boot/firmware/sandi" / damage).unlink()
    done = first_run(root)
    assert done.returncode == 1
    assert words in done.stdout
    assert not (root / "etc/sandi/node.toml").exists()
    assert b"systemd.run=" in (root / "boot/firmware/cmdline.txt").read_bytes()


@needs_root
def test_the_program_comes_with_the_card_or_is_missed(root: Path, tmp_path: Path) -> None:
    """A real package, installed by the real dpkg into the system below the folder, once."""
    (root / "opt/sandi/agent/bin/sandi").unlink()
    write_card(root)
    done = first_run(root)
    assert done.returncode == 1
    assert "make the card with --packages" in done.stdout
    build = tmp_path / "deb"
    (build / "DEBIAN").mkdir(parents=True, mode=0o755)
    (build / "DEBIAN/control").write_text(
        "Package: sandi\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.id>\nDescription: x\n"
    )
    (build / "usr/bin").mkdir(parents=True)
    (build / "usr/bin/sandi").write_text("#!/bin/sh\n")
    (build / "usr/bin/sandi").chmod(0o755)
    packages = root / "boot/firmware/sandi/packages"
    packages.mkdir()
    for name in ("info", "updates"):
        (root / "var/lib/dpkg" / name).mkdir(parents=True)
    for name in ("status", "available"):
        (root / "var/lib/dpkg" / name).touch()
    subprocess.run(["dpkg-deb", "-b", str(build), str(packages / "sandi_1_all.deb")], check=True, capture_output=True)
    done = first_run(root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "installing 1 packages" in done.stdout
    assert (root / "usr/bin/sandi").exists()
    assert "installing" not in first_run(root).stdout


@needs_root
def test_wi_fi_that_the_image_keeps_off_is_switched_on_and_another_board_is_said(root: Path, tmp_path: Path) -> None:
    state = root / "var/lib/NetworkManager/NetworkManager.state"
    radio = root / "var/lib/systemd/rfkill/platform-fe300000.mmcnr:wlan"
    for path, text in ((state, "[main]\nWirelessEnabled=false\nWWANEnabled=true\n"), (radio, "1\n")):
        path.parent.mkdir(parents=True)
        path.write_text(text)
    (root / "etc/cloud").mkdir()
    board = tmp_path / "model"
    board.write_bytes(b"Raspberry Pi 3 Model B Rev 1.2\0")
    write_card(root, facts=WIFI)
    done = first_run(root, SANDI_BOARD_FILE=str(board))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (
        "this board is a Raspberry Pi 3 Model B Rev 1.2; the card was made for a Raspberry Pi 4 Model B" in done.stdout
    )
    assert state.read_text() == "[main]\nWirelessEnabled=true\nWWANEnabled=true\n"
    assert radio.read_text() == "0\n"
    assert (root / "etc/cloud/cloud-init.disabled").exists()


@needs_root
def test_what_it_says_is_indonesian_unless_asked_otherwise(root: Path) -> None:
    write_card(root)
    text = first_run(root, SANDI_LANG="id").stdout
    assert "[6/13] identitas" in text
    assert f"{NODE} siap" in text
