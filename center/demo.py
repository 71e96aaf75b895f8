"""`make run`: the whole of Sandi on this machine, in one directory, until Ctrl-C.

1. `sandi-center up` with its data in DIR/center.
2. This machine is enrolled as a node; its credentials and configuration go to DIR/agent.
3. `sandi run` measures this machine's real network; `sandi camera run` beside it replays the bundled pictures as a
   camera.

A second run continues with the same data. The agent is started as a program, like on a Raspberry Pi: the two sides
share nothing but the wire.
"""

import asyncio
import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import click

from center.child import ChildSpec
from center.city import endpoint, print_line, print_text, reporter
from center.cli import complain
from center.config import parse_endpoint
from center.errors import CenterError, SetupError
from center.files import PRIVATE, make_directory, write_atomic
from center.phrases import LANGUAGES, Language, phrase
from center.supervisor import Supervisor

NODE = "kel-3673011001"
ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "agent" / "cameras" / "samples"
_SOCKET_PATH_BYTES = 107  # sun_path of unix(7), without the closing zero
_POLL_S = 0.5


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the demo keeps its things and where its centre listens."""

    directory: Path
    http: str
    mqtt: str
    language: Language

    @property
    def center(self) -> Path:
        """The centre's data directory."""
        return self.directory / "center"

    @property
    def agent(self) -> Path:
        """The agent's configuration, credentials, data and sockets."""
        return self.directory / "agent"

    def center_command(self, *words: str) -> list[str]:
        """A command of the centre, on the demo's data."""
        return [sys.executable, "-m", "center.cli", "--lang", self.language, *words, "--data", str(self.center)]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--dir", "directory", type=click.Path(path_type=Path), default=Path("var"), show_default=True)
@click.option("--http", metavar="HOST:PORT", default="127.0.0.1:8080", show_default=True)
@click.option("--mqtt", metavar="HOST:PORT", default="127.0.0.1:8883", show_default=True)
@click.option("--lang", type=click.Choice(LANGUAGES), envvar="SANDI_LANG", default="id", show_default=True)
def command(directory: Path, http: str, mqtt: str, lang: Language) -> int:
    """Run broker, centre and one agent on this machine until Ctrl-C. Data stays in --dir."""
    demo = Demo(directory.absolute(), http, mqtt, lang)
    parse_endpoint(http, "--http")
    parse_endpoint(mqtt, "--mqtt")
    return run(demo)


def run(demo: Demo) -> int:
    """Supervise centre and agent; returns the exit code."""

    def start_agent() -> list[str]:
        prepare_agent(demo)
        return agent_command("run")

    def agent_command(*words: str) -> list[str]:
        return [sys.executable, "-m", "agent.cli", *words, "--config", str(demo.agent / "agent.toml")]

    # The centre stops its own processes within 5 s; a supervisor killed outright takes them along.
    up = demo.center_command("up", "--http", demo.http, "--mqtt", demo.mqtt)
    layers = [
        [ChildSpec("center", lambda: up, stop_timeout_s=6)],
        [ChildSpec("agent", start_agent, stop_timeout_s=3)],
        [ChildSpec("camera", lambda: agent_command("camera", "run"), stop_timeout_s=3, essential=False)],
    ]
    supervisor = Supervisor(layers, reporter(demo.language), pass_on)

    async def supervise() -> int:
        watch: list[asyncio.Task[None]] = []
        code = await supervisor.run(lambda: watch.append(asyncio.create_task(tell_when_up(demo))))
        for task in watch:
            task.cancel()
        return code

    return asyncio.run(supervise())


def pass_on(name: str, line: str) -> None:
    """The centre names its own processes; only the agent's lines get a name here."""
    if name == "center":
        print_text(line)
    else:
        print_line(name, line)


def prepare_agent(demo: Demo) -> None:
    """Enrol this machine unless its credentials are this centre's, and write the agent's configuration."""
    credentials = demo.agent / "credentials"
    make_directory(demo.agent, 0o700)
    if _read(credentials / "ca.crt") != _read(demo.center / "pki" / "ca.crt"):
        print_line("sandi", phrase(demo.language, "demo-enrolling", node=NODE))
        enroll = demo.center_command("enroll", NODE, "--out", str(credentials), "--force")
        done = subprocess.run(enroll, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise SetupError(done.stderr.strip().removeprefix("sandi-center: ") or f"enrolling {NODE} failed")
    write_atomic(demo.agent / "agent.toml", agent_config(demo).encode(), PRIVATE)


def agent_config(demo: Demo) -> str:
    """The agent's configuration: the defaults, a replay camera, and everything inside the demo's directory."""
    host, port = parse_endpoint(demo.mqtt, "--mqtt")
    run_dir = demo.agent / "run"
    longest = len(os.fsencode(run_dir / "control.sock"))
    if longest > _SOCKET_PATH_BYTES:
        raise SetupError(f"the path {run_dir} is too long for a socket ({longest} bytes); use a shorter --dir")
    return f"""# Written by `make run` at every start; changes here are lost.
[node]
id = "{NODE}"
data_dir = {_toml(demo.agent / "data")}
run_dir = {_toml(run_dir)}

[uplink]
host = "{"127.0.0.1" if host == "0.0.0.0" else host}"
port = {port}
credentials = {_toml(demo.agent / "credentials")}

[camera_process]
data_dir = {_toml(demo.agent / "camera")}
run_dir = {_toml(demo.agent / "camera-run")}
logins_file = {_toml(demo.agent / "camera-passwords.toml")}

[cameras.contoh]
type = "replay"
folder = {_toml(PICTURES)}
interval_s = 30
purpose = "traffic"
notice_posted = true
"""


async def tell_when_up(demo: Demo) -> None:
    """Wait for the centre to see the node up, then say where to look."""
    print_line("sandi", phrase(demo.language, "demo-waiting", node=NODE))
    while not await asyncio.to_thread(node_is_up, demo.center / "center.db"):  # noqa: ASYNC110 - another process's row
        await asyncio.sleep(_POLL_S)
    print_line("sandi", phrase(demo.language, "demo-up", node=NODE))
    host, port = parse_endpoint(demo.http, "--http")
    url = f"http://{endpoint(socket.gethostname() if host == '0.0.0.0' else host, port)}/"
    renew = f"sandi-center user passwd admin --data {demo.center}"
    more = f"sandi status --config {demo.agent / 'agent.toml'}"
    for key, fields in (
        ("wall", {"url": url}),
        ("demo-password", {"command": renew}),
        ("demo-again", {"command": more}),
    ):
        print_line("sandi", phrase(demo.language, key, **fields))
    print_line("sandi", phrase(demo.language, "stop-hint"))


def node_is_up(database: Path) -> bool:
    """One short look into the centre's database; no answer counts as no."""
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=1)) as found,
    ):
        row = found.execute("SELECT state FROM connectivity_nodestate WHERE node = ?", (NODE,)).fetchone()
        return row is not None and row[0] in {"UP", "DEGRADED"}  # a slow machine, or one without internet, is told too
    return False


def _toml(path: Path) -> str:
    """A path as a TOML basic string."""
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def main() -> int:
    """Run it; returns the exit code."""
    try:
        code = command.main(prog_name="make run", standalone_mode=False)
    except CenterError as error:
        complain(sys.argv[1:], error)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
