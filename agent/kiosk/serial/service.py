"""`sandi kiosk serial`: the process of the serial devices. The one place where they are put together.

A process of its own, beside the core: it needs no key and no outbox, only the intake's socket, and what a device's
driver does to it (a library that crashes, a line that hangs) cannot touch the record of what citizens said.
"""

import asyncio
import contextlib
import logging
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.kiosk.serial import table
from agent.kiosk.serial.config import SerialConfig
from agent.kiosk.serial.door import door
from agent.kiosk.serial.shared import Shared, shared
from agent.sdnotify import Notifier
from agent.supervise import Plugin, Supervisor

if TYPE_CHECKING:
    from agent.kiosk.serial.printer import Printer

log: Final = logging.getLogger("agent.kiosk.serial")
WATCHDOG_EVERY_S: Final = 10.0


class Service:
    """Build it inside a running loop, await `run`."""

    def __init__(self, config: SerialConfig, place: str, status_url: str, intake: Path, group: str) -> None:
        self.shared: Shared = shared(place, status_url, intake, config.state_dir, config.run_dir)
        self.parts: dict[str, table.Part] = {}
        printer: Printer | None = None
        for kind in table.DEVICES:
            for number, settings in enumerate(getattr(config, kind), 1):
                part = table.make(kind, settings, number, self.shared)
                self.parts[f"{kind}-{number}"] = part
                if kind == "printer":
                    printer = part  # type: ignore[assignment]
        self._supervisor = Supervisor()
        self._door = door(config.run_dir, group, printer, self.shared.scans, self.states)

    async def run(self) -> None:
        """Until cancelled."""
        notifier = Notifier()
        async with asyncio.TaskGroup() as group:
            for name, part in self.parts.items():
                group.create_task(self._supervisor.keep(name, Plugin(part.run)))
            group.create_task(self._supervisor.keep("door", Plugin(lambda: self._door.run(lambda: _ready(notifier)))))
            group.create_task(_feed_watchdog(notifier))

    def states(self) -> list[dict[str, object]]:
        """Per device: its name, why it is not open ("" when it is), how often it was opened, and what it says."""
        return [
            {
                "name": name,
                "trouble": part.keeper.trouble,
                "opened": part.keeper.opened,
                "says": str(getattr(part, "there", "") or getattr(part, "state", "")),
            }
            for name, part in self.parts.items()
        ]


async def serve(config: SerialConfig, place: str, status_url: str, intake: Path, group: str) -> None:
    """Until SIGTERM or SIGINT."""
    running = asyncio.ensure_future(Service(config, place, status_url, intake, group).run())
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await running


def _ready(notifier: Notifier) -> None:
    notifier.send("READY=1")
    log.info("serial-devices-ready")


async def _feed_watchdog(notifier: Notifier) -> None:
    """The loop turns: that is all it says. A device that hangs is its keeper's business."""
    while True:
        notifier.send("WATCHDOG=1")
        await asyncio.sleep(WATCHDOG_EVERY_S)
