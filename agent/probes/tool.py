"""Running a small program of the system, bounded in time and in what it may say."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from typing import Literal

_LAST_WORDS_S = 1.0
Kind = Literal["missing", "timeout", "too_large", "failed"]


class ToolError(Exception):
    """The program is not there, did not end, said too much, or failed; `detail` is its first line of complaint."""

    def __init__(self, kind: Kind, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind: Kind = kind
        self.detail = detail


async def run_tool(command: Sequence[str], timeout_s: float, limit_bytes: int) -> bytes:
    """Its standard output. Raises ToolError. Whatever it has started is gone when this returns."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise ToolError("missing", f"{command[0]}: {error.strerror or error}") from error
    assert process.stdout is not None
    assert process.stderr is not None
    reading = [asyncio.ensure_future(_read(pipe, limit_bytes)) for pipe in (process.stdout, process.stderr)]
    try:
        async with asyncio.timeout(timeout_s):
            output, complaint = await asyncio.gather(*reading)
            code = await process.wait()
    except TimeoutError as error:
        raise ToolError("timeout", f"{command[0]} did not end within {timeout_s:g} s") from error
    finally:
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
        await _end(process)
    if code != 0:
        raise ToolError("failed", _first_line(complaint) or f"{command[0]} ended with {code}")
    return output


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill it and what it has started, and read its pipes to their end, which closes them."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LAST_WORDS_S):  # a child of its own session may hold them open
            await process.communicate()


async def _read(stream: asyncio.StreamReader, limit_bytes: int) -> bytes:
    found = b""
    while data := await stream.read(limit_bytes + 1 - len(found)):
        found += data
        if len(found) > limit_bytes:
            raise ToolError("too_large", f"more than {limit_bytes} bytes")
    return found


def _first_line(text: bytes) -> str:
    lines = text.decode("utf-8", "replace").strip().splitlines()
    return "".join(character for character in lines[0] if character.isprintable())[:200] if lines else ""
