"""What the worker does for complaints as time passes, in steps between other work: terms, ends, alarms, erasing.

Every LOOK_S: what is overdue or urgent is told, what nobody objected to closes. Every SWEEP_S: what was to be erased
is. When terms or holidays are others than before, everything open is counted anew.
"""

import logging
import time
from collections.abc import Iterator
from pathlib import Path

from center.complaints.closing import close_silent
from center.complaints.deadlines import note_terms, recompute, terms_changed
from center.complaints.erasure import erase_due, sweep
from center.complaints.leftovers import remove_leftovers
from center.complaints.models import Complaint
from center.complaints.watching import watch

LOOK_S = 10.0
"""An urgent complaint is an incident, or in a place's open one, within this time of reaching the database. Who was told
of that place just before hears of the next after the alerts' own pause (`center.core.routing.GROW_EVERY_MS`)."""
SWEEP_S = 1800.0
_log = logging.getLogger("center.complaints")


class Upkeep:
    """One worker's round for complaints; `step` as often as there is time."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._looked_s = self._swept_s = float("-inf")
        self._steps: Iterator[None] = iter(())

    def step(self, *, sweeping: bool = True) -> bool:
        """Do some of what is to be done now; whether more may be waiting. `sweeping`: also what can wait.

        Raises:
            django.db.Error, OSError: what is left is seen to in the next round.
        """
        now_s = time.monotonic()
        if next(self._steps, self) is None:
            return True
        if now_s - self._looked_s >= LOOK_S:
            self._looked_s = now_s
            self._steps = self._look()
            return True
        if sweeping and now_s - self._swept_s >= SWEEP_S:
            self._swept_s = now_s
            self._steps = self._sweep()
            return True
        return False

    def _look(self) -> Iterator[None]:
        if not Complaint.objects.exists():
            return
        if terms_changed():
            after, changed = recompute()
            yield
            while after:
                after, more = recompute(after)
                changed += more
                yield
            note_terms()
            _log.info("terms-counted-anew", extra={"changed": changed})
        while close_silent(_now_ms()):
            yield
        watch(_now_ms())

    def _sweep(self) -> Iterator[None]:
        while erased := erase_due(_now_ms()):
            _log.info("complaints-erased", extra={"count": erased})
            yield
        sweep(_now_ms())
        yield
        if removed := remove_leftovers(self._data_dir):
            _log.info("leftover-photographs-removed", extra={"count": removed})


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
