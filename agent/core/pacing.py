"""A token bucket: how fast the backlog may flow, so that a returning village does not drown the live city."""

from wire.shape import Struct


class Pacing(Struct):
    """`rate_bytes_s` in the long run, `burst_bytes` at once. Spending may go below zero: a debt that time pays."""

    rate_bytes_s: float
    burst_bytes: float
    _level: float | None = None
    _at_s: float = 0.0

    def ready(self, now_s: float) -> bool:
        """Whether something may be sent now."""
        return self._fill(now_s) > 0

    def spend(self, size_bytes: int, now_s: float) -> None:
        """Something was sent."""
        self._level = self._fill(now_s) - size_bytes

    def wait_s(self, now_s: float) -> float:
        """Seconds until `ready`; 0 when it is."""
        level = self._fill(now_s)
        return 0.0 if level > 0 else (1 - level) / self.rate_bytes_s

    def _fill(self, now_s: float) -> float:
        if self._level is None:
            self._level, self._at_s = self.burst_bytes, now_s
        self._level = min(self.burst_bytes, self._level + max(0.0, now_s - self._at_s) * self.rate_bytes_s)
        self._at_s = now_s
        return self._level
