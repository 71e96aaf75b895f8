"""A pushed configuration on trial, watched: told to the centre, confirmed by its answer, or taken back."""

import asyncio
import contextlib
import logging
import os
from typing import TYPE_CHECKING, Final

from agent import config_guard
from agent.core.confirming import Judgement, Room, Trial, judge
from agent.lean import forget
from agent.outbox import OutboxError, reserve
from agent.uplink.threads import in_daemon_thread
from wire.bodies import encode_body

if TYPE_CHECKING:
    from agent.configuring import Configuring

log = logging.getLogger("agent.configuration")
TICK_S: Final = 1.0
OUTBOX_ANSWERS_S: Final = 5.0
STREAM: Final = "event"


class Trying:
    """One trial; `run` returns when the configuration stays, and never when it goes back: the process ends then."""

    def __init__(self, of: "Configuring") -> None:
        self._of = of
        self._path = of.folder / config_guard.TRYING
        self._event: tuple[str, int] | None = None

    async def run(self) -> None:
        found = config_guard.read(self._path)
        if found is None or found["phase"] != "trying":
            # Begun by a process that was cut off; the next start finishes it.
            await self._end("unfinished")
            return
        self._event = _event_of(found)
        trial = _trial_of(found)
        while True:
            judged = await self._look(trial)
            with contextlib.suppress(OSError):  # a disk that refuses now is asked again
                if judged.what == "stays":
                    await in_daemon_thread("config-confirm", lambda: config_guard.confirm(self._of.folder))
                    log.info("configuration-confirmed", extra={"revision": found.get("revision")})
                    forget("agent.config_guard")
                    return
                if judged.what == "back":
                    await self._back(judged)
            await asyncio.sleep(TICK_S)

    async def _look(self, trial: Trial) -> Judgement:
        """The trial is told first; what the outbox does not say in time counts as not acknowledged."""
        fate = "waits"
        with contextlib.suppress(OutboxError, OSError, TimeoutError):
            async with asyncio.timeout(OUTBOX_ANSWERS_S):
                fate = await self._fate()
        return judge(trial, self._of.clock.mono_ms(), fate, frozenset(self._of.warnings()), self._room())

    def _room(self) -> Room | None:
        """What is free, without what the reserve is going to take: it grows by and by, on a slow card for minutes."""
        outbox = self._of.writer.outbox
        try:
            found = os.statvfs(self._of.folder)
        except OSError:
            return None
        wanted_bytes = max(0, outbox.reserve_target_bytes - reserve.held_bytes(outbox.directory))
        free_bytes = max(0, found.f_bavail * found.f_frsize - wanted_bytes)
        return Room(free_bytes >> 20, found.f_blocks * found.f_frsize >> 20)

    async def _fate(self) -> str:
        writer = self._of.writer
        if self._event is not None:
            epoch, seq = self._event
            fate = (await writer.call(writer.outbox.fates, epoch, STREAM, {seq}))[seq]
            if fate != "lost":
                return fate
        body = encode_body(self._of.notice("trying"))
        seq = await writer.append(STREAM, "config", body, self._of.clock.stamp())
        self._event = (writer.epoch, seq)
        found = config_guard.read(self._path)
        if found is not None:
            event = {"epoch": writer.epoch, "seq": seq}
            await in_daemon_thread("config-event", lambda: config_guard.write(self._path, {**found, "event": event}))
        return "waits"

    async def _back(self, judged: Judgement) -> None:
        log.error("configuration-taken-back", extra={"code": judged.code, "detail": judged.detail})
        await in_daemon_thread(
            "config-revert", lambda: config_guard.revert(self._of.folder, judged.code, judged.detail)
        )
        await self._end(judged.code)

    async def _end(self, code: str) -> None:
        self._of.stop(f"configuration taken back: {code}")
        await asyncio.Event().wait()


def _event_of(found: config_guard.Facts) -> tuple[str, int] | None:
    event = found.get("event")
    if isinstance(event, dict) and isinstance(event.get("epoch"), str) and type(event.get("seq")) is int:
        return event["epoch"], max(1, event["seq"])
    return None


def _trial_of(found: config_guard.Facts) -> Trial:
    before = found.get("warnings")
    names = tuple(each for each in before if isinstance(each, str)) if isinstance(before, list) else ()
    began, deadline, within = (int(str(found.get(key, 0))) for key in ("began_ms", "deadline_ms", "within_ms"))
    free_mb = found.get("free_mb")
    return Trial(began, deadline, within, names, free_mb if isinstance(free_mb, int) else 0)
