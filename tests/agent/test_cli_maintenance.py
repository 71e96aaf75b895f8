"""`sandi maintenance` with the real agent: said, shown, extended, ended, kept over a restart, refused."""

import getpass
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.control_client import RefusedError, ask
from tests.support.agent_box import ANSWER_WITHIN_S, UNHURRIED, AgentBox, stop
from tests.support.processes import wait_until


def sandi(box: AgentBox, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SUDO_", "SANDI_"))}
    return subprocess.run(
        [sys.executable, "-m", "agent.cli", "maintenance", *arguments, "-c", str(box.config)],
        capture_output=True,
        text=True,
        env={**environment, "COLUMNS": "80"},
        timeout=120,
        check=False,
    )


def test_a_stay_is_said_shown_and_ended_and_each_word_is_an_event(tmp_path: Path) -> None:
    box = AgentBox(tmp_path)
    with box.running(*UNHURRIED) as agent:
        assert "Tidak ada pekerjaan" in sandi(box).stdout
        begun = sandi(box, "2h", "--ticket", "T-17", "--note", "ganti router")
        assert begun.returncode == 0, begun.stderr
        assert "masih 2 jam" in begun.stdout
        shown = sandi(box, "--lang", "en").stdout
        assert "T-17" in shown and "ganti router" in shown and getpass.getuser() in shown
        assert all(len(line) <= 80 for line in begun.stdout.splitlines())
        kept = box.status()["maintenance"]
        assert (kept["ticket"], kept["by"]) == ("T-17", getpass.getuser())
        assert sandi(box, "--end").returncode == 0
        assert box.status()["maintenance"] is None
        assert sandi(box, "--end").returncode == 1
        stop(agent)
    first, last = box.events("maintenance")
    assert (first["active"], first["ticket"], first["note"]) == (True, "T-17", "ganti router")
    assert first["until_mono_ms"] - first["since_mono_ms"] == 7_200_000
    assert last["active"] is False
    assert last["until_mono_ms"] < first["until_mono_ms"]
    assert not (box.data_dir / "maintenance.json").exists()


def test_it_survives_a_restart_of_the_agent_without_being_said_twice(tmp_path: Path) -> None:
    box = AgentBox(tmp_path)
    with box.running(*UNHURRIED) as agent:
        assert sandi(box, "1h30m").returncode == 0
        stop(agent)
    with box.running(*UNHURRIED) as agent:
        wait_until(lambda: box.status()["maintenance"] is not None, "the stay to be taken up")
        answer = json.loads(sandi(box, "--json").stdout)
        assert 5000 < answer["maintenance"]["left_s"] <= 5400
        stop(agent)
    assert len(box.events("maintenance")) == 1


def test_after_a_boot_the_centre_is_told_again_in_the_times_of_that_boot(tmp_path: Path) -> None:
    box = AgentBox(tmp_path)
    box.data_dir.mkdir()
    with box.running(*UNHURRIED) as agent:
        assert sandi(box, "1h").returncode == 0
        stop(agent)
    file = box.data_dir / "maintenance.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "boot": "the-boot-before"}))
    with box.running(*UNHURRIED) as agent:
        wait_until(lambda: box.status()["maintenance"] is not None, "the stay to be taken up")
        stop(agent)
    events = box.events("maintenance")
    assert [event["active"] for event in events] == [True, True]
    assert 0 < events[1]["until_mono_ms"] - events[1]["since_mono_ms"] <= 3_600_000
    assert json.loads(file.read_text())["boot"] != "the-boot-before"


@pytest.mark.parametrize("rubbish", [b"", b"{", b"\xff\xfe", b'{"boot": 3}', b"[" * 5000])
def test_a_damaged_file_is_no_stay_and_no_trouble(tmp_path: Path, rubbish: bytes) -> None:
    box = AgentBox(tmp_path)
    box.data_dir.mkdir()
    (box.data_dir / "maintenance.json").write_bytes(rubbish)
    with box.running(*UNHURRIED) as agent:
        assert box.status()["maintenance"] is None
        assert sandi(box, "5m").returncode == 0
        stop(agent)
    assert len(box.events("maintenance")) == 1


def test_wrong_use_is_explained_and_a_dead_agent_cannot_tell_anybody(tmp_path: Path) -> None:
    box = AgentBox(tmp_path)
    for arguments in (("2 hari",), ("13h",), ("--end", "2h"), ("--ticket", "T-1")):
        done = sandi(box, *arguments)
        assert done.returncode == 2, arguments
        assert "12 jam" in done.stderr
    done = sandi(box, "2h")
    assert done.returncode == 3
    assert "telepon pusat komando" in done.stderr
    assert json.loads(sandi(box, "2h", "--json").stdout) == {"running": False, "maintenance": None}


def test_the_socket_believes_no_name_and_no_text_that_does_not_fit(tmp_path: Path) -> None:
    box = AgentBox(tmp_path)
    with box.running():
        socket = box.run_dir / "control.sock"
        for wrong in (
            {"action": "dance"},
            {"action": "begin"},
            {"action": "begin", "lasts_s": True},
            {"action": "begin", "lasts_s": 10**9},
            {"action": "begin", "lasts_s": 600, "note": "two\nlines"},
            {"action": "begin", "lasts_s": 600, "ticket": "x" * 65},
        ):
            with pytest.raises(RefusedError):
                ask(socket, {"op": "maintenance", **wrong}, ANSWER_WITHIN_S)
        begin = {"op": "maintenance", "action": "begin", "lasts_s": 600, "by": "x", "peer_uid": 12345}
        answer = ask(socket, begin, ANSWER_WITHIN_S)
        assert isinstance(answer["maintenance"], dict)
        said = answer["maintenance"]["by"]
        assert said == ("x" if os.geteuid() == 0 else getpass.getuser())
