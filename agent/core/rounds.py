"""Pings sent one after the other for as long as the agent runs, closed into rounds that reachability can judge.

1. Pings belong to rounds in the order of sending: `size` to a round. A round is closed when all its pings are settled
   (answered, refused, or out of time) and every earlier round is closed.
2. A round is good when anything came back while it was open: an answer to one of its pings, or a late one to an
   earlier ping ("lost to those who waited, but the target lives").
3. A failed round began with the first ping of the losses in a row it ends, which may lie in the round before: so an
   outage is dated to its first lost ping, wherever that fell. A good round began with its first answered ping.
4. A ping that left late, or was on its way while this host stood still, and then got no answer is *suspect*: it counts
   neither as sent nor as lost. A round that would fail on account of such pings is passed over, but at most
   `PATIENCE` times in a row: a host that is always late must still notice a dead line, only later.
5. A burst is a round of its own size that begins at once; the round it interrupts stays as short as it is.
"""

from collections import deque
from typing import Final, Generic, TypeVar

from wire.shape import Struct, field

PATIENCE: Final = 2
"""Two rounds passed over are six pings: a host that stuttered for some seconds has its say, an outage is still certain
within half a minute."""


class Ping(Struct, eq=False):
    """One ping: `sent_ms` is boot-time. `settled`: nothing about it is waited for any more."""

    sent_ms: int
    suspect: bool = False
    rtt_ms: float | None = None
    settled: bool = False

    @property
    def excused(self) -> bool:
        """Lost, and perhaps on account of this host."""
        return self.suspect and self.rtt_ms is None


P = TypeVar("P", bound=Ping)


class Round(Struct, Generic[P], frozen=True):
    """A closed round. `began_ms` is what its result dates from; `counted` is False for one that is passed over.

    `rtts_ms` holds what counts, in the order of sending; `suspect` pings of a busy host, `excused` of them not in it.
    """

    ok: bool
    burst: bool
    counted: bool
    began_ms: int
    rtts_ms: tuple[float | None, ...]
    late: int
    suspect: int
    excused: int
    pings: tuple[P, ...]


class _Open(Struct, Generic[P], eq=False):
    size: int
    burst: bool = False
    pings: list[P] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        return len(self.pings) >= self.size

    @property
    def settled(self) -> bool:
        return self.complete and all(ping.settled for ping in self.pings)


class Rounds(Generic[P]):
    """The open rounds of one target; `P` is the caller's own kind of ping."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._open: deque[_Open[P]] = deque()
        self._late = 0
        self._passed_over = 0
        self._losing_since_ms: int | None = None

    @property
    def in_burst(self) -> bool:
        """A burst was begun and is not closed."""
        return any(each.burst for each in self._open)

    @property
    def burst_unsent(self) -> bool:
        """Pings of a burst are still to be sent."""
        return bool(self._open) and self._open[-1].burst and not self._open[-1].complete

    def sent(self, ping: P) -> None:
        """A ping has left."""
        if not self._open or self._open[-1].complete:
            self._open.append(_Open(self._size))
        self._open[-1].pings.append(ping)

    def begin_burst(self, size: int) -> None:
        """The next `size` pings are a round of their own, unless a burst is open already."""
        if self.in_burst:
            return
        if self._open and not self._open[-1].complete:
            if self._open[-1].pings:
                self._open[-1].size = len(self._open[-1].pings)
            else:
                self._open.pop()
        self._open.append(_Open(size, burst=True))

    def came_late(self) -> None:
        """An answer to a ping that was given up has come."""
        self._late += 1

    def closed(self) -> list[Round[P]]:
        """The rounds that are over now, oldest first."""
        found = []
        while self._open and self._open[0].settled:
            found.append(self._close(self._open.popleft()))
        return found

    def forget(self) -> list[P]:
        """Another machine, or none: what was on its way says nothing about what comes. The pings of open rounds."""
        left = [ping for each in self._open for ping in each.pings]
        self._open.clear()
        self._late = self._passed_over = 0
        self._losing_since_ms = None
        return left

    def _close(self, over: _Open[P]) -> Round[P]:
        ok = self._late > 0 or any(ping.rtt_ms is not None for ping in over.pings)
        excused = sum(ping.excused for ping in over.pings)
        counted = ok or not excused or self._passed_over >= PATIENCE
        self._passed_over = 0 if counted else self._passed_over + 1
        for ping in over.pings:
            self._follow(ping)
        late, self._late = self._late, 0
        if late:
            self._losing_since_ms = None
        if counted and not ok:
            excused = 0  # patience is at its end: they are losses like the others
        return Round(
            ok,
            over.burst,
            counted,
            _first_answered_ms(over.pings) if ok else self._began_ms(over.pings),
            tuple(ping.rtt_ms for ping in over.pings if not (excused and ping.excused)),
            late,
            sum(ping.suspect for ping in over.pings),
            excused,
            tuple(over.pings),
        )

    def _follow(self, ping: Ping) -> None:
        """Where the present run of losses began."""
        if ping.rtt_ms is not None:
            self._losing_since_ms = None
        elif self._losing_since_ms is None and not ping.excused:
            self._losing_since_ms = ping.sent_ms

    def _began_ms(self, pings: list[P]) -> int:
        return pings[0].sent_ms if self._losing_since_ms is None else self._losing_since_ms


def _first_answered_ms(pings: list[P]) -> int:
    """When the first answered one left; of the first when only a late answer came."""
    return min((ping.sent_ms for ping in pings if ping.rtt_ms is not None), default=pings[0].sent_ms)
