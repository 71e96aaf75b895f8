"""What the agent lends its remote commands: its own command line in a child process, the root helper, its end."""

import asyncio
import codecs
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.clock import Clock
from agent.commands.job import CommandError, Job
from agent.names import WANT_FOLDER, WANTS
from agent.uplink.threads import in_daemon_thread

if TYPE_CHECKING:
    from agent.config import AgentConfig
    from agent.parts import Parts

log = logging.getLogger("agent.commands")

LOOK_S: Final = 0.1
"""How often it is looked whether the helper took a wish, or a silent child ended."""
DRAIN_S: Final = 1.0
"""What a child left running may hold its output open for so long after its end."""
_CHUNK_BYTES: Final = 16 * 1024


class AgentTools:
    """`agent.commands.job.Tools`, of the running agent."""

    def __init__(self, parts: "Parts") -> None:
        self._parts = parts

    @property
    def config(self) -> "AgentConfig":
        return self._parts.config

    @property
    def clock(self) -> Clock:
        return self._parts.clock

    @property
    def operations(self) -> Mapping[str, Callable[[Mapping[str, object]], Awaitable[Mapping[str, object]]]]:
        return self._parts.operations()

    async def sandi(self, job: Job, words: Sequence[str], *, timeout_s: float, stdin: bytes = b"") -> int:
        """See `Tools`. CommandError("start") when the process cannot be started."""
        command = (sys.executable, "-m", "agent.cli", *words)
        environment = {**os.environ, "SANDI_CONFIG": str(self.config.path), **_TERMINAL}
        return await child(command, job.output, timeout_s=timeout_s, stdin=stdin, environment=environment)

    async def want(self, word: str, *, timeout_s: float = 30.0) -> None:
        """See `Tools`. ValueError for a word that is none of WANTS."""
        if word not in WANTS:
            raise ValueError(f"{word!r} is no wish the helper knows")
        path = self.config.node.run_dir / WANT_FOLDER / word
        await in_daemon_thread("want", lambda: _wish(path))
        try:
            async with asyncio.timeout(timeout_s):
                while path.exists():  # noqa: ASYNC110 - another process takes it away
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            if _taken_back(path):
                raise CommandError("helper", f"the helper did not take {word!r}; is sandi-want.path running?") from None
        except asyncio.CancelledError:
            _taken_back(path)
            raise

    def stop(self, reason: str) -> None:
        log.info("asked-to-stop", extra={"reason": reason})
        os.kill(os.getpid(), signal.SIGTERM)


_TERMINAL: Final = {"PYTHONUNBUFFERED": "1", "COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}


async def child(
    command: Sequence[str],
    hear: Callable[[str], Awaitable[None]],
    *,
    timeout_s: float,
    stdin: bytes = b"",
    environment: Mapping[str, str] | None = None,
) -> int:
    """Run a command in a process group of its own, all it prints given to `hear`; its exit code.

    CommandError: `start` when it cannot be started, `timeout`. Whatever ends this, nothing of the group is left.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise CommandError("start", f"{command[0]}: {error.strerror or error}") from error
    hearing = asyncio.create_task(_hear(process, hear, stdin), name="command-output")
    try:
        async with asyncio.timeout(timeout_s) as patience:
            return await _ended(process, hearing)
    except TimeoutError as error:
        if patience.expired():
            raise CommandError("timeout", f"not done after {timeout_s:g} s") from error
        raise
    finally:
        await _end(process, hearing)


async def _hear(process: asyncio.subprocess.Process, hear: Callable[[str], Awaitable[None]], stdin: bytes) -> None:
    if process.stdin is not None:
        with contextlib.suppress(ConnectionError):  # it may not want to read all of it
            process.stdin.write(stdin)
            await process.stdin.drain()
        process.stdin.close()
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while process.stdout is not None and (chunk := await process.stdout.read(_CHUNK_BYTES)):
        await hear(decoder.decode(chunk))
    await hear(decoder.decode(b"", final=True))


async def _ended(process: asyncio.subprocess.Process, hearing: "asyncio.Task[None]") -> int:
    """The exit code, once all is heard; who holds the output open beyond the end is not waited for. `wait` would."""
    while process.returncode is None and not hearing.done():
        await asyncio.wait({hearing}, timeout=LOOK_S)
    if not hearing.done():
        await asyncio.wait({hearing}, timeout=DRAIN_S)
    if hearing.done():
        hearing.result()
        return await process.wait()
    return process.returncode or 0


async def _end(process: asyncio.subprocess.Process, hearing: "asyncio.Task[None]") -> None:
    """Nothing of the group lives on, and nobody listens any more."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    hearing.cancel()
    await asyncio.wait({hearing})
    with contextlib.suppress(TimeoutError):  # what left the group may hold the pipe for as long as it likes
        async with asyncio.timeout(DRAIN_S):
            while process.stdout is not None and await process.stdout.read(_CHUNK_BYTES):
                pass
    await process.wait()


def _wish(path: Path) -> None:
    path.parent.mkdir(mode=0o770, exist_ok=True)
    path.parent.chmod(0o770)  # the helper is of this group, and root without capabilities may remove nothing else
    path.touch(mode=0o644)


def _taken_back(path: Path) -> bool:
    """Whether the wish was still there, and is not any more."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True
