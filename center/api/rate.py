"""How often a token may ask: a bucket of requests that refills steadily, one per token and web process."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from threading import Lock

BURST = 120
PER_S = 2.0
"""A monitor that looks at everything once a minute needs less than a tenth of this."""
MOST_BUCKETS = 1000


@dataclass(slots=True)
class Bucket:
    """`left` requests as of `at_s`."""

    left: float
    at_s: float


class Limiter:
    """`take(name)` answers 0 when one more request is all right, else how many seconds to wait."""

    def __init__(self, burst: float = BURST, per_s: float = PER_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._per_s, self._clock = burst, per_s, clock
        self._buckets: dict[str, Bucket] = {}
        self._lock = Lock()

    def take(self, name: str) -> int:
        now_s = self._clock()
        with self._lock:
            if len(self._buckets) >= MOST_BUCKETS:
                self._forget_full(now_s)
            bucket = self._buckets.setdefault(name, Bucket(self._burst, now_s))
            bucket.left, bucket.at_s = self._refilled(bucket, now_s), now_s
            if bucket.left >= 1:
                bucket.left -= 1
                return 0
            return max(1, ceil((1 - bucket.left) / self._per_s))

    def _refilled(self, bucket: Bucket, now_s: float) -> float:
        return min(self._burst, bucket.left + (now_s - bucket.at_s) * self._per_s)

    def _forget_full(self, now_s: float) -> None:
        """A full bucket knows nothing a new one would not."""
        self._buckets = {
            name: bucket for name, bucket in self._buckets.items() if self._refilled(bucket, now_s) < self._burst
        }
