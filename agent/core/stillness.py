"""Whether something that should move does not: for how long it has stood still, counted look by look.

A look adds no more than twice the time between two looks. So neither a box that slept nor a loop that hung for minutes
makes anything stuck which had no chance to move.
"""

from collections.abc import Callable

from wire.shape import Struct


class Progress(Struct, frozen=True):
    """How a part shows that it moves: `mark()` has another value after each of its steps, and from its start to the
    first step, or between two, never lie more than `longest_s`.
    """

    mark: Callable[[], object]
    longest_s: float


class Stillness:
    """Watches one `Progress` from `now_s` on; `look_every_s` is how often it wants to be asked."""

    def __init__(self, progress: Progress, now_s: float, look_every_s: float) -> None:
        self._progress = progress
        self.look_every_s = min(look_every_s, progress.longest_s / 2)
        self._mark = progress.mark()
        self._looked_s = now_s
        self.for_s = 0.0

    def too_long(self, now_s: float) -> bool:
        """Look; whether it has stood still for longer than declared."""
        mark = self._progress.mark()
        self.for_s = 0.0 if mark != self._mark else self.for_s + min(now_s - self._looked_s, 2 * self.look_every_s)
        self._looked_s, self._mark = now_s, mark
        return self.for_s > self._progress.longest_s
