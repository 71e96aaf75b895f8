"""Runs one worker per camera, on time, and gives up its pictures one by one. Imports nothing native.

A worker stays between pictures only when they come often. Measured on x86: starting one costs 0.08 s of CPU, keeping
one idle 10 to 16 MiB. At 300 s the start is 0.03 % of a core, so the memory is given back; at 30 s it is kept.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from agent.cameras import spool
from agent.cameras.base import (
    CameraConfig,
    CameraError,
    CameraTimeoutError,
    PictureRefusedError,
    Purpose,
    WorkerDiedError,
)
from agent.cameras.lines import Failed, Spooled
from agent.cameras.process import WORKER_COMMAND, WorkerPlace, WorkerProcess
from agent.cameras.restarts import RestartBudget

KEEP_BELOW_S: Final = 120.0
STAGGER_S: Final = 2.0
"""Between the first pictures of two cameras: a small board cannot start several workers at once."""
OVERDUE_S: Final = 180.0
"""Beyond two deadlines: a worker's start may wait a minute for its budget, and the outbox for a slow card."""
log: Final = logging.getLogger("agent.cameras")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in the spool. Its file is gone when whoever is given it returns. `age_ms` held at `received_s`."""

    camera: str
    purpose: Purpose
    spool: Path
    file: str
    size_bytes: int
    width: int
    height: int
    age_ms: int
    received_s: float

    def age_now_ms(self) -> int:
        """How old the picture is by now (time.monotonic)."""
        return self.age_ms + max(0, round((time.monotonic() - self.received_s) * 1000))


OnPicture = Callable[[Picture], Awaitable[None]]


@dataclass(slots=True)
class CameraStatus:
    """What `sandi status` shows of one camera."""

    state: Literal["starting", "ok", "failing", "off"] = "starting"
    cause: str = ""
    code: str = ""
    pictures: int = 0
    failures: int = 0
    starts: int = 0
    last_picture_s: float | None = None
    pid: int | None = None


class CameraSupervisor:
    """All cameras of a node. Each has one worker and at most one grab in flight."""

    def __init__(
        self, cameras: Mapping[str, CameraConfig], spool_dir: Path, worker_command: Sequence[str] = WORKER_COMMAND
    ) -> None:
        self._spool = spool_dir
        self._keepers = [
            _CameraKeeper(name, config, WorkerPlace(spool_dir, tuple(worker_command)), index * STAGGER_S)
            for index, (name, config) in enumerate(sorted(cameras.items()))
        ]

    async def run(self, on_picture: OnPicture) -> None:
        """Take pictures until cancelled; returns only when every camera is off. OSError: no spool can be made."""
        if not self._keepers:
            return
        leftovers = await asyncio.to_thread(spool.prepare, self._spool)
        if leftovers:
            log.info("spool-leftovers-removed", extra={"count": leftovers})
        async with asyncio.TaskGroup() as group:
            for keeper in self._keepers:
                group.create_task(keeper.run(on_picture), name=f"camera {keeper.name}")

    def moves(self) -> float:
        """Another value at each call, unless a turn of some camera goes on although everything in it has a deadline."""
        now_s = time.monotonic()
        return 0.0 if any(keeper.overdue(now_s) for keeper in self._keepers) else now_s

    def status(self) -> dict[str, dict[str, object]]:
        """Per camera: state, cause, counts, age of the last picture in seconds."""
        return {keeper.name: keeper.report() for keeper in self._keepers}


class _CameraKeeper:
    """One camera: its schedule, its worker, its restarts."""

    def __init__(self, name: str, config: CameraConfig, place: WorkerPlace, first_delay_s: float) -> None:
        self.name = name
        self.status = CameraStatus()
        self._config = config
        self._place = place
        self._spool = place.spool
        self._first_delay_s = first_delay_s
        self._worker: WorkerProcess | None = None
        self._budget = RestartBudget()
        self._turns = 0
        self._turn_since_s: float | None = None

    def overdue(self, now_s: float) -> bool:
        """Whether a turn lasts longer than picture, worker's restart and storing together can."""
        return self._turn_since_s is not None and now_s - self._turn_since_s > 2 * self._config.deadline_s + OVERDUE_S

    def report(self) -> dict[str, object]:
        status = self.status
        last_s = status.last_picture_s
        age_s = None if last_s is None else round(time.monotonic() - last_s)
        return {
            **{
                key: getattr(status, key) for key in ("state", "code", "cause", "pictures", "failures", "starts", "pid")
            },
            "type": self._config.type,
            "purpose": self._config.purpose,
            "interval_s": self._config.interval_s,
            "last_picture_age_s": age_s,
        }

    async def run(self, on_picture: OnPicture) -> None:
        self._turn_since_s = None
        refusal = self._config.capture_refusal()
        if refusal:
            self._turn_off("notice", refusal)
            return
        await asyncio.sleep(self._first_delay_s)
        due_s = time.monotonic()
        try:
            while True:
                wait_s = await self._turn(on_picture)
                if self.status.state == "off":
                    return
                now_s = time.monotonic()
                due_s = max(now_s, due_s + self._config.interval_s) if wait_s is None else now_s + wait_s
                await asyncio.sleep(due_s - now_s)
        finally:
            await self._end_worker(gently=False)

    async def _turn(self, on_picture: OnPicture) -> float | None:
        """One picture, or the reason why not; seconds to wait when not the usual interval."""
        self._turn_since_s = time.monotonic()
        try:
            await self._take(on_picture)
        except CameraError as error:
            return await self._failed(error)
        finally:
            if self._config.interval_s >= KEEP_BELOW_S:
                await self._end_worker(gently=True)
            self._turn_since_s = None
        return None

    async def _take(self, on_picture: OnPicture) -> None:
        if self._worker is None or not self._worker.alive:
            await asyncio.sleep(self._budget.start_allowed_in(time.monotonic()))
        answer = await self._grab_in_time()
        if isinstance(answer, Failed):
            raise _as_error(answer)
        picture = self._picture(answer)
        try:
            await on_picture(picture)
        finally:
            (self._spool / picture.file).unlink(missing_ok=True)
        self._succeeded()

    async def _grab_in_time(self) -> Spooled | Failed:
        """The deadline covers the start of the worker too; whoever overruns it is killed."""
        try:
            async with asyncio.timeout(self._config.deadline_s):
                worker = await self._running_worker()
                self._turns += 1
                return await worker.grab(self._config.deadline_s)
        except TimeoutError as error:
            raise CameraTimeoutError(
                f"no picture within {self._config.deadline_s:g} s; the worker was killed"
            ) from error

    async def _running_worker(self) -> WorkerProcess:
        if self._worker is not None and not self._worker.alive:
            await self._end_worker(gently=False)
        if self._worker is None:
            self._budget.started(time.monotonic())
            self.status.starts += 1
            self._worker = await WorkerProcess.start(self.name, self._config, self._place, self._turns)
            self.status.pid = self._worker.pid
        return self._worker

    def _picture(self, answer: Spooled) -> Picture:
        if not answer.file.startswith(f"{self.name}."):
            raise WorkerDiedError("the worker named another camera's file")
        assert self._config.purpose is not None  # capture_refusal
        return Picture(
            camera=self.name,
            purpose=self._config.purpose,
            spool=self._spool,
            file=answer.file,
            size_bytes=answer.size_bytes,
            width=answer.width,
            height=answer.height,
            age_ms=answer.age_ms,
            received_s=time.monotonic(),
        )

    def _succeeded(self) -> None:
        status = self.status
        if status.state == "failing":
            log.info("camera-back", extra={"camera": self.name, "failures": self._budget.failures})
        self._budget.succeeded()
        status.state, status.code, status.cause = "ok", "", ""
        status.pictures += 1
        status.last_picture_s = time.monotonic()

    async def _failed(self, error: CameraError) -> float | None:
        """Note why there is no picture; how long until the next try, None for the usual interval.

        A worker that died or hung waits ever longer. A source that has no picture is asked again soon at first, then at
        the usual interval. A picture the core refused is no fault of the camera.
        """
        status = self.status
        status.failures += 1
        if error.permanent:
            self._turn_off(error.code, error.message)
            return None
        if status.state != "failing" or status.code != error.code:
            log.warning("camera-failing", extra={"camera": self.name, "code": error.code, "cause": error.message})
        status.state, status.code, status.cause = "failing", error.code, error.message
        if isinstance(error, PictureRefusedError):
            return None
        wait_s = self._budget.failed()
        if isinstance(error, CameraTimeoutError | WorkerDiedError):
            await self._end_worker(gently=False)
            return wait_s
        return min(wait_s, self._config.interval_s)

    def _turn_off(self, code: str, cause: str) -> None:
        log.warning("camera-off", extra={"camera": self.name, "code": code, "cause": cause})
        self.status.state, self.status.code, self.status.cause = "off", code, cause

    async def _end_worker(self, *, gently: bool) -> None:
        worker, self._worker, self.status.pid = self._worker, None, None
        if worker is None:
            return
        try:
            await (worker.stop() if gently else worker.kill())
        finally:
            spool.drop(self._spool, self.name)


def _as_error(failed: Failed) -> CameraError:
    error = CameraError(failed.message)
    error.code, error.permanent = failed.code, failed.permanent
    return error
