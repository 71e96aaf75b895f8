"""Keeps a device open: opens it when it is there, serves it, closes it when it fails, and tries again.

Pauses grow from half a second to ten, and begin anew after a line that stood for a while: a plug that is put back works
within seconds, and a device that fails at once does not take the processor. Only changes are logged.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, Protocol

from agent.kiosk.serial.finding import present
from agent.kiosk.serial.port import Port, PortError

log: Final = logging.getLogger("agent.kiosk.serial")
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 10.0
STABLE_S: Final = 5.0

Open = Callable[[Path], Port]
Serve = Callable[[Port], Awaitable[None]]


class Placed(Protocol):
    """The settings of any device."""

    @property
    def device(self) -> Path: ...
    @property
    def device_else(self) -> Path | None: ...


class Keeper:
    """One device. `trouble` is "" while its line is open."""

    def __init__(self, name: str, settings: Placed, open_it: Open, first_pause_s: float = FIRST_PAUSE_S) -> None:
        self._name = name
        self._settings = settings
        self._open = open_it
        self._first_pause_s = first_pause_s
        self._told = ""
        self.trouble = "closed"
        self.opened = 0

    async def run(self, serve: Serve) -> None:
        """For ever. `serve` may end only by PortError; anything else is a fault and comes out here."""
        pause_s = self._first_pause_s
        loop = asyncio.get_running_loop()
        while True:
            began_s = loop.time()
            try:
                await self._once(serve)
            except PortError as error:
                self.trouble = error.code
                self._tell(error)
            if loop.time() - began_s >= STABLE_S:
                pause_s = self._first_pause_s
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def _once(self, serve: Serve) -> None:
        path = present(self._settings.device, self._settings.device_else)
        port = self._open(path)
        try:
            self.trouble = ""
            self.opened += 1
            if self._told != "open":
                self._told = "open"
                log.info("device-open", extra={"device": self._name, "path": str(path)})
            await serve(port)
        finally:
            self.trouble = self.trouble or "closed"
            port.close()

    def _tell(self, error: PortError) -> None:
        if self._told != error.code:
            self._told = error.code
            log.warning("device-lost", extra={"device": self._name, "detail": str(error)})
