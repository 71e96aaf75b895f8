"""The outbox for asyncio: one thread does the disk's work, callers await it, the uplink hears of news."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from agent.clock import Clock
from agent.core.chain import Lost
from agent.core.clock import Stamp
from agent.outbox.errors import OutboxError
from agent.outbox.store import Outbox
from wire.bodies import Receipt

log = logging.getLogger("agent.outbox")
P = ParamSpec("P")
R = TypeVar("R")

MOST_QUEUED = 256
"""Calls that may wait for the disk. A card that hangs must not fill the memory with reports."""
UPKEEP_EVERY_S = 30.0


class OutboxWriter:
    """Wraps an open outbox. `run` commits health groups in time and keeps the house; `close` ends it."""

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self.outbox = outbox
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="outbox")
        self._queued = 0
        self._told = outbox.committed_heads()
        self._listeners: list[Callable[[str], None]] = []
        self._health_waits = asyncio.Event()
        self._said: str | None = None
        """The code of the refusal that stands in the log."""
        self._failed: str | None = None
        """The code of another failure of upkeep that stands there."""
        self.flushed_s = float("-inf")
        """Boot-time in seconds of the last commit of health reports: a sign of life on disk."""

    @property
    def epoch(self) -> str:
        """The outbox's present epoch."""
        return self.outbox.epoch

    def on_new(self, listener: Callable[[str], None]) -> None:
        """Call `listener(stream)` in the event loop whenever records of a stream became durable."""
        self._listeners.append(listener)

    async def append(self, stream: str, kind: str, body: bytes, stamp: Stamp) -> int:
        """See Outbox.append; for health it returns before the commit, which follows within the commit window."""
        seq = await self.call(self.outbox.append, stream, kind, body, stamp)
        if stream == "health":
            self._health_waits.set()
        return seq

    async def append_file(self, stream: str, kind: str, build: Callable[[int, str], bytes], stamp: Stamp) -> int:
        """See Outbox.append_file; `build` runs in the outbox's thread."""
        return await self.call(self.outbox.append_file, stream, kind, build, stamp)

    async def append_picture(self, camera: str, build: Callable[[int, str, Lost], bytes], stamp: Stamp) -> int:
        """See Outbox.append_picture; `build` runs in the outbox's thread."""
        return await self.call(self.outbox.append_picture, camera, build, stamp)

    async def append_receipt(self, receipt: Receipt, stamp: Stamp) -> int:
        """See Outbox.append_receipt."""
        return await self.call(self.outbox.append_receipt, receipt, stamp)

    async def refuse(self, stream: str, seq: int, code: str) -> None:
        """See Outbox.refuse."""
        await self.call(self.outbox.refuse, stream, seq, code, self._clock.stamp())

    async def flush(self) -> None:
        """Commit waiting health reports now."""
        await self.call(self.outbox.flush)

    async def heads(self) -> dict[str, tuple[int, int, int]]:
        """Per stream: oldest held, head, pending."""
        return await self.call(self.outbox.heads)

    async def held(self) -> tuple[str, dict[str, tuple[int, int, int]]]:
        """The epoch and its heads, of one moment."""
        return await self.call(lambda: (self.outbox.epoch, self.outbox.heads()))

    async def status(self) -> dict[str, object]:
        """Figures for people; see Outbox.status."""
        return await self.call(self.outbox.status)

    def conditions(self) -> dict[str, str]:
        """Self-warnings that hold now, code -> detail; see Outbox.conditions."""
        return self.outbox.conditions()

    async def ping(self) -> None:
        """Returns when the thread has done what was asked before and the outbox answers: what the watchdog waits for.

        OutboxError when it is closed, or cannot be read.
        """
        await self.call(self.outbox.ping)

    async def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `function` in the outbox's thread, after everything that was asked before."""
        if self._queued >= MOST_QUEUED:
            raise OutboxError("busy", "the disk does not keep up; nothing more is taken until it does")
        self._queued += 1
        try:
            loop = asyncio.get_running_loop()
            result = await loop.run_in_executor(self._thread, lambda: function(*args, **kwargs))
        except RuntimeError as error:
            raise OutboxError("closed", "the outbox is closed", permanent=True) from error
        finally:
            self._queued -= 1
            self._tell_news()
            self._say_refusal()
        return result

    async def run(self) -> None:
        """For ever: commit health reports within the window, write acknowledgements down, delete what is done."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._flush_in_time(), name="outbox-flush")
            group.create_task(self._keep_house(), name="outbox-upkeep")

    async def close(self) -> None:
        """Commit everything and close the file. Waits for the disk."""
        try:
            await self.call(self.outbox.close)
        finally:
            self._thread.shutdown(wait=False)

    async def _flush_in_time(self) -> None:
        while True:
            await self._health_waits.wait()
            await asyncio.sleep(self.outbox.config.commit_window_s)
            self._health_waits.clear()
            if await self._guarded(self.flush()):
                self.flushed_s = self._clock.mono_s()
            else:
                self._health_waits.set()  # still in memory: again after the next window

    async def _keep_house(self) -> None:
        while True:
            # Who asks for acknowledgements on the disk within seconds must not wait for the next round.
            await asyncio.sleep(min(UPKEEP_EVERY_S, self.outbox.config.ack_commit_s))
            await self._guarded(self.call(self.outbox.maintain, self._clock.stamp()))
            await self._guarded(self.call(self.outbox.keep_reserve))

    async def _guarded(self, work: Awaitable[None]) -> bool:
        """Await the work; False when the outbox did not do it. The next round tries again."""
        try:
            await work
        except OutboxError as error:
            if not error.of_disk and error.code != self._failed:
                log.error("outbox-failed", extra={"code": error.code, "detail": error.detail})
                self._failed = error.code
            return False
        self._failed = None
        return True

    def _say_refusal(self) -> None:
        """A disk that refuses is said once, and once when a commit was taken again."""
        refusal = self.outbox.refusal
        code = refusal.code if refusal is not None else None
        if code == self._said:
            return
        if refusal is not None:
            log.error("outbox-write-failed", extra={"code": refusal.code, "detail": refusal.detail})
        else:
            log.info("outbox-writes-again")
        self._said = code

    def _tell_news(self) -> None:
        """Whatever the call was: a complaint takes waiting health reports along, an eviction files ledger entries."""
        heads = self.outbox.committed_heads()
        changed = [stream for stream, head in heads.items() if self._told.get(stream) != head]
        self._told = heads
        for stream in changed:
            for listener in self._listeners:
                listener(stream)
