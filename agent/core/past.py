"""Since when a target fails or works, and how many attempts that took: what an outage is dated and counted by."""

from collections.abc import Iterable

from agent.core.observation import Observation
from wire.shape import Struct


class Past(Struct):
    """Runs of one probe at one target, as far as they matter for an outage. Times are boot-times of runs' beginnings.

    `good_ms`: the last good run. `since_ms`: the first run of the present streak, good or failed. `sent`, `lost`: all
    attempts; `before`: what they were when the present failures began. `turned`: the last run began the streak, after
    another one.
    """

    sent: int = 0
    lost: int = 0
    good_ms: int | None = None
    since_ms: int | None = None
    failing: bool = False
    before: tuple[int, int] = (0, 0)
    turned: bool = False

    def add(self, seen: Observation) -> None:
        """Take a run in; runs that say nothing about the network are not for here."""
        self.turned = self.since_ms is not None and seen.ok is self.failing
        if self.since_ms is None or seen.ok is self.failing:
            self.since_ms, self.failing = seen.mono_ms, not seen.ok
            if self.failing:
                self.before = self.sent, self.lost
        if seen.ok:
            self.good_ms = seen.mono_ms
        self.sent += seen.sent
        self.lost += seen.lost

    @property
    def counts_from_failure(self) -> tuple[int, int]:
        """The counts an outage starts from: those before the present failures, or the present ones."""
        return self.before if self.failing else (self.sent, self.lost)


def onset_ms(way: Iterable[Past], broker: Iterable[Past], inside: Iterable[Past], now_ms: int) -> int:
    """When the present trouble on the way to the centre began.

    `way`: the pings and connections to the centre's host; `broker`: what is asked of the broker itself; `inside`: this
    box's link, address and route. A probe that has failed since before the last sign of life from the centre (pings
    that are muted there) has nothing to do with it.
    """
    way, broker = tuple(way), tuple(broker)
    if any(past.since_ms is not None and not past.failing for past in way):
        # The host answers. A ping muted for ever is no trouble; a connection or the broker that fails is.
        candidates = [past for past in (*way, *broker) if past.failing]
        last_good_ms = max((past.good_ms or 0 for past in broker), default=0)
    else:
        candidates = [past for past in (*way, *inside) if past.failing]
        last_good_ms = max((past.good_ms or 0 for past in way), default=0)
    begins = [past.since_ms for past in candidates if past.since_ms is not None and past.since_ms >= last_good_ms]
    return min(begins, default=now_ms)


def back_ms(way: Iterable[Past]) -> int | None:
    """Since when something comes back from the centre's host again; None while nothing does."""
    return min((past.since_ms for past in way if past.since_ms is not None and not past.failing), default=None)
