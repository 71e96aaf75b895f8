"""The command line as a technician uses it: the real program, alive and dead, in both languages, without colour."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.agent_box import NODE, UNHURRIED, AgentBox, stop
from tests.support.processes import wait_until


def sandi(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "agent.cli", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "80", **environment},
        timeout=120,
        check=False,
    )


def told(*arguments: str) -> dict[str, Any]:
    """What a command says to programs. On a busy disk the outbox's figures are left out: it is asked again."""
    found: dict[str, Any] = {}

    def whole() -> bool:
        found.update(json.loads(sandi(*arguments, "--json").stdout))
        return "streams" in found.get("outbox", found)

    wait_until(whole, "the outbox's figures", 120)
    return found


@pytest.fixture(scope="module")
def alive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgentBox]:
    box = AgentBox(tmp_path_factory.mktemp("alive"))
    with box.running():
        wait_until(lambda: box.status()["report_age_s"] is not None, "a health report")
        yield box


def test_status_of_a_running_agent_fits_a_screen_and_reads_without_colour(alive: AgentBox) -> None:
    done = sandi("status", "-c", str(alive.config))
    assert done.returncode in (0, 1), done.stderr
    assert NODE in done.stdout
    assert "TERPUTUS" in done.stdout
    assert "Antrean" in done.stdout
    assert "\x1b" not in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    assert len(done.stdout.splitlines()) <= 40


def test_status_speaks_english_when_asked(alive: AgentBox) -> None:
    for done in (
        sandi("status", "-c", str(alive.config), "--lang", "en"),
        sandi("status", SANDI_LANG="en", SANDI_CONFIG=str(alive.config)),
    ):
        assert "Network" in done.stdout
        assert "Jaringan" not in done.stdout


def test_status_for_programs_is_one_json_document(alive: AgentBox) -> None:
    facts = told("status", "-c", str(alive.config))
    assert facts["running"] is True
    assert facts["node"] == NODE
    assert set(facts["outbox"]["streams"]) == {"complaint", "attachment", "event", "health", "snapshot"}


def test_outbox_lists_every_stream(alive: AgentBox) -> None:
    assert told("outbox", "-c", str(alive.config))["running"] is True
    done = sandi("outbox", "-c", str(alive.config))
    assert done.returncode == 0
    assert [word for word in ("pengaduan", "lampiran", "kejadian", "laporan", "gambar") if word in done.stdout]


def test_a_stopped_agent_is_said_to_be_stopped_and_its_outbox_is_shown(tmp_path: Path) -> None:
    box = AgentBox(tmp_path)
    with box.running(*UNHURRIED) as agent:
        assert stop(agent) == 0
    before = {path: path.read_bytes() for path in box.data_dir.iterdir() if path.is_file()}
    done = sandi("status", "-c", str(box.config))
    assert done.returncode == 3
    assert "TIDAK berjalan" in done.stdout
    assert "tertib (SIGTERM)" in done.stdout
    assert "kejadian" in done.stdout
    facts = json.loads(sandi("outbox", "-c", str(box.config), "--json").stdout)
    assert facts["running"] is False
    assert facts["streams"]["event"]["pending"] >= 3
    assert {path: path.read_bytes() for path in box.data_dir.iterdir() if path.is_file()} == before


def test_a_killed_agent_is_said_to_have_died(tmp_path: Path) -> None:
    box = AgentBox(tmp_path)
    with box.running() as agent:
        wait_until(lambda: (box.data_dir / "heartbeat").read_bytes().strip(b"\0") != b"", "a heartbeat")
        wait_until(lambda: box.streams()["event"]["pending"] >= 2, "the start on the disk")
        stop(agent, signal.SIGKILL)
    done = sandi("status", "-c", str(box.config))
    assert done.returncode == 3
    assert "mati mendadak" in done.stdout
    facts = json.loads(sandi("status", "-c", str(box.config), "--json").stdout)
    assert facts["last_sign"]["ago_s"] < 600
    assert facts["outbox"]["streams"]["event"]["pending"] >= 2


def test_an_agent_that_never_ran_is_said_so(tmp_path: Path) -> None:
    done = sandi("status", "-c", str(AgentBox(tmp_path).config), "--lang", "en")
    assert done.returncode == 3
    assert "never ran" in done.stdout


@pytest.mark.parametrize("command", ["status", "outbox"])
def test_a_bad_configuration_is_exit_code_two_in_words_and_in_json(tmp_path: Path, command: str) -> None:
    bad = tmp_path / "agent.toml"
    bad.write_text("[node]\nid = 3\n")
    done = sandi(command, "-c", str(bad))
    assert done.returncode == 2
    assert "node.id" in done.stderr
    answer = json.loads(sandi(command, "-c", str(bad), "--json").stdout)
    assert answer["error"]["code"] == "config"


def test_config_check_names_all_mistakes(tmp_path: Path) -> None:
    bad = tmp_path / "agent.toml"
    bad.write_text('[node]\nid = "kel-3673011001"\n[uplink]\nhost = "x"\nprot = 1\nkeepalive_s = "30s"\n')
    done = sandi("config", "check", str(bad))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 2
    assert "keepalive_s = 30" in done.stderr
    problems = json.loads(sandi("config", "check", str(bad), "--json").stdout)["problems"]
    assert {problem["key"] for problem in problems} == {"uplink.prot", "uplink.keepalive_s"}


def test_config_check_of_a_good_file_is_exit_code_zero(tmp_path: Path) -> None:
    done = sandi("config", "check", str(AgentBox(tmp_path).config))
    assert (done.returncode, NODE in done.stdout) == (0, True)


def test_the_example_passes_the_check(tmp_path: Path) -> None:
    sample = tmp_path / "agent.toml"
    sample.write_text(sandi("config", "example").stdout)
    assert sandi("config", "check", str(sample)).returncode == 0


def test_wrong_usage_is_exit_code_two() -> None:
    for arguments in (("statuss",), ("run", "--confg", "x"), ("status", "--lang", "xx"), ("run", "extra")):
        assert sandi(*arguments).returncode == 2


def test_version_needs_no_configuration() -> None:
    from importlib.metadata import version

    facts = json.loads(sandi("version", "--json", SANDI_CONFIG="/nowhere").stdout)
    assert facts["version"] == version("sandi")
    assert facts["version"] in sandi("version").stdout


def test_help_is_indonesian_first() -> None:
    assert "Keadaan kotak" in sandi("--help").stdout
    assert "State of the box" in sandi("--help", SANDI_LANG="en").stdout
    assert sandi("run", "--help").returncode == 0


AS_NOBODY = """
import os, sys
from pathlib import Path
from agent import cli_status, config
from agent.messages import Messages
config.load(Path(sys.argv[1])), Messages("en")  # everything is imported before the rights to read it are given up
os.setgroups([]), os.setgid(65534), os.setuid(65534)
sys.exit(cli_status.status(Path(sys.argv[1]), Messages("en"), as_json=False))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_a_user_who_may_not_is_told_which_group_to_join() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        box = AgentBox(folder)
        with box.running():
            box.config.chmod(0o644)
            command = [sys.executable, "-c", AS_NOBODY, str(box.config)]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1, done.stderr
    assert "sandi-technician" in done.stderr
