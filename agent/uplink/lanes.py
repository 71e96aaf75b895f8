"""What goes before what on the line to the centre."""

from collections import deque
from typing import Protocol

from wire.messages import StreamName
from wire.shape import Struct, field

GREETING, LIVE, BACKLOG = "greeting", "live", "backlog"

PRECEDENCE: tuple[tuple[StreamName, str], ...] = (
    ("health", GREETING),
    ("complaint", LIVE),
    ("attachment", LIVE),
    ("event", LIVE),
    ("health", LIVE),
    ("health", BACKLOG),
    ("snapshot", LIVE),
    ("snapshot", BACKLOG),
)
"""After a (re)connection: the newest health report, so that the wall is right at once; complaints and their photos;
events; what is new; then, shaped, what is old. Pictures come last even when new: one is a thousand reports."""
LIVE_FIRST = ("health", "snapshot")
"""Streams whose newest record goes before their older ones."""


class Cursor(Struct):
    """`after` is the last number handed out; `until` bounds a backlog (exclusive); `more` may be optimistic."""

    after: int = 0
    until: int | None = None
    more: bool = True


class Lane(Struct):
    """One stream's place in the feeding. `again` are numbers to send once more."""

    live: Cursor = field(default_factory=Cursor)
    greeting: Cursor | None = None
    backlog: Cursor | None = None
    again: deque[tuple[int, ...]] = field(default_factory=deque)
    held_until_s: float = 0.0

    def has_more(self, now_s: float) -> bool:
        """Whether something beside old backlog waits to be sent, as far as is known."""
        return self.held_until_s <= now_s and (bool(self.again) or self.live.more)

    def begin(self, newest: int, *, greets: bool) -> None:
        """The newest record first, older ones as backlog; `newest` is 0 when none waits."""
        if newest:
            self.greeting = Cursor(newest - 1, newest + 1) if greets else None
            self.live = Cursor(newest if greets else newest - 1)
            self.backlog = Cursor(0, newest) if newest > 1 else None

    def skip_to(self, newest: int) -> None:
        """Leave what lies between to the backlog: only the newest is worth its bytes now."""
        if newest <= self.live.after + 1:
            return
        if self.backlog is None or not self.backlog.more:
            self.backlog = Cursor(self.live.after, newest)
        else:
            self.backlog.until = newest
        self.live = Cursor(newest - 1)


class Gate(Protocol):
    """Who may use the line: a metered one says no before the others."""

    def allows(self, use: str, size_bytes: int) -> bool:
        """`use`: a stream's name, or "backlog"."""

    def thins(self) -> bool:
        """Whether only the newest health report goes, and not each."""

    def health_in_s(self, now_s: float) -> float:
        """Seconds until the next live health report may go."""

    def health_sent(self, now_s: float) -> None:
        """A live one was handed over."""


class OpenGate:
    """A line that costs nothing."""

    def allows(self, use: str, size_bytes: int) -> bool:
        """Always."""
        return True

    def thins(self) -> bool:
        """Never."""
        return False

    def health_in_s(self, now_s: float) -> float:
        """At once."""
        return 0.0

    def health_sent(self, now_s: float) -> None:
        """Nobody asks."""
