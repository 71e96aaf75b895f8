"""What the outbox knows without asking the disk. A transaction works on a copy (`draft`) that replaces it at the end.

Health reports wait here for their commit. While the disk refuses, only the newest of them do: those that had to go are
counted, and the next commit that works gives their numbers out and declares them.
"""

from agent.core.clock import Stamp
from agent.outbox.held import Held, renumbered
from agent.outbox.lanes import Lane
from agent.outbox.slots import Slots
from wire.shape import Struct, field, replace

MOST_WAITING_BYTES = 1024 * 1024
"""Some 500 reports; the process has 24 MiB for everything."""


class Waiting(Struct, frozen=True):
    """Health reports that have a number and are not on the disk: first `lost` numbers without one, then `held`."""

    held: tuple[Held, ...] = ()
    lost: int = 0
    span: tuple[int, int] = (0, 0)
    """Wall times of the first and the last that was lost."""

    def __bool__(self) -> bool:
        return bool(self.held) or self.lost > 0

    @property
    def size_bytes(self) -> int:
        """What their bodies weigh."""
        return sum(held.size_bytes for held in self.held)

    def behind(self, head: int) -> int:
        """The number of the next report when `head` is the last on the disk."""
        return head + self.lost + len(self.held) + 1

    def with_newest(self, held: Held, most: int) -> "Waiting":
        """And this one; at most so many, and no more than `MOST_WAITING_BYTES`: the oldest go."""
        kept = (*self.held, held)
        left = self.size_bytes + held.size_bytes
        gone = 0
        while len(kept) - gone > 1 and (len(kept) - gone > most or left > MOST_WAITING_BYTES):
            left -= kept[gone].size_bytes
            gone += 1
        if not gone:
            return replace(self, held=kept)
        walls = [old.record.wall_ms for old in kept[:gone]] + (list(self.span) if self.lost else [])
        return Waiting(kept[gone:], self.lost + gone, (min(walls), max(walls)))

    def moved(self, head: int) -> "Waiting":
        """The same behind another head: the file was replaced."""
        first = head + self.lost + 1
        return replace(self, held=tuple(renumbered(held, first + index) for index, held in enumerate(self.held)))


class Debt(Struct, frozen=True):
    """A row of the ledger that the next transaction files: damage was found when nothing could be written yet."""

    stream: str
    lost: tuple[int, int, int]
    """As `Draft.declare` takes it."""
    why: str
    at: Stamp


class Memory(Struct):
    """The state of all streams, and what is waiting to be written."""

    lanes: dict[str, Lane]
    slots: Slots
    given_up: dict[str, int] = field(default_factory=dict)
    """Per stream how many records were given up since the start."""
    giving_up: dict[str, str] = field(default_factory=dict)
    """Streams that are being evicted, and why: BOUND or DISK."""
    waiting: Waiting = field(default_factory=Waiting)
    owed: tuple[Debt, ...] = ()

    def copy(self) -> "Memory":
        """For a transaction to work on."""
        return replace(self, lanes=dict(self.lanes), given_up=dict(self.given_up), giving_up=dict(self.giving_up))

    def become(self, other: "Memory") -> None:
        """The transaction that worked on `other` is on the disk."""
        self.lanes, self.slots, self.waiting, self.owed = other.lanes, other.slots, other.waiting, other.owed
        self.given_up, self.giving_up = other.given_up, other.giving_up
