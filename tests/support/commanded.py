"""A job and the tools lent to it, for trying one command without the part that takes commands: it keeps what was said.

`sandi` really runs this version's command line in a child; the clock, the wishes and the end are told.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from agent.clock import Clock
from agent.commands.job import CommandError, Done, Job, Run, Scalar
from agent.config import AgentConfig
from agent.fakes import FakeClock
from wire.commands import decode_arguments
from wire.shape import Struct

REPOSITORY = Path(__file__).resolve().parents[2]
Operation = Callable[[Mapping[str, object]], Awaitable[Mapping[str, object]]]


class KeptJob:
    """One command of this name; `memo` as if kept by the process before."""

    def __init__(self, name: str, arguments: Mapping[str, Any] | None = None, memo: Mapping[str, Scalar] = {}) -> None:
        self.id, self.name = "0199f0c2-0000-7000-8000-00000000c0de", name
        self.arguments: Struct = decode_arguments(name, dict(arguments or {}))
        self.memo: Mapping[str, Scalar] = dict(memo)
        self.text = ""
        self.told_pct: list[int] = []

    async def progress(self, pct: int, detail: str = "") -> None:
        self.told_pct.append(pct)

    async def output(self, text: str) -> None:
        self.text += text

    async def keep(self, memo: Mapping[str, Scalar]) -> None:
        self.memo = dict(memo)


class LentTools:
    """`wishes` and `stopped` hold what the command asked for; `on_want` stands for the root helper."""

    def __init__(
        self,
        config: AgentConfig,
        config_path: Path,
        clock: Clock | None = None,
        operations: Mapping[str, Operation] | None = None,
        on_want: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.config, self.clock = config, clock or FakeClock()
        self.operations: Mapping[str, Operation] = dict(operations or {})
        self._config_path, self._on_want = config_path, on_want
        self.wishes: list[str] = []
        self.stopped: list[str] = []

    async def sandi(self, job: Job, words: Sequence[str], *, timeout_s: float, stdin: bytes = b"") -> int:
        name, *rest = words
        command = [sys.executable, "-m", "agent.cli", name, "--config", str(self._config_path), *rest]
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )
        try:
            async with asyncio.timeout(timeout_s):
                printed, _ = await process.communicate()
        except TimeoutError as error:
            process.kill()
            await process.wait()
            raise CommandError("timeout") from error
        await job.output(printed.decode())
        assert process.returncode is not None
        return process.returncode

    async def want(self, word: str, *, timeout_s: float = 30.0) -> None:
        self.wishes.append(word)
        self._on_want(word)

    def stop(self, reason: str) -> None:
        self.stopped.append(reason)


def carried_out(run: Run, job: KeptJob, tools: LentTools, within_s: float = 120.0) -> Done:
    """What came of it; CommandError as the command raised it, TimeoutError where it waits for its process to end."""

    async def work() -> Done:
        async with asyncio.timeout(within_s):
            return await run(job, tools)

    return asyncio.run(work())
