"""The newest scan, for whoever shows the screen: in memory, given out once, forgotten after a quarter of a minute.

A code that was scanned belongs to the citizen who stands there now; the next one must not find it in the form.
"""

import asyncio
import contextlib
import logging
from typing import Final

from agent.core.scanning import OtherScan, TicketScan, sort_scan

log: Final = logging.getLogger("agent.kiosk.serial")
KEPT_S: Final = 15.0


class ScanBox:
    """Room for one scan."""

    def __init__(self) -> None:
        self._scan: TicketScan | OtherScan | None = None
        self._at_s = 0.0
        self._news = asyncio.Event()

    def put(self, text: str) -> None:
        """What a scanner read. Anything but a ticket's code is forgotten here; only the reason goes on."""
        self._scan = sort_scan(text)
        self._at_s = asyncio.get_running_loop().time()
        if isinstance(self._scan, OtherScan):
            log.info("scan-dropped", extra={"reason": self._scan.reason})
        self._news.set()

    async def take(self, wait_s: float) -> TicketScan | OtherScan | None:
        """The scan that is there, or the next within `wait_s`; None when there is none."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                while (scan := self._fresh()) is None:
                    self._news.clear()
                    await self._news.wait()
                return scan
        return self._fresh()

    def _fresh(self) -> TicketScan | OtherScan | None:
        scan, self._scan = self._scan, None
        if scan is None or asyncio.get_running_loop().time() - self._at_s >= KEPT_S:
            return None
        return scan
