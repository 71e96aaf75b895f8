"""`sandi-center provision` as it is typed, on a centre that was set up."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.made_center import made_center

NODE = "kel-3673011001"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "center"
    made_center(folder)
    return folder


def typed(*words: str | Path, data: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "center.cli", "provision", *map(str, words), "--data", str(data)],
        capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "SANDI_LANG": "en"},
    )  # fmt: skip
    assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def test_one_card_is_made_told_and_judged(data: Path, tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text('ssh_from = ["10.20.0.0/16"]\n[agent.probes.icmp]\nenabled = "perhaps"\n')
    words: list[str | Path] = [NODE, "--model", "pi-4b", "--role", "kelurahan-kiosk", "--out", tmp_path / "card"]
    assert "--host" in typed(*words, data=data, code=2).stderr
    words += ["--host", "sandi.example.id"]
    refused = typed(*words, "--site-file", site, data=data, code=2).stderr
    assert "agent.toml of kel-3673011001 would be refused" in refused
    site.write_text('ssh_from = ["10.20.0.0/16"]\n')
    dry = typed(
        *words,
        "--site-file",
        site,
        "--set",
        "wifi.ssid=Kantor",
        "--set",
        "wifi.psk=rahasia-sekali",
        "--dry-run",
        data=data,
    )
    assert "Nothing was written" in dry.stdout
    assert not (tmp_path / "card").exists()
    made = typed(*words, "--site-file", site, "--json", data=data)
    told = json.loads(made.stdout)
    assert (told["written"], told["confirm"], told["boot_partition"]) == (True, True, False)
    token = (tmp_path / "card/sandi/token").read_text().strip()
    assert token not in made.stdout
    assert (
        b"ip saddr 10.20.0.0/16 tcp dport 22 accept"
        in (tmp_path / "card/sandi/root/etc/sandi-firewall.nft").read_bytes()
    )
    assert "All is well." in typed("check", tmp_path / "card", data=data).stdout
    (tmp_path / "card/sandi/ca.crt").write_text("x")
    found = json.loads(typed("check", tmp_path / "card", "--json", data=data, code=1).stdout)
    assert [finding["where"] for finding in found["findings"]] == ["ca.crt"]


def test_many_cards_are_made_or_none(data: Path, tmp_path: Path) -> None:
    table, out = tmp_path / "sites.csv", tmp_path / "cards"
    head = "node,model,role\nkel-3673011002,pi-4b,kelurahan-kiosk\n"
    table.write_text(head + "kel-3673011003,pi-zero-2w,kelurahan-kiosk\n")
    words: list[str | Path] = ["--from", table, "--out", out, "--host", "sandi.example.id"]
    assert "no kiosk browser on 512 MB" in typed(*words, data=data, code=2).stderr
    assert not out.exists()
    table.write_text(head + "kel-3673011003,pi-zero-2w,opd\n")
    assert "[2/2] kel-3673011003" in typed(*words, data=data).stdout
    with (out / "ringkasan.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["node"], row["confirm"]) for row in rows] == [("kel-3673011002", "True"), ("kel-3673011003", "False")]
    assert "All is well." in typed("check", out, "--all", data=data).stdout


def test_wrong_use_is_said(data: Path, tmp_path: Path) -> None:
    for words, said in [
        ([NODE, "--out", tmp_path], "--model and --role are needed"),
        (["--out", tmp_path], "name one NODE"),
        (["kel-9999999999", "--model", "pi-5", "--role", "opd", "--out", tmp_path, "--host", "h"], "there is no site"),
        (
            [NODE, "--model", "pi-5", "--role", "opd", "--out", tmp_path, "--host", "h", "--set", "x"],
            "is not KEY=VALUE",
        ),
        ([NODE, "--model", "pi-5", "--role", "opd", "--out", tmp_path, "--host", "h", "--set", "x=1"], "unknown field"),
        (["check", "--all"], "--all goes with"),
        (["check", tmp_path, "--all"], "there is no card below"),
    ]:
        assert said in typed(*words, data=data, code=2).stderr


def test_the_whole_configuration_is_judged_without_a_centre(tmp_path: Path) -> None:
    said = json.loads(typed("check", "--json", data=tmp_path / "nothing").stdout)
    assert said["ok"] is True
    assert said["findings"] == []
