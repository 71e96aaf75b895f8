"""One supervised process: how to start it, how it says it is ready, how it is stopped."""

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from center.notify import Listener
from center.processes import die_with_parent

_READY_POLL_S = 0.05
_LONGEST_LINE = 4096


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """What the supervisor must know about a process."""

    name: str
    command: Callable[[], Sequence[str]]
    """Called before every start, so that it can write the configuration anew."""
    ready: Callable[[int], bool] | None = None
    """Asked with its process id until true; without it the process says so itself (READY=1 by sd_notify)."""
    stop_timeout_s: float = 1.0
    environment: Mapping[str, str] = field(default_factory=dict)
    essential: bool = True
    """Whether the others are not worth starting without it. One that is not may fail for ever, and is tried again."""
    restart_on_change: Path | tuple[Path, ...] | None = None
    """Restarted in order when one of these files changes: how a revocation reaches the broker."""


class Child:
    """A running process of a spec. Its output goes line by line to `on_line(name, line)`."""

    def __init__(self, spec: ChildSpec, on_line: Callable[[str, str], None]) -> None:
        self.spec = spec
        self._on_line = on_line
        self._listener = Listener()
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """Its process id once started."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start it in its own session: Ctrl-C reaches the supervisor alone, which then stops things in order.

        It is killed by the kernel when the supervisor dies by whatever cause. Nothing is lost by that: what is
        not committed was not acknowledged.
        """
        self._process = await asyncio.create_subprocess_exec(
            *self.spec.command(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self._listener.environment, **self.spec.environment},
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGKILL),
            limit=_LONGEST_LINE,
        )

    async def run(self, on_ready: Callable[[], None]) -> int:
        """Pass its output on until it ends; returns its exit code (negative: the signal that ended it).

        Whatever goes wrong in passing its output on or in asking whether it is ready is raised at once: a process
        whose output nobody takes stands still.
        """
        process = self._process
        assert process is not None and process.stdout is not None
        watch = asyncio.create_task(self._watch_ready(on_ready), name=f"{self.spec.name}-ready")
        pump = asyncio.create_task(self._pump(process.stdout), name=f"{self.spec.name}-output")
        ended = asyncio.create_task(process.wait(), name=f"{self.spec.name}-end")
        beside = {watch, pump}
        try:
            while not ended.done():
                done, _ = await asyncio.wait({ended, *beside}, return_when=asyncio.FIRST_COMPLETED)
                for task in done & beside:
                    task.result()
                beside -= done
            # A grandchild may hold the pipe open: what the process itself said is there at once.
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(pump), 0.5)
            return ended.result()
        finally:
            for task in (watch, pump, ended):
                task.cancel()
            await asyncio.gather(watch, pump, ended, return_exceptions=True)
            self._listener.close()

    async def ended(self) -> None:
        """Return when it does not run (any more)."""
        if self._process is not None:
            await self._process.wait()

    def terminate(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it and whatever it started."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def _watch_ready(self, on_ready: Callable[[], None]) -> None:
        # Polled: what is asked is another process, which sets no event here.
        while not self._is_ready():  # noqa: ASYNC110
            await asyncio.sleep(_READY_POLL_S)
        on_ready()

    def _is_ready(self) -> bool:
        if self.spec.ready is None:
            return self._listener.heard_ready()
        return self.pid is not None and self.spec.ready(self.pid)

    async def _pump(self, stream: asyncio.StreamReader) -> None:
        while True:
            try:
                line = await stream.readuntil(b"\n")
            except asyncio.IncompleteReadError as rest:
                if rest.partial:
                    self._on_line(self.spec.name, rest.partial.decode(errors="replace"))
                return
            except asyncio.LimitOverrunError as overrun:
                line = await stream.read(overrun.consumed)
            self._on_line(self.spec.name, line.decode(errors="replace").rstrip("\n"))
