"""One camera: its schedule, the wishes for a picture now, what becomes of each turn. One grab at a time."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from agent.cameras.base import CameraConfig, CameraError, PictureRefusedError, WorkerDiedError
from agent.cameras.handing import CameraReport, Take
from agent.cameras.keeping.holder import WorkerHolder
from agent.cameras.keeping.judging import Eyes
from agent.cameras.keeping.login import AUTH_WAIT_S, LOOK_EVERY_S, Login
from agent.cameras.keeping.memory import CameraMemory
from agent.cameras.keeping.offered import Picture
from agent.cameras.keeping.process import Outfit
from agent.cameras.keeping.status import CameraStatus
from agent.cameras.keeping.surroundings import OnPicture, Surroundings, rules_of
from agent.cameras.keeping.wishes import MOST_WISHES, NotNowError, Wish, Wishes
from agent.cameras.lines import Failed, Spooled
from agent.core.pictureplan import Moment, PicturePlan

OVERDUE_S: Final = 180.0
"""Beyond two deadlines: a worker's start may wait a minute for its budget, and the outbox for a slow card."""
log: Final = logging.getLogger("agent.cameras")


class CameraKeeper:
    """Runs until cancelled, or until its camera is off for good."""

    def __init__(
        self, name: str, config: CameraConfig, around: Surroundings, memory: CameraMemory, first_delay_s: float
    ) -> None:
        self.name = name
        self.status = CameraStatus()
        self.holder = WorkerHolder(name, config, around.place, around.worker_mb, self._outfit)
        self.plan = PicturePlan(rules_of(config))
        self._config = config
        self._around = around
        self._memory = memory
        self._eyes = Eyes()
        self._first_delay_s = first_delay_s
        self._wishes = Wishes(name, around.on_missed)
        self._stirred = asyncio.Event()
        self._login = Login(lambda: around.secrets(name, config))
        self._turn_since_s: float | None = None

    # -- from outside ------------------------------------------------------------------------------------------------

    def overdue(self, now_s: float) -> bool:
        """Whether a turn lasts longer than picture, worker's restart and storing together can."""
        return self._turn_since_s is not None and now_s - self._turn_since_s > 2 * self._config.deadline_s + OVERDUE_S

    def report(self) -> CameraReport:
        """What `sandi status` shows."""
        today_bytes = self.plan.today(self._around.moment()).size_bytes
        return self.status.report(self._config, self.holder.pid, self.holder.starts, today_bytes)

    def wish(self, take: Take) -> None:
        """A picture now, after those that were wished for before; what cannot be done is told as missed."""
        refusal = self._refusal(take)
        if refusal is not None:
            self._around.on_missed(take, refusal)
            return
        self._wishes.add(take)
        self._stirred.set()

    def stir(self) -> None:
        """Facts changed: look again at what is due."""
        if self._around.facts is None:
            self._wishes.forget()
        self._stirred.set()

    async def run(self, on_picture: OnPicture) -> None:
        """Take pictures until cancelled; returns when the camera is off."""
        self._turn_since_s = None
        refusal = self._config.capture_refusal()
        if refusal:
            self._turn_off("notice", refusal)
            return
        await asyncio.to_thread(self._remember)
        await asyncio.sleep(self._first_delay_s)
        try:
            while self.status.state != "off":
                wish = await self._next()
                await self._turn(wish, on_picture)
        finally:
            await self.holder.end(gently=False)
            self._memory.save()

    # -- what is next ------------------------------------------------------------------------------------------------

    def _remember(self) -> None:
        self._memory.load()
        self.plan = PicturePlan(rules_of(self._config), self._memory.today())
        self._eyes = Eyes(self._memory.now.eyes)

    def _refusal(self, take: Take) -> CameraError | None:
        status = self.status
        if status.state == "off":
            return NotNowError(status.code, status.cause)
        if self._login.still_refused():
            return NotNowError(status.code, status.cause)
        if self._wishes.full:
            return NotNowError("busy", f"{MOST_WISHES} pictures of {self.name} are wished for already")
        if take.reason == "event":
            held_by = self.plan.event_refusal(self._around.moment(), urgent=take.urgent)
            if held_by is not None:
                return NotNowError(held_by, f"no picture for this event: {held_by}")
        return None

    async def _next(self) -> Wish | None:
        """Wait for a wish, or for the next picture by schedule (None)."""
        while True:
            wish = self._wishes.next()
            if wish is not None:
                return wish
            wait_s: float | None = None
            if self._around.facts is not None:
                now = self._around.moment()
                if self._login.refused and not self._login.still_refused():
                    self._login.forget_refusal()
                    self.plan.wait(now, 0.0)
                due = self.plan.due(now)
                self._held(due.held_by)
                if due.wait_s <= 0:
                    return None
                wait_s = min(due.wait_s, LOOK_EVERY_S) if self._login.refused else due.wait_s
            self._stirred.clear()
            try:
                async with asyncio.timeout(wait_s):
                    await self._stirred.wait()
            except TimeoutError:
                continue

    def _held(self, held_by: str) -> None:
        if self.status.held_by != held_by:
            self.status.held_by = held_by
            self._around.on_change()

    # -- one turn ----------------------------------------------------------------------------------------------------

    async def _turn(self, wish: Wish | None, on_picture: OnPicture) -> None:
        """One picture, or the reason why not."""
        self._turn_since_s = time.monotonic()
        if wish is None:
            self.plan.began(self._around.moment())
        try:
            await self._take(wish, on_picture)
        except CameraError as error:
            if wish is not None:
                self._around.on_missed(wish.take, error)
            await self._failed(error)
        else:
            self._succeeded()
        finally:
            await self.holder.end_unless_needed()
            self._turn_since_s = None

    async def _take(self, wish: Wish | None, on_picture: OnPicture) -> None:
        now = self._around.moment()
        await self._in_memory(self._memory.demand_mask)
        answer = await self.holder.grab(max_bytes=self.plan.budget_bytes(now), synced=now.wall_s is not None)
        if isinstance(answer, Failed):
            raise _as_error(answer)
        if not answer.file.startswith(f"{self.name}."):
            raise WorkerDiedError("the worker named another camera's file")
        try:
            await self._in_memory(lambda: self._memory.applied_mask(answer.mask_version))
            picture = self._picture(answer, wish, now)
            await on_picture(picture)
        finally:
            (self._around.place.spool / answer.file).unlink(missing_ok=True)
        self._memory.now.warmth = answer.warmth
        self._memory.now.eyes = self._eyes.memory()
        self.plan.kept(self._around.moment(), answer.size_bytes)
        self._memory.count(self.plan.today(self._around.moment()))
        await self._in_memory(self._memory.save_now_and_then)

    async def _in_memory(self, step: Callable[[], None]) -> None:
        """A step of the memory, which may have to wait for the disk."""
        try:
            await asyncio.to_thread(step)
        except OSError as error:
            raise NotNowError("unavailable", f"cannot look for the privacy mask: {error.strerror or error}") from error

    def _picture(self, answer: Spooled, wish: Wish | None, now: Moment) -> Picture:
        assert self._config.purpose is not None  # capture_refusal
        verdict = self._eyes.judge(answer.measures, now.mono_s, now.wall_s)
        self.status.verdict = verdict
        return Picture(
            camera=self.name,
            purpose=self._config.purpose,
            spool=self._around.place.spool,
            file=answer.file,
            size_bytes=answer.size_bytes,
            width=answer.width,
            height=answer.height,
            age_ms=answer.age_ms,
            received_s=time.monotonic(),
            reason="schedule" if wish is None else wish.take.reason,
            verdict=verdict,
            mask_version=answer.mask_version,
            request_id=None if wish is None else wish.take.request_id,
            timings_ms=answer.timings_ms,
        )

    def _outfit(self) -> Outfit:
        facts = self._around.facts
        place = "" if facts is None else facts.place[:200]
        return Outfit(self._login.give(), place, str(self._memory.mask_file), self._memory.now.warmth)

    # -- what became of it -------------------------------------------------------------------------------------------

    def _succeeded(self) -> None:
        if self.status.state == "failing":
            log.info("camera-back", extra={"camera": self.name, "failures": self.holder.budget.failures})
        self.holder.budget.succeeded()
        self._login.forget_refusal()
        self.status.picture_kept()
        self._around.on_change()

    async def _failed(self, error: CameraError) -> None:
        """Note why there is no picture, and how long until the next try.

        A worker that died or hung waits ever longer. A source that has no picture is asked again soon at first, then at
        the usual interval. A wrong password is tried again seldom. A picture the core refused is no fault of the
        camera: the next one is taken in its turn.
        """
        if error.permanent:
            self.status.failures += 1
            self._turn_off(error.code, error.message)
            return
        if self.status.failing(error.code, error.message):
            log.warning("camera-failing", extra={"camera": self.name, "code": error.code, "cause": error.message})
        self._around.on_change()
        if isinstance(error, PictureRefusedError):
            return
        now = self._around.moment()
        wait_s = self.holder.budget.failed()
        if error.code == "auth":
            self._login.was_refused()
            self.plan.wait(now, max(AUTH_WAIT_S, wait_s))
            await self.holder.end(gently=True)  # it would go on with the old password
        elif error.code in ("timeout", "worker_died", "memory", "hung"):
            self.plan.wait(now, wait_s)
            await self.holder.end(gently=False)
        else:
            self.plan.wait(now, min(wait_s, self.plan.interval_s(now)))

    def _turn_off(self, code: str, cause: str) -> None:
        log.warning("camera-off", extra={"camera": self.name, "code": code, "cause": cause})
        self.status.state, self.status.code, self.status.cause = "off", code, cause
        self._wishes.refuse(NotNowError(code, cause))
        self._around.on_change()


def _as_error(failed: Failed) -> CameraError:
    error = CameraError(failed.message)
    error.code, error.permanent = failed.code, failed.permanent
    return error
