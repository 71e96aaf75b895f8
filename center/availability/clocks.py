"""Moments of nodes' boots as the arithmetic takes them: between bounds, by what is known of each boot's clock."""

from center.core.dating import bounds
from center.core.facts import When
from center.core.times import BootClock
from center.worker.boots import Boots


class Dating:
    """The clocks of one node's boots, each read once."""

    def __init__(self, node: str) -> None:
        self._node = node
        self._boots = Boots()
        self._clocks: dict[str, BootClock] = {}

    def when(self, boot: str, mono_ms: int, received_ms: int | None = None) -> When:
        """A moment of this boot; `received_ms`: it had been told of by then."""
        if boot not in self._clocks:
            self._clocks[boot] = self._boots.clock(self._node, boot)
        return bounds(self._clocks[boot], mono_ms, received_ms)

    def maybe(self, boot: str, mono_ms: int | None, received_ms: int | None = None) -> When | None:
        """As `when`; None stays None."""
        return None if mono_ms is None else self.when(boot, mono_ms, received_ms)
