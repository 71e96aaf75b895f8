"""The largest ping that comes back whole, with small pings beside the large ones to tell size from loss.

1. Pings of the full size and small ones, in turns. One full one back, and all is well after one round trip.
2. A router that says *too big* names the size that passes; that is tried, and again while somebody says so.
3. Small ones come back and full ones do not: every plateau is tried at once, largest first, twice each. First the
   large ones, so that a host that limits its answers per second is not taken for one that drops large packets.
"""

import asyncio
import contextlib
import errno
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from agent.core.mtu import PLATEAUS, SMALL, Tally, below
from agent.core.observation import Reason
from agent.probes.pinger import Echo, Pinger

GAP_S = 0.01
"""Between two pings: 100 packets of 1500 bytes a second are 1.2 Mbit/s, which every line of a site carries."""
SURE_WAIT_S = 0.25
"""Once some were answered, the others are waited for this long, or three of the longest round trips."""
MAX_REPORTS = 5
"""Routers that say *too big* one after the other; each names a smaller size than the one before."""


@dataclass(slots=True)
class Found:
    """What the pings proved. `mtu`: the largest that passed, 0 when none did. `reporter`: who said that more than
    `told` bytes would not. `proven`: what is larger was lost by its size, whoever said so or did not."""

    mtu: int = 0
    reporter: str = ""
    told: int = 0
    proven: bool = False
    tally: Tally = field(default_factory=Tally)

    @property
    def explained(self) -> bool:
        """What passes is what somebody named (or the plateau next to it): nothing vanishes in silence."""
        return bool(self.reporter) and self.mtu >= max((one for one in PLATEAUS if one <= self.told), default=0)

    @property
    def mute(self) -> bool:
        """Too little came back to say anything."""
        return self.mtu <= SMALL and not self.reporter


class Search:
    """One search at one address. `pinger` must send its packets whole."""

    def __init__(self, address: str, pinger: Pinger, timeout_s: float) -> None:
        self._address = address
        self._ipv6 = ":" in address
        self._headers = 48 if self._ipv6 else 28  # IP and ICMP
        self._pinger = pinger
        self._timeout_s = timeout_s
        self.found = Found()

    async def full_size(self, full: int) -> bool:
        """Steps 1 and 2: True when that settled it, or when not even small pings are answered."""
        size = full
        for _ in range(MAX_REPORTS):
            echoes = await self._volley((size, SMALL, size, SMALL, size, SMALL), settled=size)
            self.found.mtu = self.found.tally.largest
            if self.found.mtu >= size:
                self.found.proven = bool(self.found.reporter)
                return True
            told = self._told(echoes, size)
            if not told:
                break
            size = told
        return self.found.mute and not self.found.tally.largest

    async def plateaus(self, full: int) -> None:
        """Step 3: the largest plateau below `full` that passes."""
        sizes = below(full, ipv6=self._ipv6)
        echoes = await self._volley([size for size in sizes for _ in range(2)] + [SMALL])
        self._told(echoes, full)
        tally = self.found.tally
        if not tally.size_matters:
            await self._volley([full, tally.largest or SMALL] * 5)
        self.found.mtu = tally.largest
        self.found.proven = tally.size_matters

    def _told(self, echoes: Sequence[tuple[int, Echo]], size: int) -> int:
        """The smaller size that somebody named, and who it was; 0 when nobody did."""
        for sent, echo in echoes:
            error, smaller = echo.error, next(iter(below(sent, ipv6=self._ipv6)), 0)
            if error is not None and error.reason is Reason.PACKET_TOO_BIG and error.offender:
                self.found.reporter = error.offender
                self.found.told = error.mtu if 0 < error.mtu < size else smaller  # routers before RFC 1191 name none
                return self.found.told
            if echo.send_errno == errno.EMSGSIZE:  # this box's own link has become smaller than it was a moment ago
                return smaller
        return 0

    async def _volley(self, sizes: Sequence[int], settled: int = 0) -> list[tuple[int, Echo]]:
        """Send them all; wait until each has its answer or error, a ping of size `settled` has one, or time is over."""
        moved = asyncio.Event()
        echoes: list[tuple[int, Echo]] = []

        def enough() -> bool:
            if any(size == settled and (echo.rtt_ms is not None or _too_big(echo)) for size, echo in echoes):
                return True
            return len(echoes) == len(sizes) and all(_over(echo) for _, echo in echoes)

        try:
            for size in sizes:
                payload_bytes = max(8, size - self._headers)
                echoes.append((size, self._pinger.send(self._address, payload_bytes, lambda _: moved.set())))
                await asyncio.sleep(GAP_S)
                if enough():
                    break
            await self._wait(moved, enough, echoes)
        finally:
            self._pinger.forget(echo for _, echo in echoes)
        self.found.tally.add((size, echo.rtt_ms is not None) for size, echo in echoes if _counts(echo))
        return echoes

    async def _wait(self, moved: asyncio.Event, enough: Callable[[], bool], echoes: list[tuple[int, Echo]]) -> None:
        began_s = time.monotonic()
        while not enough():
            slowest_ms = max((echo.rtt_ms or 0.0 for _, echo in echoes), default=0.0)
            patience_s = (
                min(self._timeout_s, max(SURE_WAIT_S, 3 * slowest_ms / 1000)) if slowest_ms else self._timeout_s
            )
            left_s = began_s + patience_s - time.monotonic()
            if left_s <= 0:
                return
            moved.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(moved.wait(), left_s)


def _over(echo: Echo) -> bool:
    return echo.rtt_ms is not None or echo.error is not None or bool(echo.send_errno)


def _too_big(echo: Echo) -> bool:
    return echo.send_errno == errno.EMSGSIZE or (echo.error is not None and echo.error.reason is Reason.PACKET_TOO_BIG)


def _counts(echo: Echo) -> bool:
    """One that is still on its way when the question is settled, or that was refused in words, was not lost."""
    return echo.rtt_ms is not None or not _over(echo)
