"""Holds the worker of one camera: started within its budget, asked within the deadline, ended when it grows too large.

A worker stays between pictures only when they come often. Measured on x86: starting one costs 0.08 s of CPU, keeping
one idle 10 to 16 MiB. At 300 s the start is 0.03 % of a core, so the memory is given back; at 30 s it is kept.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from agent.cameras import spool
from agent.cameras.base import CameraConfig, CameraTimeoutError, WorkerDiedError, WorkerMemoryError
from agent.cameras.keeping.process import Outfit, WorkerPlace, WorkerProcess
from agent.cameras.keeping.restarts import RestartBudget
from agent.cameras.lines import Answer

KEEP_BELOW_S: Final = 120.0
LOOK_EVERY_S: Final = 1.0
"""At its memory. A leak that fills a gigabyte within a second is the unit's MemoryMax to stop."""
_MIB: Final = 1024 * 1024
log: Final = logging.getLogger("agent.cameras")


class WorkerHolder:
    """`outfit` is asked at each start of a worker, and may raise a CameraError."""

    def __init__(
        self, name: str, config: CameraConfig, place: WorkerPlace, worker_mb: int, outfit: Callable[[], Outfit]
    ) -> None:
        self.name = name
        self.starts = 0
        self.budget = RestartBudget()
        self._config = config
        self._place = place
        self._most_bytes = worker_mb * _MIB
        self._outfit = outfit
        self._worker: WorkerProcess | None = None
        self._watch: asyncio.Task[None] | None = None
        self._outgrown_bytes = 0
        self._turns = 0

    @property
    def pid(self) -> int | None:
        """The worker's process id, None while there is none."""
        return None if self._worker is None else self._worker.pid

    async def grab(self, *, max_bytes: int, synced: bool) -> Answer:
        """One picture's answer. The deadline covers the start of the worker too, not the wait for its budget.

        CameraTimeoutError, WorkerDiedError, WorkerMemoryError, or what `outfit` raises; the caller then ends it.
        """
        if self._worker is None or not self._worker.alive:
            await asyncio.sleep(self.budget.start_allowed_in(time.monotonic()))
        try:
            async with asyncio.timeout(self._config.deadline_s):
                worker = await self._running()
                self._turns += 1
                return await worker.grab(self._config.deadline_s, max_bytes=max_bytes, synced=synced)
        except TimeoutError as error:
            raise CameraTimeoutError(
                f"no picture within {self._config.deadline_s:g} s; the worker was killed"
            ) from error
        except WorkerDiedError as error:
            if not self._outgrown_bytes:
                raise
            raise WorkerMemoryError(
                f"the worker took {self._outgrown_bytes // _MIB} MiB, it may take {self._most_bytes // _MIB}; "
                "it was killed"
            ) from error

    async def end_unless_needed(self) -> None:
        """After a picture: give the memory back when the next one is far away."""
        if self._config.interval_s >= KEEP_BELOW_S and not self._config.stays_open:
            if self._worker is not None and self._worker.alive:
                self.budget.ended_in_order()
            await self.end(gently=True)

    async def end(self, *, gently: bool) -> None:
        """The worker, if any, is gone when this returns, and with it what it left in the spool."""
        worker, self._worker = self._worker, None
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.cancel()
        if worker is None:
            return
        try:
            await (worker.stop() if gently else worker.kill())
        finally:
            spool.drop(self._place.spool, self.name)

    async def _running(self) -> WorkerProcess:
        if self._worker is not None and not self._worker.alive:
            await self.end(gently=False)
        if self._worker is None:
            outfit = self._outfit()
            self.budget.started(time.monotonic())
            self.starts += 1
            self._outgrown_bytes = 0
            self._worker = await WorkerProcess.start(self.name, self._config, self._place, self._turns, outfit)
            self._watch = asyncio.create_task(self._watch_memory(self._worker), name=f"memory of {self.name}")
        return self._worker

    async def _watch_memory(self, worker: WorkerProcess) -> None:
        while worker.alive:
            used_bytes = worker.memory_bytes()
            if used_bytes > self._most_bytes:
                self._outgrown_bytes = used_bytes
                log.warning("worker-outgrown", extra={"camera": self.name, "used_mb": used_bytes // _MIB})
                worker.shoot()
                return
            await asyncio.sleep(LOOK_EVERY_S)
