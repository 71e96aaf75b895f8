"""The same centre on PostgreSQL, when center.toml names one."""

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.broker import free_port
from tests.support.processes import program

pytestmark = [pytest.mark.full, pytest.mark.broker]


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL of its own on a free port of the loopback; yields its url."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        pytest.skip("PostgreSQL is not installed: sudo apt install postgresql")
    directory = Path(tempfile.mkdtemp(prefix="sandi-pg-"))
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:  # it refuses to run as root
        owner = pwd.getpwnam("postgres")
        os.chown(directory, owner.pw_uid, owner.pw_gid)
        as_user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}

    def run(name: str, *words: str | Path) -> None:
        subprocess.run([programs[-1] / name, *words], cwd="/", capture_output=True, check=True, timeout=240, **as_user)

    port, data = str(free_port()), directory / "data"
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={directory}"
    try:
        run("initdb", "-D", data, "-U", "sandi", "-A", "trust", "-N")
        run("pg_ctl", "-D", data, "-w", "-t", "200", "-o", options, "-l", directory / "log", "start")
        try:
            run("createdb", "-h", directory, "-p", port, "-U", "sandi", "sandi")
            yield f"postgresql://sandi@127.0.0.1:{port}/sandi"
        finally:
            run("pg_ctl", "-D", data, "-w", "-t", "200", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def center(*words: str, data: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "center.cli", *words, "--data", str(data)]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


def test_the_centre_sets_itself_up_and_runs_on_postgresql(tmp_path: Path) -> None:
    with postgresql() as url:
        (tmp_path / "center.toml").write_text(f'[database]\nurl = "{url}"\n')
        first = center("init", data=tmp_path)
        assert first.returncode == 0, first.stderr
        assert "100 lokasi" in first.stdout
        assert not (tmp_path / "center.db").exists()
        where = ("--http", f"127.0.0.1:{free_port()}", "--mqtt", f"127.0.0.1:{free_port()}")
        with program(sys.executable, "-m", "center.cli", "up", "--data", str(tmp_path), *where) as running:
            running.wait_for_output("Ctrl-C", 120)
            assert len(json.loads(center("nodes", "--all", "--json", data=tmp_path).stdout)) == 100
            running.send(signal.SIGTERM)
            assert running.wait() == 0
        assert "ended by itself" not in running.output and "berhenti sendiri" not in running.output


def test_a_database_that_does_not_answer_is_a_sentence_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "center.toml").write_text(f'[database]\nurl = "postgresql://sandi@127.0.0.1:{free_port()}/sandi"\n')
    done = center("init", data=tmp_path)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "tidak dapat dibaca" in line
    assert {entry.name for entry in tmp_path.iterdir()} <= {"center.toml", ".lock"}
