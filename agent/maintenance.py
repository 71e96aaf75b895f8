"""The technician's stay at this box: kept in a small file, told to the centre as events, shown to whoever asks.

The file outlives a restart of the agent and of the box. It holds one stay; one that is over is not shown, and the file
goes with the next word about it.
"""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from agent.clock import Clock
from agent.control import ControlError
from agent.core.clock import Stamp
from agent.core.maintenance import LONGEST_MS, DurationError, Stay, begin, carried_over
from agent.events import EventLog
from agent.files import write_durably
from agent.names import MAINTENANCE_FILE
from agent.sockets import user_name
from wire.bodies import MaintenanceNotice
from wire.shape import asdict

log = logging.getLogger("agent.maintenance")

MOST_FILE_BYTES: Final = 4096
MOST_NAME: Final = 64  # `wire.bodies.MaintenanceNotice`
MOST_NOTE: Final = 500
CLOCK_LOOK_S: Final = 15.0


class Maintenance:
    """One box's stay. `operation` is the control socket's; `resume` tells the centre of a stay that outlived a boot."""

    def __init__(self, data_dir: Path, clock: Clock, events: EventLog) -> None:
        self._path = data_dir / MAINTENANCE_FILE
        self._clock = clock
        self._events = events
        self._stay = _read(self._path)

    def current(self) -> dict[str, object] | None:
        """The stay that lasts now, with `left_s`; None when there is none."""
        now = self._clock.stamp()
        if self._stay is None or not self._stay.lasts(now):
            return None
        left_s = -((now.mono_ms - self._stay.until_mono_ms) // 1000)
        return {**asdict(self._stay), "left_s": left_s, "clock_synced": now.synced}

    async def resume(self) -> None:
        """After a start: take up what the file holds."""
        now, kept = self._clock.stamp(), self._stay
        if kept is None:
            return
        self._stay = carried_over(kept, now)
        if self._stay is None:
            self._forget()
            return
        if self._stay.boot != kept.boot:
            self._write(self._stay)
            await self._tell(self._stay, active=True)
        await self._until_the_clock_is_set(self._stay)

    async def _until_the_clock_is_set(self, stay: Stay) -> None:
        """A clock that is set after the start may say that the stay was over long ago."""
        while stay.clock_set and self._stay is stay:
            now = self._clock.stamp()
            if stay.missed(now):
                await self._over(stay, now, "")
            elif now.synced or not stay.lasts(now):
                return
            await asyncio.sleep(CLOCK_LOOK_S)

    async def operation(self, request: Mapping[str, object]) -> Mapping[str, object]:
        """`action` is show, begin (with `lasts_s`, and `ticket`, `note` if any) or end. ControlError when it is not."""
        match request.get("action", "show"):
            case "show":
                return {"maintenance": self.current(), "filed": True}
            case "begin":
                return {"filed": await self._begin(request), "maintenance": self.current()}
            case "end":
                return {"filed": await self._end(request), "maintenance": None}
        raise ControlError("bad_request", "action is show, begin or end")

    async def _begin(self, request: Mapping[str, object]) -> bool:
        lasts_s, now = request.get("lasts_s"), self._clock.stamp()
        if not isinstance(lasts_s, int) or isinstance(lasts_s, bool):
            raise ControlError("bad_request", "lasts_s is a whole number of seconds")
        ticket, note = _text(request, "ticket", MOST_NAME), _text(request, "note", MOST_NOTE)
        try:
            stay = begin(self._stay, now, lasts_s * 1000, by=_who(request), ticket=ticket, note=note)
        except DurationError as error:
            limit = f"from one minute to {LONGEST_MS // 3_600_000} hours"
            raise ControlError("bad_duration", f"maintenance lasts {limit}") from error
        self._stay = stay
        self._write(stay)
        return await self._tell(stay, active=True)

    async def _end(self, request: Mapping[str, object]) -> bool:
        now, stay = self._clock.stamp(), self._stay
        if stay is None or not stay.lasts(now):
            raise ControlError("no_maintenance", "no maintenance is going on")
        return await self._over(stay, now, _who(request))

    async def _over(self, stay: Stay, now: Stamp, by: str) -> bool:
        self._stay = None
        self._forget()
        ended = msgspec.structs.replace(_notice(stay, active=False), until_mono_ms=now.mono_ms, by=by)
        return await self._events.file("maintenance", ended)

    async def _tell(self, stay: Stay, *, active: bool) -> bool:
        log.info("maintenance", extra={"detail": f"until {stay.until_mono_ms} ms of this boot"})
        return await self._events.file("maintenance", _notice(stay, active=active))

    def _write(self, stay: Stay) -> None:
        try:
            write_durably(self._path, msgspec.json.encode(stay), 0o640)
        except OSError as error:  # the centre is told all the same; only a restart forgets it
            log.warning("maintenance-not-kept", extra={"detail": str(error)})

    def _forget(self) -> None:
        with contextlib.suppress(OSError):  # one that is over and stays on the disk is over all the same
            self._path.unlink()


def _notice(stay: Stay, *, active: bool) -> MaintenanceNotice:
    return MaintenanceNotice(active, stay.since_mono_ms, stay.until_mono_ms, stay.by, stay.ticket, stay.note)


def _read(path: Path) -> Stay | None:
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(MOST_FILE_BYTES), type=Stay)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        log.warning("maintenance-unreadable", extra={"detail": str(error)})
        return None


def _who(request: Mapping[str, object]) -> str:
    """The login name the kernel vouches for; root may say for whom it acts (sudo)."""
    uid = request.get("peer_uid")
    name = user_name(uid) if isinstance(uid, int) else ""
    said = _text(request, "by", MOST_NAME)
    return (said or name) if uid == 0 else name


def _text(request: Mapping[str, object], key: str, most: int) -> str:
    value = request.get(key, "")
    if not isinstance(value, str) or len(value) > most or not value.isprintable():
        raise ControlError("bad_request", f"{key} is one line of at most {most} characters")
    return value
