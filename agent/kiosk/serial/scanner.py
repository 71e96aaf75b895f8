"""A scanner on a line of its own: its bytes to scans, and the scans into the box."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

from agent.core.scanning import PARTIAL_SCAN_S, ScanDecoder
from agent.kiosk.serial.config import ScannerConfig
from agent.kiosk.serial.keeper import Keeper
from agent.kiosk.serial.port import Port, open_port
from agent.kiosk.serial.shared import Shared


class Scanner:
    """One scanner."""

    def __init__(
        self,
        name: str,
        settings: ScannerConfig,
        put: Callable[[str], None],
        open_it: Callable[[Path], Port] | None = None,
    ) -> None:
        self._settings = settings
        self._put = put
        self.keeper = Keeper(name, settings, open_it or (lambda path: open_port(path, settings.baud)))

    async def run(self) -> None:
        """For ever."""
        await self.keeper.run(self._serve)

    async def _serve(self, port: Port) -> None:
        decoder = ScanDecoder(self._settings.framing)
        loop = asyncio.get_running_loop()
        while True:
            data = b""
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PARTIAL_SCAN_S):
                    data = await port.read()
            for text in decoder.feed(data, loop.time()):
                self._put(text)


def make(settings: ScannerConfig, number: int, shared: Shared) -> Scanner:
    """For the table of devices."""
    return Scanner(f"scanner-{number}", settings, shared.scans.put)
