"""One worker process as the core sees it: started, asked for a picture, killed. The deadline is the caller's."""

import asyncio
import contextlib
import os
import re
import resource
import signal
import sys
from pathlib import Path
from typing import Final

from agent.cameras.base import CameraConfig, Secrets, WorkerDiedError
from agent.cameras.lines import MAX_LINE_BYTES, Answer, Grab, LineError, Setup, read_answer, write_line
from agent.cameras.table import flatten
from wire.shape import Struct

WORKER_COMMAND: Final = (sys.executable, "-P", "-m", "agent.cameras.worker")
STDERR_KEPT_BYTES: Final = 4096
_ENVIRONMENT: Final = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "LIBCAMERA_LOG_LEVELS")
"""All a worker inherits: nothing the agent was given for itself (credentials, sockets, NOTIFY_SOCKET)."""
_CREDENTIALS_IN_URL: Final = re.compile(r"(?<=//)[^/@\s]*@")
_STOP_GRACE_S: Final = 0.5
_OBITUARY_S: Final = 5.0
"""A worker whose output has ended is gone in a moment; on a busy board the moment is longer, and without its exit code
and its last words nobody knows what it died of."""


class WorkerPlace(Struct, frozen=True):
    """Where a worker leaves its pictures, and the command that is one."""

    spool: Path
    command: tuple[str, ...] = WORKER_COMMAND


class Outfit(Struct, frozen=True):
    """What a worker is given besides its settings, all of it on its stdin; see `agent.cameras.lines.Setup`."""

    secrets: Secrets = Secrets()
    place: str = ""
    mask_file: str = ""
    warmth: str = ""


class WorkerProcess:
    """A running worker; make one with `start`."""

    def __init__(self, process: asyncio.subprocess.Process, transport: asyncio.SubprocessTransport) -> None:
        self._process = process
        self._transport = transport
        self._count = 0
        self._stderr = bytearray()
        self._drain = asyncio.create_task(self._read_stderr())

    @classmethod
    async def start(
        cls,
        name: str,
        config: CameraConfig,
        place: WorkerPlace,
        turn: int,
        outfit: Outfit = Outfit(),  # noqa: B008 - frozen
    ) -> "WorkerProcess":
        """Spawn and hand over settings and outfit. Raises WorkerDiedError when the process cannot be made.

        Nothing is awaited once the process exists, so a deadline cannot lose track of it.
        """
        loop = asyncio.get_running_loop()
        try:
            # What create_subprocess_exec does, keeping the transport: only that can close pipes which a child of the
            # worker still holds open.
            transport, protocol = await loop.subprocess_exec(
                lambda: asyncio.subprocess.SubprocessStreamProtocol(limit=MAX_LINE_BYTES, loop=loop),
                *place.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={key: os.environ[key] for key in _ENVIRONMENT if key in os.environ},
                start_new_session=True,  # killed as a group, with whatever the driver started
            )
        except OSError as error:
            raise WorkerDiedError(f"cannot start the worker: {error.strerror or error}") from error
        process = asyncio.subprocess.Process(transport, protocol, loop)
        worker = cls(process, transport)
        assert process.stdin is not None
        setup = Setup(
            name, config.type, str(place.spool), flatten(config), turn,
            outfit.secrets, outfit.place, outfit.mask_file, outfit.warmth,
        )  # fmt: skip
        process.stdin.write(write_line(setup))
        return worker

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def grab(self, deadline_s: float, *, max_bytes: int = 0, synced: bool = True) -> Answer:
        """Ask for one picture (`Grab` says what the values mean) and wait for the answer, however long.

        WorkerDiedError when none can come any more.
        """
        self._count += 1
        await self._send(write_line(Grab(self._count, deadline_s, max_bytes, synced)))
        assert self._process.stdout is not None
        try:
            line = await self._process.stdout.readline()
            if not line.endswith(b"\n"):
                raise WorkerDiedError(await self._obituary())
            answer = read_answer(line)
        except (LineError, ValueError) as error:  # ValueError: no line end within the limit
            raise WorkerDiedError("the worker did not keep to its protocol") from error
        if answer.id != self._count:
            raise WorkerDiedError("the worker answered another request")
        return answer

    async def stop(self) -> None:
        """Let it finish by itself for a moment, then kill its whole group; returns when it is reaped."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_STOP_GRACE_S):
                    await self._process.wait()
        finally:
            await self.kill()

    def shoot(self) -> None:
        """Kill the whole group at once; whoever waits for its answer learns that it died."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def memory_bytes(self) -> int:
        """What it holds of the memory now (resident set); 0 once it is gone."""
        try:
            pages = Path(f"/proc/{self._process.pid}/statm").read_bytes().split()[1]
        except (OSError, IndexError):
            return 0
        return int(pages) * resource.getpagesize()

    async def kill(self) -> None:
        """`shoot`; returns when the worker is reaped. Being cancelled meanwhile leaves nothing.

        asyncio calls a process ended only once its pipes are closed too, and one full of what nobody reads never is.
        """
        self.shoot()
        for number in range(3):
            pipe = self._transport.get_pipe_transport(number)
            if pipe is not None:
                pipe.close()
        try:
            await self._process.wait()
        finally:
            self._drain.cancel()
            self._transport.close()

    async def _send(self, line: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line)
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise WorkerDiedError(await self._obituary()) from error

    async def _read_stderr(self) -> None:
        """Always drained, or a chatty driver would block on a full pipe; only the end is kept."""
        assert self._process.stderr is not None
        while piece := await self._process.stderr.read(STDERR_KEPT_BYTES):
            self._stderr += piece
            del self._stderr[:-STDERR_KEPT_BYTES]

    async def _obituary(self) -> str:
        """How it ended and its last words, without what may be a password in an address."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_OBITUARY_S):
                await asyncio.gather(self._process.wait(), asyncio.shield(self._drain))
        code = self._process.returncode
        ended = "closed its output" if code is None else f"ended with {_exit_name(code)}"
        words = self._stderr.decode("utf-8", "replace").strip().splitlines()
        last = _CREDENTIALS_IN_URL.sub("...@", words[-1])[:200] if words else "it said nothing"
        return f"the worker {ended}: {last}"


def _exit_name(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
