"""A real centre and a real agent for a benchmark: started, one node enrolled, torn down after."""

import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

NODE = "kel-3673011001"
START_TIMEOUT_S = 90


@dataclass(frozen=True, slots=True)
class City:
    """Where a running centre keeps its data and listens."""

    data: Path
    mqtt_port: int
    http_port: int
    credentials: Path


def free_port() -> int:
    """A TCP port nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children(city: City) -> dict[str, int]:
    """Process ids of the centre's processes by name; the only ingest is `ingest`. OSError before it began."""
    listing = supervised(city)
    return {name: child["pid"] for name, child in listing.items()}


def supervised(city: City) -> dict[str, dict[str, int]]:
    """What the centre's supervisor says of each process: pid, restarts, state."""
    listing = json.loads((city.data / "run" / "supervisor.json").read_text(encoding="utf-8"))
    return {name.removesuffix("-1"): child for name, child in listing["children"].items()}


@contextlib.contextmanager
def running_center(directory: Path, host: str = "127.0.0.1", inside: str = "") -> Iterator[City]:
    """A centre with one enrolled node, ready to store; its broker at `host`, in the network namespace `inside`."""
    data, credentials = directory / "center", directory / "credentials"
    mqtt_port, http_port = free_port(), free_port()
    log = (directory / "center.log").open("wb")
    center = subprocess.Popen(
        [*_inside(inside), sys.executable, "-m", "center.cli", "up", "--data", str(data),
         "--mqtt", f"{host}:{mqtt_port}", "--http", f"127.0.0.1:{http_port}"],
        stdout=log, stderr=log,
    )  # fmt: skip
    try:
        wait_for(lambda: center.poll() is None and _all_ready(data), "the centre to start")
        enroll = [sys.executable, "-m", "center.cli", "enroll", NODE, "--out", str(credentials), "--data", str(data)]
        subprocess.run(enroll, check=True, stdout=log, stderr=log)
        yield City(data, mqtt_port, http_port, credentials)
    finally:
        _stop(center)
        log.close()


@contextlib.contextmanager
def running_agent(
    city: City, directory: Path, port: int = 0, host: str = "127.0.0.1", inside: str = "", more: str = ""
) -> Iterator[subprocess.Popen[bytes]]:
    """The agent with nothing but defaults: a file of five lines, and `more` of them where something else is asked.

    `port` leads to the broker when it is not its own.
    """
    directory.mkdir(exist_ok=True)
    config = directory / "agent.toml"
    config.write_text(
        f'[node]\nid = "{NODE}"\ndata_dir = "{directory / "agent"}"\nrun_dir = "{directory / "run"}"\n'
        f'[uplink]\nhost = "{host}"\nport = {port or city.mqtt_port}\ncredentials = "{city.credentials}"\n{more}',
        encoding="utf-8",
    )
    log = (directory / "agent.log").open("wb")
    # As the installer leaves it and its unit starts it: compiled, without docstrings, its threads with one heap.
    # Compiling at start would count as memory.
    environment = {**os.environ, "PYTHONOPTIMIZE": "2", "MALLOC_ARENA_MAX": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    compiled = "import agent.lean, agent.service, agent.kiosk.intake, agent.configuration.cameras, tomllib"
    subprocess.run([sys.executable, "-c", compiled], check=True, env=environment)
    agent = subprocess.Popen(
        [*_inside(inside), sys.executable, "-m", "agent.cli", "run", "--config", str(config)],
        stdout=log, stderr=log, env=environment,
    )  # fmt: skip
    try:
        yield agent
    finally:
        _stop(agent)
        log.close()


def stored_records(city: City) -> int:
    """How many records the centre has committed."""
    database = sqlite3.connect(f"file:{city.data / 'center.db'}?mode=ro", uri=True)
    try:
        return int(database.execute("SELECT count(*) FROM ingest_rawrecord").fetchone()[0])
    finally:
        database.close()


def wait_for(condition: Callable[[], bool], what: str, timeout_s: float = START_TIMEOUT_S) -> float:
    """Seconds until the condition held; TimeoutError names what never came."""
    began = time.monotonic()
    while time.monotonic() - began < timeout_s:
        if condition():
            return time.monotonic() - began
        time.sleep(0.02)
    raise TimeoutError(f"waited {timeout_s} s for {what}")


def _inside(namespace: str) -> tuple[str, ...]:
    """Words that put a command into a network namespace; `ip` replaces itself by it, so the process id is its own."""
    return ("ip", "netns", "exec", namespace) if namespace else ()


def _all_ready(data: Path) -> bool:
    with contextlib.suppress(OSError, ValueError):
        return bool(json.loads((data / "run" / "supervisor.json").read_text(encoding="utf-8"))["ready"])
    return False


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
