"""Numbers of connections: each higher than any before, also after a crash and on a disk that takes no writes.

A block of them is reserved by one write at the start and again when half of it is used; the next start goes on behind
it. A stop in order gives the unused ones back. What would be used in memory beyond a whole block, by a line that flaps
for days on a disk that refuses all the while, would be used again: hence a large one.
"""

from agent.outbox import lanes
from agent.outbox.draft import Draft, drafting
from agent.outbox.errors import suppress_of_disk
from agent.outbox.opening import Opened
from wire.shape import Struct

NOTE = "session"
BLOCK = 65_536


class Sessions(Struct):
    """The counter of one open file."""

    last: int = 0
    _reserved: int = 0

    def begin(self, opened: Opened) -> None:
        """Go on behind what the file says. OutboxError("corrupt") when that is damaged."""
        self.last = self._reserved = int(lanes.note(opened.db, NOTE) or 0)
        self._reserve(opened)

    def next(self, opened: Opened) -> int:
        """A number that was never used."""
        self.last += 1
        if self._reserved - self.last < BLOCK // 2:
            self._reserve(opened)
        return self.last

    def settle(self, draft: Draft) -> None:
        """Give the unused numbers back, in the caller's transaction."""
        if self._reserved > self.last:
            lanes.set_note(draft.db, NOTE, str(self.last))

    def _reserve(self, opened: Opened) -> None:
        with suppress_of_disk():
            with drafting(opened.db, opened.memory) as draft:
                lanes.set_note(draft.db, NOTE, str(self.last + BLOCK))
            self._reserved = self.last + BLOCK
