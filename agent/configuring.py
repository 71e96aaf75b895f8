"""Tells the centre which configuration this box runs, and leads a pushed one through its trial."""

import asyncio
import contextlib
import hashlib
import logging
import os
import signal
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Final

import msgspec

from agent.clock import Clock
from agent.config import AgentConfig
from agent.events import EventLog
from agent.files import write_durably
from agent.names import CONFIG_FOLDER
from agent.outbox import OutboxWriter
from agent.uplink.threads import in_daemon_thread
from wire.afar import ConfigNotice
from wire.bodies import encode_body
from wire.shape import Struct

log = logging.getLogger("agent.configuration")
CURRENT: Final = "current.json"
TRYING: Final = "trying.json"
TOLD: Final = "told"
REFUSED: Final = "refused.json"
MAX_BYTES: Final = 256 * 1024


class Current(Struct, frozen=True):
    """`current.json`, as far as it is told."""

    generation: str = ""
    revision: int = 0
    state: str = "card"
    id: str = ""
    code: str = ""
    detail: str = ""
    tried: int = 0


def stop_this_process(reason: str) -> None:
    """In order; systemd starts it again."""
    log.info("restarting", extra={"reason": reason})
    os.kill(os.getpid(), signal.SIGTERM)


class Configuring:
    """A plugin. `warnings`: the codes of the self-warnings that stand now; `stop` ends the process in order."""

    def __init__(
        self,
        config: AgentConfig,
        clock: Clock,
        writer: OutboxWriter,
        events: EventLog,
        *,
        warnings: Callable[[], Collection[str]],
        stop: Callable[[str], None] = stop_this_process,
    ) -> None:
        self.folder: Path = config.node.data_dir / CONFIG_FOLDER
        self.clock = clock
        self.writer = writer
        self.warnings = warnings
        self.stop = stop
        self._layers = config.layers
        self._events = events
        self._stirred = asyncio.Event()

    async def run(self) -> None:
        """For ever."""
        while True:
            if (self.folder / TRYING).exists():
                from agent.trial import Trying  # most boxes run for months without one

                await Trying(self).run()
            await self._tell_refused()
            await self._tell()
            await self._stirred.wait()
            self._stirred.clear()

    async def operation(self, _: Mapping[str, object]) -> Mapping[str, object]:
        """Of the control socket: look at the files again, and say what runs."""
        self._stirred.set()
        return self.status()

    def status(self) -> dict[str, object]:
        """For `sandi status`: what runs, what is on trial, what the box itself decides."""
        notice = self.notice()
        return {
            "state": "trying" if (self.folder / TRYING).exists() else notice.state,
            "generation": notice.generation,
            "revision": notice.revision,
            "digest": notice.digest,
            "tried": notice.tried,
            "code": notice.code,
            "overrides": list(notice.overrides),
        }

    def notice(self, state: str = "") -> ConfigNotice:
        """What is true now. `state`: instead of what current.json says."""
        now = self._current()
        said = state or now.state
        if said not in ("trying", "reverted") and not self._layers.pushed:
            return ConfigNotice("card", "", 0, self._layers.digest, overrides=self._layers.overrides)
        return msgspec.convert(
            {
                "state": said if said in ("trying", "reverted") else "confirmed",
                "generation": now.generation[:64],
                "revision": now.revision,
                "digest": self._layers.digest,
                "overrides": self._layers.overrides,
                **(
                    {"code": now.code[:40], "detail": now.detail[:500], "tried": now.tried}
                    if said == "reverted"
                    else {}
                ),
            },
            ConfigNotice,
        )

    async def _tell(self) -> None:
        """File what is true, when the centre was last told something else."""
        notice = self.notice()
        mark = hashlib.sha256(encode_body(notice)).hexdigest()
        try:
            told = (self.folder / TOLD).read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            told = ""
        if told == mark or not await self._events.file("config", notice):
            return
        with contextlib.suppress(OSError):  # then it is told once more
            self.folder.mkdir(mode=0o750, exist_ok=True)
            await in_daemon_thread("config-told", lambda: write_durably(self.folder / TOLD, mark.encode()))

    async def _tell_refused(self) -> None:
        """What the command's handler left behind of a revision that was never applied."""
        path = self.folder / REFUSED
        try:
            notice = msgspec.json.decode(path.read_bytes(), type=ConfigNotice)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return
        if await self._events.file("config", notice):
            path.unlink(missing_ok=True)

    def _current(self) -> Current:
        try:
            with (self.folder / CURRENT).open("rb") as file:
                return msgspec.json.decode(file.read(MAX_BYTES), type=Current)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return Current()
