"""`logs`: the newest lines of one of Sandi's own units.

The agent may not read the machine's journal. It asks at the door of sandi-logs.socket, behind which another process
reads Sandi's units and nothing else (systemd/lib/logs.py). Where that door is not installed, whoever runs the agent may
read the journal or may not: `journalctl` says it.
"""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from agent.commands.job import CommandError, Done, Job, Tools

if TYPE_CHECKING:
    from wire.commands import Logs

DOOR: Final = Path("/run/sandi-logs.sock")
WITHIN_S: Final = 40.0
"""The helper's own patience with the journal is 30 s: a card full of old journals is slow."""
MOST_BYTES: Final = 60 * 1024
"""Of one answer: it has to fit into the output of a command, with a little room."""


async def run(job: Job, tools: Tools) -> Done:
    """The lines as output, their number as result. CommandError: `journal` (cannot be read here), `timeout`."""
    del tools
    wanted = cast("Logs", job.arguments)
    try:
        async with asyncio.timeout(WITHIN_S):
            answer = await (_at_the_door if DOOR.is_socket() else _by_journalctl)(wanted.unit, wanted.lines)
    except TimeoutError as error:
        raise CommandError("timeout", f"the journal did not answer within {WITHIN_S:g} s") from error
    except OSError as error:
        raise CommandError("journal", f"the journal cannot be read: {error.strerror or error}") from error
    text = answer.decode("utf-8", "replace")
    await job.output(text)
    return Done("" if text else "the journal holds no lines of it", {"lines": text.count("\n")})


async def _at_the_door(unit: str, lines: int) -> bytes:
    reader, writer = await asyncio.open_unix_connection(DOOR)
    try:
        writer.write(f"{unit} {lines}\n".encode())
        await writer.drain()
        return await _end_of(reader)
    finally:
        writer.transport.abort()


async def _by_journalctl(unit: str, lines: int) -> bytes:
    shown = ("--no-pager", "--quiet", "--output=short-iso", "--no-hostname", f"--lines={lines}")
    process = await asyncio.create_subprocess_exec(
        *("journalctl", *shown, f"--unit=sandi-{unit}.service"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        answer = await _end_of(process.stdout)
        code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code:
        raise OSError(f"journalctl ended with {code}")
    return answer


async def _end_of(reader: asyncio.StreamReader) -> bytes:
    """All of it, of too much the newest, from the beginning of a line."""
    kept = b""
    while piece := await reader.read(65_536):
        kept += piece
        if len(kept) > MOST_BYTES:
            kept = kept[-MOST_BYTES:].partition(b"\n")[2]
    return kept
