"""`sandi-center provision` as it is typed: what it makes, what it says, what it refuses."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from center.cli import main
from center.pki import create_authority
from center.provision import card as cards
from tests.support.center import lay

NODE = "kel-3673011001"
Typed = Callable[..., str]


@pytest.fixture
def data(center_data: Path) -> Path:
    from center.sites.seed_data import seed

    (center_data / "secret_key").write_text("x" * 50)
    create_authority(center_data / "pki")
    lay(center_data, "seeded", seed)
    return center_data


@pytest.fixture
def typed(data: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Run one command, hold it to its exit code; what it said."""

    def run(*words: str | Path, code: int = 0, centre: bool = True) -> str:
        capsys.readouterr()
        where = ["--data", str(data)] if centre else []
        assert main(["--lang", "en", "provision", *map(str, words), *where]) == code
        said = capsys.readouterr()
        return said.err if code == 2 else said.out

    return run


def flashed(boot: Path) -> Path:
    """The boot partition of a flashed card."""
    boot.mkdir()
    line = "console=tty1 root=PARTUUID=1-02 init=/usr/lib/raspberrypi-sys-mods/firstboot\n"
    for name, content in (("cmdline.txt", line), ("config.txt", "dtparam=audio=on\n")):
        (boot / name).write_text(content)
    return boot


def test_one_card_is_made_told_and_judged(typed: Typed, tmp_path: Path) -> None:
    site, out = tmp_path / "site.toml", tmp_path / "card"
    words: list[str | Path] = [NODE, "--model", "pi-4b", "--role", "kelurahan-kiosk", "--out", out]
    assert "--host" in typed(*words, code=2)
    words += ["--host", "sandi.example.id", "--site-file", site]
    site.write_text('[agent.probes.icmp]\nenabled = "perhaps"\n')
    assert "agent.toml of kel-3673011001 would be refused" in typed(*words, code=2)
    site.write_text('ssh_from = ["10.20.0.0/16"]\n')
    wifi = ("--set", "wifi.ssid=Kantor", "--set", "wifi.psk=rahasia-sekali")
    assert "Nothing was written" in typed(*words, *wifi, "--dry-run")
    assert not out.exists()
    made = typed(*words, "--json")
    told = json.loads(made)
    assert (told["written"], told["confirm"], told["boot_partition"]) == (True, True, False)
    assert (out / "sandi/token").read_text().strip() not in made
    assert "ip saddr 10.20.0.0/16 tcp dport 22 accept" in (out / "sandi/root/etc/sandi-firewall.nft").read_text()
    assert "All is well." in typed("check", out)
    (out / "sandi/ca.crt").write_text("x")
    found = json.loads(typed("check", out, "--json", code=1))
    assert [finding["where"] for finding in found["findings"]] == ["ca.crt"]


def test_many_cards_are_made_or_none(typed: Typed, tmp_path: Path) -> None:
    table, out = tmp_path / "sites.csv", tmp_path / "cards"
    head = "node,model,role\nkel-3673011002,pi-4b,kelurahan-kiosk\n"
    words: list[str | Path] = ["--from", table, "--out", out, "--host", "sandi.example.id"]
    table.write_text(head + "kel-3673011003,pi-zero-2w,kelurahan-kiosk\n")
    assert "no kiosk browser on 512 MB" in typed(*words, code=2)
    assert not out.exists()
    table.write_text(head + "kel-3673011003,pi-zero-2w,opd\n")
    assert "[2/2] kel-3673011003" in typed(*words)
    with (out / "ringkasan.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["node"], row["confirm"]) for row in rows] == [("kel-3673011002", "True"), ("kel-3673011003", "False")]
    assert "All is well." in typed("check", out, "--all")
    tokens = [(out / row["node"] / "sandi/token").read_text().strip() for row in rows]
    assert len(set(tokens)) == 2
    assert not any(token in (out / "ringkasan.csv").read_text() for token in tokens)

    # One of them onto a flashed card: the same card, armed.
    boot = flashed(tmp_path / "bootfs")
    assert "The card of kel-3673011002 is ready" in typed("copy", out / "kel-3673011002", boot, centre=False)
    assert "All is well." in typed("check", boot)
    assert (boot / "sandi/token").read_text().strip() == tokens[0]
    assert (boot / "cmdline.txt").read_text().startswith("console=tty1 root=PARTUUID=1-02 video=")
    assert "--force" in typed("copy", out / "kel-3673011003", boot, code=2, centre=False)
    assert "is not the boot partition" in typed(
        "copy", out / "kel-3673011003", tmp_path, "--force", code=2, centre=False
    )
    (out / "kel-3673011003/sandi/root.json").unlink()
    assert "no whole card (root.json)" in typed("copy", out / "kel-3673011003", boot, "--force", code=2, centre=False)


def test_wrong_use_is_said(typed: Typed, tmp_path: Path) -> None:
    opd: list[str | Path] = ["--model", "pi-5", "--role", "opd", "--out", tmp_path / "x", "--host", "h.example.id"]
    for words, said in [
        ([NODE, "--out", tmp_path], "--model and --role are needed"),
        (["--out", tmp_path], "name one NODE"),
        (["kel-9999999999", *opd], "there is no site"),
        (["kel-1", *opd], "is not a node id"),
        ([NODE, *opd, "--set", "x"], "is not KEY=VALUE"),
        ([NODE, *opd, "--set", "x=1"], "unknown field"),
        ([NODE, *opd, "--site-file", tmp_path / "none"], "none"),
        ([NODE, *opd, "--host", "a b"], "is no host name"),
        (["check", "--all"], "--all goes with"),
        (["check", tmp_path, "--all"], "there is no card below"),
    ]:
        assert said in typed(*words, code=2)
    assert not (tmp_path / "x").exists()


def test_a_card_tells_what_to_do_next_in_indonesian(data: Path, tmp_path: Path) -> None:
    """The whole program, once."""
    boot = flashed(tmp_path / "bootfs")
    words = (NODE, "--model", "pi-4b", "--role", "kelurahan-kiosk", "--host", "sandi.example.id", "--out", str(boot))
    done = subprocess.run(
        [sys.executable, "-m", "center.cli", "provision", *words, "--data", str(data)],
        capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "SANDI_LANG": "id"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for said in ("siap di", "Lepaskan kartu", "14 hari", "bandingkan sidik kunci", "tidak membawa program"):
        assert said in done.stdout
    assert (boot / "sandi" / cards.TOKEN).exists()


def test_the_whole_configuration_is_judged_without_a_centre(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["provision", "check", "--json", "--data", str(tmp_path / "nothing")]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["ok"] is True
    assert said["findings"] == []
