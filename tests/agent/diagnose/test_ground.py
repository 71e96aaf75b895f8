"""What a live diagnosis learns from a configuration and from the agent that runs, or seems to."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from agent.diagnose.ground import ground
from agent.names import CONTROL_SOCKET

CONFIG = """
[node]
id = "kel-3673011001"
run_dir = "{run}"
data_dir = "{run}"
[uplink]
host = "pusat.serangkota.test"
"""
STATUS = {"ok": True, "uplink": {"connected": True, "refusal": "banned"}, "network": {"probes": []}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "agent.toml"
    path.write_text(CONFIG.format(run=tmp_path))
    return path


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that does come is waited for, however busy the machine is."""
    monkeypatch.setattr("agent.diagnose.ground._ANSWER_S", 30.0)


@contextlib.contextmanager
def agent(folder: Path, answer: bytes) -> Iterator[None]:
    """Takes one request at the agent's socket, and answers it or keeps silent."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(folder / CONTROL_SOCKET))
        sock.listen()
        done = threading.Event()

        def serve() -> None:
            with contextlib.suppress(OSError), sock.accept()[0] as connection:
                connection.recv(4096)
                connection.sendall(answer)
                done.wait(30)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("centre", [None, "pusat.serangkota.test", "pusat.serangkota.test:8883"])
def test_the_agents_own_centre_is_its_own_also_when_it_is_named(file: Path, tmp_path: Path, centre: str | None) -> None:
    with agent(tmp_path, msgspec.json.encode(STATUS) + b"\n"):
        found = ground(file, centre)
    assert (found.connected, found.may_connect, found.refusal) == (True, False, "banned")


def test_another_centre_has_nothing_to_do_with_the_agents_session(file: Path, tmp_path: Path) -> None:
    with agent(tmp_path, msgspec.json.encode(STATUS) + b"\n"):
        found = ground(file, "pusat.kota-lain.test")
    assert (found.connected, found.refusal) == (False, "")


def test_an_agent_that_hangs_may_still_hold_its_session(file: Path, tmp_path: Path) -> None:
    with agent(tmp_path, b""):
        found = ground(file, None)
    assert (found.daemon, found.may_connect) == (False, False)


def test_where_no_agent_runs_a_session_may_be_opened(file: Path, tmp_path: Path) -> None:
    assert ground(file, None).may_connect
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / CONTROL_SOCKET))  # the file of one that was killed: nobody listens
    assert ground(file, None).may_connect
