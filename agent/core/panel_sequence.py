"""Which press is which, when a panel's 16-bit numbers begin again at 0.

A panel counts what it says within one boot; after 65,535 comes 0. As it goes on only when it was answered, a number is
never far from the one before: it belongs to the round in which it is nearest (RFC 1982). So number and round together
name a press for good, and a repeat from just before the turn is known for a repeat.

To survive a restart of the box it is enough to note, once in a quarter of a round, where a panel is: then no number is
farther than half a round from what was noted.
"""

from collections import OrderedDict
from typing import Final

from wire.shape import Struct

ROUND: Final = 1 << 16
QUARTER: Final = ROUND // 4
BOOTS_KEPT: Final = 32
"""Of all panels together. A boot that is over does not come back."""


class Mark(Struct, frozen=True):
    """How far a panel had come in one of its boots, counted over all rounds."""

    panel: str
    boot: int
    reached: int


class SequenceBook:
    """Numbers to places. `marks()` is what has to outlive the process; `unsaved` says that it has changed."""

    def __init__(self, marks: tuple[Mark, ...] = ()) -> None:
        self._reached: OrderedDict[tuple[str, int], int] = OrderedDict()
        self._noted: dict[tuple[str, int], int] = {}
        for mark in marks[-BOOTS_KEPT:]:
            self._reached[mark.panel, mark.boot] = self._noted[mark.panel, mark.boot] = mark.reached
        self.unsaved = False

    def place(self, panel: str, boot: int, seq: int) -> int:
        """The number of this press over all rounds; the panel has come at least so far."""
        key = (panel, boot)
        reached = self._reached.get(key)
        if reached is None:
            place = seq
        else:
            ahead = (seq - reached) % ROUND
            place = reached + ahead - (ROUND if ahead >= ROUND // 2 else 0)
            if place < 0:
                place += ROUND
        self._reached[key] = max(place, reached or 0)
        self._reached.move_to_end(key)
        if self._reached[key] // QUARTER != self._noted.get(key, 0) // QUARTER:
            self._noted[key] = self._reached[key]
            self.unsaved = True
        while len(self._reached) > BOOTS_KEPT:
            old, _ = self._reached.popitem(last=False)
            self._noted.pop(old, None)
        return place

    def marks(self) -> tuple[Mark, ...]:
        """What to note down, oldest first. Afterwards nothing is unsaved."""
        self.unsaved = False
        return tuple(Mark(*key, self._noted[key]) for key in self._reached if key in self._noted)
