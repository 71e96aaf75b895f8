"""Pings at a steady beat while something else goes on, to see what that does to the round trip."""

import asyncio
from statistics import median

from agent.probes.errors import ProbeError
from agent.probes.pinger import Echo, Pinger

PAYLOAD_BYTES = 16
"""The token and a little more: a ping that is small beside what it measures."""


class PingTrain:
    """Sends every `gap_s` from `start` to `stop`; the first ping primes ARP and is not counted."""

    def __init__(self, pinger: Pinger, address: str, gap_s: float = 0.1) -> None:
        self._pinger = pinger
        self._address = address
        self._gap_s = gap_s
        self._echoes: list[Echo] = []
        self._timer: asyncio.TimerHandle | None = None
        self._next_s = 0.0
        self.denied = False
        """This process may not ping; nothing will come."""

    def start(self) -> None:
        """Begin to send."""
        self._next_s = asyncio.get_running_loop().time()
        self._beat()

    def stop(self) -> None:
        """Send no more; answers of what is on its way are not waited for."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._pinger.forget(self._echoes)

    async def settle(self, timeout_s: float) -> None:
        """Send no more, but wait for the answers that may still come."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        ends = asyncio.get_running_loop().time() + timeout_s
        # Looked at again and again: answers come one by one, and the last of them may never.
        while self._outstanding() and asyncio.get_running_loop().time() < ends:  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    def rtts_ms(self, from_ns: int, to_ns: int) -> list[float]:
        """Round trips of the pings that left between two monotonic times, without the first ping of all."""
        return [
            echo.rtt_ms for echo in self._echoes[1:] if echo.rtt_ms is not None and from_ns <= echo.sent_ns <= to_ns
        ]

    def median_ms(self, from_ns: int, to_ns: int, least: int = 5) -> float | None:
        """Their median; None when fewer than `least` were answered: too few to speak for a queue."""
        found = self.rtts_ms(from_ns, to_ns)
        return median(found) if len(found) >= least else None

    def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            self._echoes.append(self._pinger.send(self._address, PAYLOAD_BYTES, _ignore))
        except ProbeError:
            self.denied = True
            return
        self._next_s = max(self._next_s + self._gap_s, loop.time())
        self._timer = loop.call_at(self._next_s, self._beat)

    def _outstanding(self) -> bool:
        return any(echo.rtt_ms is None and not echo.error and not echo.send_errno for echo in self._echoes)


def _ignore(_: Echo) -> None:
    """Answers are looked at when the train is over."""
