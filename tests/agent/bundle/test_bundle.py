"""`sandi bundle` on a box full of secrets and of citizens' words: none of them is in the archive, what helps is."""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from nacl.public import PrivateKey

from agent.bundle import configuration
from agent.bundle.archive import LeakError, packed
from agent.bundle.pieces import LeftOut, Piece, output_of
from agent.core.redact import Redactor
from tests.support.agent_box import NODE, AgentBox, stop

SECRETS = {
    "camera password": "S3cr3t-kamera!",
    "camera url user": "operator77:pw-url-99",
    "misspelt key": "kunci-salah-ketik-1",
    "key line": "MC4CAQAwBQYDK2VwBCIEIKJ5d0m0GpEFVbV0n3W2c8",
    "seal": "kTq0z9RrJmZ2cVb1nXyA5sLw8eUi7oPdF3gHhJjKkLs=",
    "citizen text": "lampu jalan padam di depan rumah saya",
    "citizen name": "Siti Rahmawati",
    "citizen phone": "081234567890",
    "log password": "ngintip-log-5",
    "log nik": "3673011205900001",
    "journal mail": "warga@contoh.id",
    "technician": "catatan-teknisi-rahasia",
    "picture": "JFIF-ISI-GAMBAR",
}
CONFIG = f"""
[probes]
[[probes.target]]
probe = "http"
name = "situs"
url = "https://{SECRETS["camera url user"]}@situs.test/a?token=abc#x"
pasword = "{SECRETS["misspelt key"]}"
[cameras.gate]
type = "replay"
folder = "pictures"
password = "{SECRETS["camera password"]}"
"""
JOURNALCTL = f"""#!/bin/sh
echo "2026-11-23T14:32:07+0700 sandi-agent[7]: outage-begun code=L5b"
echo "2026-11-23T14:32:08+0700 sandi-agent[7]: password={SECRETS["log password"]} nik {SECRETS["log nik"]}"
echo "2026-11-23T14:32:09+0700 sandi-agent[7]: camera says {SECRETS["camera password"]}"
"""


def opened(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        return {
            member.name.removeprefix("sandi-bundle/"): archive.extractfile(member).read()  # type: ignore[union-attr]
            for member in archive
        }


def bundle(config: Path, out: Path, folder: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    (tools / "journalctl").write_text(JOURNALCTL)
    (tools / "journalctl").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "COLUMNS": "80"}
    command = [sys.executable, "-m", "agent.cli", "bundle", "-c", str(config), "-o", str(out), *more]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=180, check=False)


def filled(box: AgentBox) -> None:
    """Put secrets and personal data everywhere a box has them."""
    keys = box.folder
    (keys / "node.key").write_text(f"-----BEGIN PRIVATE KEY-----\n{SECRETS['key line']}\n-----END PRIVATE KEY-----\n")
    (keys / "sign.key").write_text(SECRETS["seal"] + "\n")
    journal = box.data_dir / "journal"
    journal.mkdir(parents=True)
    (journal / "000002-a-2.jsonl").symlink_to("/proc/1/status")
    (journal / "000001-a-1.jsonl").write_text(
        json.dumps({"code": "L5b", "detail": SECRETS["journal mail"], "key": SECRETS["key line"]}) + "\n"
    )
    spool = box.data_dir / "spool"
    spool.mkdir()
    (spool / "gate.jpg").write_bytes(SECRETS["picture"].encode())


def complained(box: AgentBox) -> None:
    (box.folder / "seal.pub").write_bytes(b64encode(bytes(PrivateKey.generate().public_key)))
    told = {"category": "aduan", "text": SECRETS["citizen text"], "name": SECRETS["citizen name"]}
    wish = json.dumps({**told, "contact": SECRETS["citizen phone"]})
    command = [sys.executable, "-m", "agent.cli", "complain", "--input", "-", "-c", str(box.config)]
    done = subprocess.run(command, input=wish, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def assert_clean(content: dict[str, bytes], *but: str) -> None:
    for name, data in content.items():
        text = data.decode("utf-8", "replace")
        for kind, secret in ((kind, secret) for kind, secret in SECRETS.items() if kind not in but):
            for part in {secret, *secret.split(":")}:
                assert part not in text, f"{kind} stands in {name}"


def test_a_box_full_of_secrets_gives_an_archive_without_any(tmp_path: Path) -> None:
    box = AgentBox(tmp_path)  # a good file while the agent runs
    filled(box)
    with box.running() as agent:
        complained(box)
        note = ["maintenance", "2h", "--note", SECRETS["technician"], "-c", str(box.config)]
        subprocess.run([sys.executable, "-m", "agent.cli", *note], check=True, capture_output=True, timeout=120)
        alive = bundle(box.config, tmp_path / "alive.tar.gz", tmp_path, "--quick")
        assert alive.returncode == 0, alive.stderr
        stop(agent)
    box.config.write_text(box.config.read_text() + CONFIG)  # and a bad one afterwards, with keys nobody knows
    dead = bundle(box.config, tmp_path / "dead.tar.gz", tmp_path, "--quick")
    assert dead.returncode == 0, dead.stderr
    first, second = opened(tmp_path / "alive.tar.gz"), opened(tmp_path / "dead.tar.gz")
    assert_clean(first, "camera password")  # of the log's making: the agent's configuration did not hold it yet
    assert_clean(second)
    assert {
        "status.json",
        "outbox.json",
        "log.txt",
        "journal/000001-a-1.jsonl",
        "network/addresses.json",
    } <= first.keys()
    status: dict[str, Any] = json.loads(first["status.json"])
    assert status["node"] == NODE
    assert status["maintenance"].keys().isdisjoint({"by", "note", "ticket"})
    assert status["outbox"]["streams"]["complaint"]["pending"] == 1
    assert 0 < len(json.loads(first["system/programs.json"])) <= 20
    assert b"outage-begun code=L5b" in first["log.txt"]
    assert b"L5b" in first["journal/000001-a-1.jsonl"]
    assert not [name for found in (first, second) for name in found if "000002" in name], "a link was followed"
    shown = json.loads(second["config.json"])
    assert shown["node"]["id"] == NODE
    assert shown["probes"]["target"][0]["url"] == "https://situs.test/a"
    assert b"probes.target" in second["config-problems.txt"]
    missing = {each["what"]: each["why"] for each in json.loads(second["manifest.json"])["left_out"]}
    assert missing["status.json"] == missing["journal/"] == "bad_config"


def test_the_manifest_names_each_file_with_its_hash_and_all_that_is_missing(tmp_path: Path) -> None:
    box = AgentBox(tmp_path)
    done = bundle(box.config, tmp_path / "b.tar.gz", tmp_path, "--quick")
    assert done.returncode == 0, done.stderr
    content = opened(tmp_path / "b.tar.gz")
    manifest = json.loads(content.pop("manifest.json"))
    named = {each["name"]: each["sha256"] for each in manifest["files"]}
    assert named == {name: hashlib.sha256(data).hexdigest() for name, data in content.items()}
    reasons = {each["what"]: each["why"] for each in manifest["left_out"]}
    assert reasons["credentials/"] == "keys"
    assert reasons["complaints"] == "complaints"
    assert reasons["status.json"] == "no_agent"
    assert reasons["diagnose.json"] == "asked"
    assert "status.json: layanan tidak berjalan" in done.stdout


def test_the_file_is_for_its_owner_only_and_never_written_over(tmp_path: Path) -> None:
    box = AgentBox(tmp_path)
    path = tmp_path / "b.tar.gz"
    assert bundle(box.config, path, tmp_path, "--quick").returncode == 0
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    again = bundle(box.config, path, tmp_path, "--quick")
    assert again.returncode == 1
    assert path.read_bytes() == before


def test_without_configuration_there_is_still_the_network_and_a_diagnosis(tmp_path: Path) -> None:
    done = bundle(tmp_path / "none.toml", tmp_path / "b.tar.gz", tmp_path)
    assert done.returncode == 0, done.stderr
    content = opened(tmp_path / "b.tar.gz")
    assert json.loads(content["diagnose.json"])["verdict"]["code"]
    assert json.loads(content["network/interfaces.json"])["lo"]


def test_what_redaction_cannot_take_out_is_not_written() -> None:
    class Blind(Redactor):
        def text(self, text: str) -> str:
            return text

    with pytest.raises(LeakError):
        packed([Piece("a", "x rahasia y")], [], {}, Blind(["rahasia"]))


@pytest.mark.full
def test_an_archive_has_a_bound_and_says_what_fell_out() -> None:
    pieces = [Piece(f"{number}", "x" * 1024 * 1024) for number in range(20)]
    with tarfile.open(fileobj=io.BytesIO(packed(pieces, [LeftOut("y", "none")], {}, Redactor()))) as archive:
        manifest = json.loads(archive.extractfile("sandi-bundle/manifest.json").read())  # type: ignore[union-attr]
        assert len(archive.getnames()) == 13
    assert sum(each["why"] == "too_large" for each in manifest["left_out"]) == 8


def test_a_command_that_hangs_floods_or_fails_is_cut() -> None:
    with pytest.raises(OSError, match="longer"):
        output_of("sleep", "30", within_s=0.3)
    assert len(output_of("yes", most_bytes=10_000, within_s=120)) == 10_000
    with pytest.raises(OSError, match="ended with"):
        output_of("false", within_s=120)
    with pytest.raises(OSError):
        output_of("no-such-command")


def test_values_leave_only_under_keys_this_version_knows() -> None:
    table = {
        "node": {"id": NODE, "secret_sauce": "abcdef", "colour": "blue-green"},
        "cameras": {"gate": {"type": "replay", "interval_s": 5, "api_key": {"inner": "zzzzzz"}}},
        "elsewhere": {"x": "yyyyyy"},
    }
    shown = configuration.shown(table)
    assert shown["node"]["id"] == NODE
    assert shown["cameras"]["gate"]["interval_s"] == 5
    text = json.dumps(shown)
    for value in ("abcdef", "blue-green", "zzzzzz", "yyyyyy"):
        assert value not in text
    assert {"abcdef", "blue-green", "zzzzzz", "yyyyyy"} <= set(configuration.secrets(table))
