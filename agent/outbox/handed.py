"""Which records were handed out to the uplink and may be on their way: giving one up that arrives all the same would
count as lost what the centre has. Memory only; a session that makes no progress spares nothing any more."""

import time
from collections.abc import Callable

from wire.ranges import Ranges
from wire.shape import Struct, field

ALIVE_S = 300.0
"""Without an acknowledgement for this long nothing is taken to be under way: the uplink has sent everything again by
then, several times, or the line is gone."""


class HandedOut(Struct):
    """Numbers per stream since the session began; `none` when it is not plausibly alive."""

    clock: Callable[[], float] = time.monotonic
    _numbers: dict[str, Ranges] = field(default_factory=dict)
    _alive_s: float = float("-inf")

    def began(self) -> None:
        """A session begins: what the one before handed out will not arrive any more, or is handed out again."""
        self._numbers.clear()
        self._alive_s = self.clock()

    def progressed(self) -> None:
        """The centre has acknowledged something."""
        self._alive_s = self.clock()

    def add(self, stream: str, seqs: list[int]) -> None:
        """These go to the uplink now."""
        if seqs:
            self._numbers[stream] = self._numbers.get(stream, Ranges()).union(Ranges.of(seqs))

    def of(self, stream: str) -> Ranges:
        """What may be under way."""
        if self.clock() - self._alive_s > ALIVE_S:
            return Ranges()
        return self._numbers.get(stream, Ranges())
