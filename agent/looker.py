"""Asks `agent.diagnose.look` for a deeper look: another process, bounded in time and in what it may answer."""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from agent.core.evidence import Evidence, EvidenceError, from_plain

log = logging.getLogger("agent.look")

# The slowest probe of a look is done within 8 s; a Pi Zero needs 2 s to load the process, and may be busy.
DEADLINE_S = 30.0
MAX_ANSWER_BYTES = 512 * 1024


class LookError(Exception):
    """The look gave nothing: the process did not start, failed, took too long, or spoke nonsense."""


class Looker:
    """Starts one look at a time. `config`: the agent's own configuration file."""

    def __init__(self, config: Path, connected: Callable[[], bool], refusal: Callable[[], str]) -> None:
        self._config = config
        self._connected = connected
        self._refusal = refusal
        self._one = asyncio.Lock()

    async def look(self, names: Iterable[str]) -> tuple[Evidence, ...]:
        """What one run of each named probe found. Raises LookError."""
        command = [sys.executable, "-m", "agent.diagnose.look", "--config", str(self._config)]
        command += ["--connected"] if self._connected() else []
        command += ["--refusal", self._refusal()] if self._refusal() else []
        async with self._one:
            raw = await _answer([*command, *names])
        try:
            return tuple(from_plain(item) for item in msgspec.json.decode(raw, type=list[object]))
        except (msgspec.DecodeError, EvidenceError, RecursionError) as error:
            raise LookError(f"the answer is no evidence: {error}") from error


async def _answer(command: list[str]) -> bytes:
    """Standard output of the command, which must end well and in time. Raises LookError."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError as error:
        raise LookError(f"it cannot be started: {error.strerror or error}") from error
    try:
        async with asyncio.timeout(DEADLINE_S):
            if process.stdout is None:
                raise LookError("it has no output")
            raw = await _bounded(process.stdout)
            code = await process.wait()
    except TimeoutError as error:
        raise LookError(f"it took more than {DEADLINE_S:g} s") from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if code != 0:
        raise LookError(f"it ended with {code}")
    return raw


async def _bounded(stream: asyncio.StreamReader) -> bytes:
    """All of it. Raises LookError when it does not end within the bound."""
    found = bytearray()
    while chunk := await stream.read(65_536):
        found += chunk
        if len(found) > MAX_ANSWER_BYTES:
            raise LookError("the answer does not end")
    return bytes(found)
