"""A whole small city for a test: the real `sandi-center up`, real `sandi run`, and ways to hurt them."""

import contextlib
import copy
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from agent.control_client import NoDaemonError, RefusedError, ask
from tests.support.made_center import enrolled_center, made_center
from tests.support.ports import free_port

NODE = "kel-3673011001"
ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 120
ANSWER_WITHIN_S = 30.0
"""Patient, because test machines are busy: an agent that is kept waiting still answers."""


def wait_until(condition: Callable[[], object], what: str, timeout_s: float = 90) -> None:
    """Wait for a condition, with a deadline that names what never came."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_s} s for {what}")
        time.sleep(0.05)


class Program:
    """One of our programs as a process, with its log in a file."""

    def __init__(self, log: Path, *words: str, env: dict[str, str] | None = None) -> None:
        self.log = log
        self.words = words
        self.env = env or {}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; its output is appended to the log."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.words],
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **self.env},
            )  # fmt: skip

    def alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    def stop(self, number: int = signal.SIGTERM, timeout_s: float = 120) -> int:
        """Signal it and wait; its exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.words[:2]} did not stop in {timeout_s} s:\n{self.tail()}") from None

    def tail(self, size: int = 4000) -> str:
        """The end of its log, for failure messages."""
        return self.log.read_text(errors="replace")[-size:] if self.log.exists() else ""


class Agent(Program):
    """`sandi run` as one node, with its own data directory; with `cameras`, `sandi camera run` beside it."""

    def __init__(self, directory: Path, city: "City", node: str = NODE, cameras: bool = False) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory, self.node = directory, node
        self.config = directory / "agent.toml"
        pictures = ROOT / "agent" / "cameras" / "samples"
        camera = (
            f'[cameras.depan]\ntype = "replay"\nfolder = "{pictures}"\ninterval_s = 5\n'
            'purpose = "traffic"\nnotice_posted = true\n'
        )
        self.config.write_text(
            f'[node]\nid = "{node}"\ndata_dir = "{directory / "data"}"\nrun_dir = "{directory / "run"}"\n'
            f'[uplink]\nhost = "127.0.0.1"\nport = {city.mqtt_port}\ncredentials = "{city.credentials(node)}"\n'
            + (camera if cameras else "")
            + f'[camera_process]\ndata_dir = "{directory / "camera"}"\nrun_dir = "{directory / "camera-run"}"\n'
            + f'logins_file = "{directory / "camera-passwords.toml"}"\n'
        )
        super().__init__(directory / "agent.log", "agent.cli", "run", "--config", str(self.config))
        self.eyes = (
            Program(directory / "camera.log", "agent.cli", "camera", "run", "--config", str(self.config))
            if cameras
            else None
        )
        """`sandi camera run`, which lives and ends with the agent; None without cameras."""

    def start(self) -> None:
        """Start it, and its camera process where it has cameras."""
        super().start()
        if self.eyes is not None and not self.eyes.alive():
            self.eyes.start()

    def stop(self, number: int = signal.SIGTERM, timeout_s: float = 120) -> int:
        """Signal it and wait; the camera process is asked to end, whatever the signal."""
        if self.eyes is not None and self.eyes.alive():
            self.eyes.stop()
        return super().stop(number, timeout_s)

    def ask(self, which: str, **request: object) -> dict[str, object]:
        """One request to the control or the intake socket."""
        try:
            return ask(self.directory / "run" / f"{which}.sock", request, ANSWER_WITHIN_S)
        except NoDaemonError as error:
            if "cut" not in str(error):
                raise
        # The agent cuts who says nothing for ten seconds, and a busy machine may keep us from it for so long.
        return ask(self.directory / "run" / f"{which}.sock", request, ANSWER_WITHIN_S)

    def complain(self, text: str, client_id: str) -> dict[str, object] | None:
        """File a complaint; the ticket once it is accepted, None when nobody answered (it may or may not be kept)."""
        with contextlib.suppress(NoDaemonError):
            return self.ask("intake", op="submit", category="laporan", text=text, client_id=client_id)
        return None

    def filed(self, text: str, client_id: str, timeout_s: float = 120) -> dict[str, object]:
        """The ticket of a complaint, asked for as a kiosk does: under the same `client_id` until it is answered, also
        when nobody answers in time, or the disk does not."""
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                ticket = self.complain(text, client_id)
            except RefusedError as error:
                if error.code != "storage":
                    raise
                ticket = None
            if ticket is not None:
                return ticket
            assert time.monotonic() < deadline, self.tail()
            time.sleep(0.05)

    def ready(self) -> bool:
        """Whether the intake socket answers."""
        try:
            self.ask("intake", op="ready")
        except (NoDaemonError, RefusedError):
            return False
        return True


class City:
    """A centre in `directory`, started with `start`, and the agents enrolled there.

    With `made` its data are there before the first start, as a copy, and nodes of `enrolled` have their credentials;
    else that start makes them, which takes longer.
    """

    mqtt_host = "127.0.0.1"
    node = NODE
    """The node whose agent `agent` makes, and whose rows a test looks at."""

    def __init__(
        self, directory: Path, workers: int = 1, *, made: bool = True, enrolled: tuple[str, ...] = (NODE,)
    ) -> None:
        self.directory = directory
        self._made, self._enrolled = made, enrolled
        self._free = list(enrolled)
        self._issued = directory / "credentials"
        self.data = directory / "center"
        self.http_port = free_port()
        self.mqtt_port = free_port()  # the later one: the port after it is that of the line tests
        self.up = Program(
            directory / "center.log", "center.cli", "--lang", "en", "up", "--data", str(self.data),
            "--mqtt", f"127.0.0.1:{self.mqtt_port}", "--http", f"127.0.0.1:{self.http_port}",
            "--workers", str(workers),
        )  # fmt: skip
        self.agents: list[Agent] = []

    @property
    def url(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def password(self) -> str:
        """The admin's, which the first start prints once."""
        found = re.search(r"(?:password|kata sandi)\W+(\S+)", self.up.tail(1_000_000), re.IGNORECASE)
        assert found, self.up.tail()
        return found[1]

    def start(self) -> None:
        """Start broker, ingest, worker and web; returns when all of them serve."""
        if self._made and not self.data.exists():
            self.up.log.write_text(self._laid())
        self.up.start()
        wait_until(lambda: self._serves() or not self.up.alive(), f"the centre:\n{self.up.tail()}", START_TIMEOUT_S)
        assert self.up.alive(), self.up.tail()

    def stop(self) -> None:
        """Stop all agents, then the centre, whatever became of the agents."""
        try:
            for agent in self.agents:
                if agent.alive():
                    agent.stop()
        finally:
            self.up.stop()

    @contextlib.contextmanager
    def quarter(self, directory: Path) -> Iterator["City"]:
        """The same running centre for a test with a node of its own, the next of `enrolled`: its agents are in
        `directory` and end with the block. What others did before is there too, under other nodes."""
        part = copy.copy(self)
        part.directory, part.node, part.agents = directory, self._free.pop(0), []
        try:
            yield part
        finally:
            for agent in part.agents:
                if agent.alive():
                    agent.stop()

    def agent(self, name: str = "agent", node: str = "", cameras: bool = False) -> Agent:
        """An enrolled, not yet started agent."""
        node = node or self.node
        self.credentials(node)
        agent = Agent(self.directory / name, self, node, cameras)
        self.agents.append(agent)
        return agent

    def credentials(self, node: str) -> Path:
        """The node's credentials, issued when missing."""
        out = self._issued / node
        if not (out / "node.crt").exists():
            self.command("enroll", node, "--out", str(out))
        return out

    def command(self, *words: str) -> str:
        """Run `sandi-center WORDS` on these data; its output."""
        done = subprocess.run(
            [sys.executable, "-m", "center.cli", "--lang", "en", *words],
            cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
            env={**os.environ, "SANDI_CENTER_DATA": str(self.data)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def nodes(self) -> dict[str, dict[str, object]]:
        """`sandi-center nodes --json` by node."""
        listing = json.loads(self.command("nodes", "--json"))
        rows = listing["nodes"] if isinstance(listing, dict) else listing
        return {str(row["node"]): row for row in rows}

    def state(self, node: str = NODE) -> str:
        """The node's state as its database row says it: for waiting, where a command a second would be dear."""
        rows = self.query("SELECT state FROM connectivity_nodestate WHERE node = ?", node)
        return str(rows[0][0]) if rows else "UNKNOWN"

    def django(self, code: str) -> str:
        """Run code inside the centre's Django, as an operator's page would; what it printed."""
        program = f"import django; django.setup()\n{code}"
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
            env={**os.environ, "SANDI_CENTER_DATA": str(self.data), "DJANGO_SETTINGS_MODULE": "center.settings"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def query(self, sql: str, *parameters: object) -> list[tuple[object, ...]]:
        """Read the centre's database beside its processes."""
        database = sqlite3.connect(self.data / "center.db", timeout=60)
        try:
            return database.execute(sql, parameters).fetchall()
        finally:
            database.close()

    def part(self, word: str) -> psutil.Process:
        """One of the centre's own processes, by a word of its command line (mosquitto, ingest, worker, web). One that
        has just fallen is waited for until its supervisor has started it again."""
        found: list[psutil.Process] = []

        def there() -> bool:
            found.extend(self._parts(word))
            return bool(found)

        wait_until(there, f"a process of the centre that is called {word}")
        return found[0]

    def kill_part(self, word: str) -> None:
        """kill -9 one of the centre's processes."""
        self.part(word).kill()

    def _parts(self, word: str) -> list[psutil.Process]:
        assert self.up.process is not None
        found = []
        for child in psutil.Process(self.up.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if word in {Path(piece).name for piece in child.cmdline()}:
                    found.append(child)
        return found

    def _laid(self) -> str:
        if not self._enrolled:
            return made_center(self.data)
        return enrolled_center(self.data, self._issued, self._enrolled)

    def _serves(self) -> bool:
        for host, port in (("127.0.0.1", self.http_port), (self.mqtt_host, self.mqtt_port)):
            with contextlib.suppress(OSError), socket.create_connection((host, port), 1):
                continue
            return False
        return True


@contextlib.contextmanager
def running_city(
    directory: Path, workers: int = 1, *, made: bool = True, enrolled: tuple[str, ...] = (NODE,)
) -> Iterator[City]:
    """A started city, stopped whatever happens."""
    city = City(directory, workers, made=made, enrolled=enrolled)
    try:
        city.start()
        yield city
    finally:
        city.stop()
