"""A short-lived child process with pipes, and an end that leaves nothing of it: no process, no pipe."""

import asyncio
import contextlib
import os
from asyncio.subprocess import PIPE, Process, SubprocessStreamProtocol
from collections.abc import Sequence
from typing import Final

_ENVIRONMENT: Final = ("PATH", "PYTHONPATH", "PYTHONOPTIMIZE", "PYTHONPYCACHEPREFIX", "LD_LIBRARY_PATH")
"""What a Python needs to start; where the agent's keys lie is none of it."""
LINE_BYTES: Final = 64 * 1024


class Child:
    """A running process; its standard error goes nowhere: what it works on must not come out that way."""

    def __init__(self, process: Process, transport: asyncio.SubprocessTransport) -> None:
        self._process = process
        self._transport = transport

    @classmethod
    async def start(cls, command: Sequence[str], line_bytes: int = LINE_BYTES) -> "Child":
        """OSError when it cannot be started."""
        loop = asyncio.get_running_loop()
        # What create_subprocess_exec does, keeping the transport: only that can close the pipes.
        transport, protocol = await loop.subprocess_exec(
            lambda: SubprocessStreamProtocol(limit=line_bytes, loop=loop),
            *command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={key: os.environ[key] for key in _ENVIRONMENT if key in os.environ},
        )
        return cls(Process(transport, protocol, loop), transport)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def write(self, raw: bytes) -> None:
        """OSError when it does not read any more."""
        if self._process.stdin is not None:
            self._process.stdin.write(raw)
            await self._process.stdin.drain()

    async def line(self) -> bytes:
        """One line; less at the end of what it says. ValueError for one that is too long."""
        return await self._process.stdout.readline() if self._process.stdout is not None else b""

    async def exactly(self, size: int) -> bytes:
        """EOFError when it says less."""
        return await self._process.stdout.readexactly(size) if self._process.stdout is not None else b""

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    def drop(self) -> None:
        """The same as `end` without waiting for it: killed, its pipes closed, and reaped by the loop."""
        self._transport.close()

    async def end(self) -> None:
        """Kill it, whatever it is doing."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        try:
            await self._process.wait()
        finally:
            self._transport.close()
