"""`make run` as a person has it: everything up on this machine, stopped by Ctrl-C, continued by the next run."""

import json
import os
import signal
import socket
import sqlite3
import stat
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.broker import free_port
from tests.support.processes import Program, gone, program, wait_until

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]

NODE = "kel-3673011001"


@contextmanager
def demo(directory: Path, http: str, mqtt: str) -> Iterator[Program]:
    command = ("-m", "center.demo", "--dir", str(directory), "--http", http, "--mqtt", mqtt)
    with program(sys.executable, *command, environment={"SANDI_LANG": "id"}) as running:
        yield running


def rows(data: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"{(data / 'center.db').as_uri()}?mode=ro", uri=True, timeout=60)) as database:
        return database.execute(sql).fetchall()


def test_a_first_and_a_second_run_and_nothing_left_running(tmp_path: Path) -> None:
    directory = tmp_path / "var"
    http, mqtt = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    with demo(directory, http, mqtt) as first:
        first.wait_for_output(f"{NODE} hidup", 120)
        assert first.output.count("kata sandi: ") == 1
        wait_until(
            lambda: bool(rows(directory / "center", "SELECT 1 FROM cctv_snapshot WHERE signature_ok")),
            "a verified picture at the centre",
            120,
            lambda: first.output,
        )
        assert json.loads((directory / "center/run/supervisor.json").read_text())["ready"] is True
        everyone = first.descendants()
        assert len(everyone) >= 6
        first.send(signal.SIGINT)
        wait_until(lambda: first.process.poll() is not None, "the end", 120, lambda: first.output)
        assert first.wait() == 0
    wait_until(lambda: gone(everyone), "everything to be gone")
    for private in (
        "agent/credentials/node.key",
        "agent/credentials/sign.key",
        "agent/agent.toml",
        "center/pki/ca.key",
    ):
        assert stat.S_IMODE((directory / private).stat().st_mode) == 0o600

    with demo(directory, http, mqtt) as second:
        second.wait_for_output(f"{NODE} hidup", 120)
        assert "kata sandi: " not in second.output
        assert "Mendaftarkan" not in second.output
        wait_until(
            lambda: (
                len(rows(directory / "center", f"SELECT DISTINCT run FROM ingest_rawrecord WHERE node = '{NODE}'")) == 2
            ),
            "records of both runs",
            120,
            lambda: second.output,
        )
        assert len(rows(directory / "center", "SELECT epoch FROM ingest_epoch")) == 1
        everyone = second.descendants()
        second.send(signal.SIGKILL)
        second.wait()
        wait_until(lambda: gone(everyone), "everything to be gone after kill -9")


def test_a_port_in_use_stops_the_demo_with_its_sentence_and_leaves_no_directory(tmp_path: Path) -> None:
    from center.demo import Demo, agent_config
    from center.errors import SetupError

    with socket.create_server(("127.0.0.1", 0)) as taken:
        http = f"127.0.0.1:{taken.getsockname()[1]}"
        with demo(tmp_path / "var", http, f"127.0.0.1:{free_port()}") as running:
            assert running.wait(120) == 2
        assert f"PID {os.getpid()}" in running.output
    assert not (tmp_path / "var").exists()
    far = Demo(tmp_path / ("x" * 100), "127.0.0.1:1", "127.0.0.1:2", "id")
    with pytest.raises(SetupError, match="shorter --dir"):
        agent_config(far)
