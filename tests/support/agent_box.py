"""One agent in a folder of its own: its configuration file, the running program, and what it left on disk."""

import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from agent.control_client import NoDaemonError, ask
from agent.core.clock import Stamp
from agent.outbox import open_outbox
from tests.support.ports import held_port, port_of
from tests.support.processes import Program, program, wait_until

NODE = "kel-3673011001"
ANSWER_WITHIN_S = 30.0
"""Patient, because test machines are busy."""


class AgentBox:
    """`config` is its file; nobody listens on the broker's port unless the test sees to it."""

    def __init__(self, folder: Path, *, port: int = 0, credentials: Path | None = None, more: str = "") -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.run_dir = folder / "run"
        self.config = folder / "agent.toml"
        self._held = held_port()  # nor does another test meanwhile
        port = port or port_of(self._held)
        lines = [
            f'[node]\nid = "{NODE}"\ndata_dir = "data"\nrun_dir = "run"',
            f'[uplink]\nhost = "127.0.0.1"\nport = {port}\ncredentials = "{credentials or folder}"',
            more,
        ]
        self.config.write_text("\n".join(lines), encoding="utf-8")

    @contextmanager
    def running(self, *options: str, environment: Mapping[str, str] | None = None) -> Iterator[Program]:
        """`sandi run`, ready to be asked; stopped in order at the end of the block unless the test did."""
        command = (sys.executable, *(options or ("-m", "agent.cli")), "run", "--config", str(self.config))
        with program(*command, environment=environment) as agent:
            wait_until(self.answers, "the agent to answer", detail=lambda: agent.output)
            yield agent

    def answers(self) -> bool:
        try:
            self.status()
        except NoDaemonError:
            return False
        return True

    def status(self) -> dict[str, Any]:
        return ask(self.run_dir / "control.sock", {"op": "status"}, timeout_s=ANSWER_WITHIN_S)

    def streams(self) -> dict[str, Any]:
        """The outbox's figures per stream. On a busy disk a status may come without them: it is asked again."""
        found: dict[str, Any] = {}

        def told() -> bool:
            found.update(self.status()["outbox"].get("streams", {}))
            return bool(found)

        wait_until(told, "the outbox's figures")
        return found

    def ask_intake(self, request: Mapping[str, object]) -> dict[str, object]:
        return ask(self.run_dir / "intake.sock", request, timeout_s=ANSWER_WITHIN_S)

    def events(self, kind: str = "") -> list[dict[str, Any]]:
        """Bodies of the events in the outbox of an agent that does not run, oldest first."""
        outbox = open_outbox(self.data_dir, "", Stamp("test", "test", 0, 0, False))
        try:
            held = outbox.page("event", 0, 10_000_000, 10_000)
            return [
                {"kind": each.record.kind, "run": each.record.run, **msgspec.json.decode(each.record.body)}
                for each in held
                if kind in ("", each.record.kind)
            ]
        finally:
            outbox.close()


def stop(agent: Program, number: signal.Signals = signal.SIGTERM) -> int:
    """Send a signal and wait for the end; the exit code."""
    agent.send(number)
    return agent.wait()
