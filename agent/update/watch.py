"""Beside the daemon's work: the health file the guard of slots judges an update by, and notices of where it stands.

One small file on a memory file system every `EVERY_S`, and one look whether the guard has said something new.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from agent.clock import Clock
from agent.core.stillness import Progress
from agent.events import EventLog
from agent.files import write_durably
from agent.names import HEALTH_FILE, UPDATE_FOLDER
from agent.update import outcome
from agent.version import VERSION
from wire.afar import ReleaseNotice
from wire.shape import Struct

EVERY_S: Final = 10.0
STALLED_S: Final = 60.0
"""An answer the centre owes for longer is no passing delay."""
_STUCK_S: Final = 120.0
_TOLD: Final = {"built", "trying", "confirmed", "rolled_back", "refused"}


class Facts(Struct, frozen=True):
    """How this run is: the uplink's status, and the names of cameras that give pictures."""

    uplink: Mapping[str, object]
    cameras: tuple[str, ...] = ()


class UpdateWatch:
    """`run` for ever. `facts` is asked each time; `state_file` is the guard's."""

    def __init__(
        self, clock: Clock, events: EventLog, *, data_dir: Path, run_dir: Path, facts: Callable[[], Facts],
        state_file: Path | None = None,
    ) -> None:  # fmt: skip
        self._clock, self._events, self._facts = clock, events, facts
        self._folder = data_dir / UPDATE_FOLDER
        self._health = run_dir / HEALTH_FILE
        self._state = state_file or outcome.state_file()
        self._started_ms = clock.mono_ms()
        # At the start: the link may point elsewhere later.
        self._slot = os.path.realpath(sys.prefix)
        self._looked: tuple[int, int] = (0, 0)
        self._rounds = 0
        self.progress = Progress(lambda: self._rounds, _STUCK_S)

    async def run(self) -> None:
        """Until cancelled; then the file goes."""
        try:
            while True:
                self.write_health()
                await self.tell()
                self._rounds += 1
                await asyncio.sleep(EVERY_S)
        finally:
            with contextlib.suppress(OSError):
                self._health.unlink()

    def write_health(self) -> None:
        """The file, whole or as it was. Nothing is wrong where it cannot be written: then nobody updates here."""
        fresh = self._health.with_name(f".{self._health.name}.part")
        with contextlib.suppress(OSError):
            fresh.write_bytes(msgspec.json.encode(self.health()))
            fresh.chmod(0o644)
            fresh.rename(self._health)

    def health(self) -> dict[str, object]:
        """What is in it; times are boot-time in milliseconds."""
        facts, at_ms = self._facts(), self._clock.mono_ms()
        acked, stalled = facts.uplink.get("acked_age_s"), facts.uplink.get("stalled_for_s")
        return {
            "boot": self._clock.boot,
            "at_ms": at_ms,
            "started_ms": self._started_ms,
            "slot": self._slot,
            "version": VERSION,
            "run": self._clock.run,
            "connected": facts.uplink.get("connected") is True,
            "last_ack_ms": at_ms - round(acked * 1000) if isinstance(acked, int | float) else 0,
            "stalled": isinstance(stalled, int | float) and stalled > STALLED_S,
            "cameras": facts.cameras,
        }

    async def tell(self) -> None:
        """File a notice when the guard, or the fetching, is somewhere else than was last told."""
        looked = (_changed(self._state), _changed(self._folder / "fetching.json"))
        if looked == self._looked:
            return
        notice = self._fetching() or self._of_guard()
        if notice is not None and self._mark(notice) != self._told():
            if not await self._events.file("release", notice):
                return
            with contextlib.suppress(OSError):
                self._folder.mkdir(mode=0o750, exist_ok=True)
                write_durably(self._folder / "told", self._mark(notice))
        self._looked = looked

    def _of_guard(self) -> ReleaseNotice | None:
        said = outcome.read(self._state)
        if said is None or said.phase not in _TOLD:
            return None
        try:
            return msgspec.convert(
                {
                    "state": said.phase, "version": said.version, "running": VERSION, "digest": said.digest,
                    "code": said.code, "detail": said.detail, "command": said.command,
                },
                ReleaseNotice,
            )  # fmt: skip
        except msgspec.ValidationError:
            return None

    def _fetching(self) -> ReleaseNotice | None:
        try:
            raw = (self._folder / "fetching.json").read_bytes()
            wish = msgspec.json.decode(raw, type=Fetching)
            part = self._folder / f"{wish.digest}.part"
            done = part.stat().st_size if part.exists() else 0
        except (OSError, msgspec.MsgspecError):
            return None
        return ReleaseNotice(
            "fetching", wish.version, VERSION, wish.digest, bytes_done=min(done, wish.size_bytes),
            bytes_total=wish.size_bytes, command=wish.command,
        )  # fmt: skip

    def _told(self) -> bytes:
        try:
            return (self._folder / "told").read_bytes()[:1024]
        except OSError:
            return b""

    @staticmethod
    def _mark(notice: ReleaseNotice) -> bytes:
        return f"{notice.state} {notice.digest} {notice.command} {notice.code} {notice.running}".encode()


class Fetching(Struct, frozen=True):
    """fetching.json: the bundle that is on its way."""

    digest: str
    size_bytes: int
    version: str
    command: str


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def facts_of(uplink: Mapping[str, object], cameras: Mapping[str, Mapping[str, object]]) -> Facts:
    """From the status of both."""
    return Facts(uplink, tuple(name for name, each in cameras.items() if each.get("state") == "ok"))
