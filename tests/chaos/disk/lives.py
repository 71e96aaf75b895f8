"""Many lives of one outbox: a victim starts, works, and is ended at a random moment; then the judge reads its journal.

How a life ends is the caller's: kill -9, a power cut, a damaged page. A second start always follows, so that each end
is judged by the product's own opening.
"""

import random
import time
from collections.abc import Callable
from pathlib import Path

from tests.chaos.disk.beside import judge_beside
from tests.chaos.disk.oracle import Oracle
from tests.support.storage_journal import VICTIM
from tests.support.warm import Warm

OPENING_WITHIN_S = 60.0
PATIENT = 0.5
"""So many of the lives that see their opening go on until they were promised something, however slow the machine."""
STYLES = ("work", "renew", "close", "evict")


class Lives:
    """One folder, one oracle, one life after the other in it."""

    def __init__(self, warm: Warm, directory: Path, journals: Path, chance: random.Random, style: str) -> None:
        self.directory = directory
        self.oracle = Oracle()
        self.style = style
        self.count = 0
        self.heard = 0
        """Lives that went on until a first promise."""
        self._warm = warm
        self._journals = journals
        self._journals.mkdir()
        self._chance = chance

    def live(self, longest_s: float, end: Callable[[], object], *, soon: bool = False) -> None:
        """One life, ended by kill -9 just after `end()`. `soon`: also before it has opened its outbox."""
        self.count += 1
        before = self.oracle.opened
        seed = self._chance.randrange(1, 10**9)
        journal = self._journals / str(self.count)
        pid = self._warm.start(f"{VICTIM}:main", str(self.directory), str(journal), seed, self.style)
        try:
            if not soon:
                self._wait_for_opening(pid, journal, before)
                if longest_s and self._chance.random() < PATIENT:
                    self._wait_for_a_promise(pid, journal)
            time.sleep(self._chance.random() * longest_s)
            alive = self._warm.alive(pid)
            until_ns = time.monotonic_ns()
            end()
        finally:
            code = self._warm.kill(pid)
        self.oracle.read(journal, until_ns)
        if not alive:
            self.oracle.broken.append(f"life {self.count} ({self.style}) ended by itself with {code}: see its log")

    def judge(self) -> None:
        """A last start, in order, and a look at what lies beside the outbox."""
        self.live(0.0, lambda: None)
        judge_beside(self.oracle, self.directory)

    def _wait_for_opening(self, pid: int, journal: Path, before: int) -> None:
        deadline = time.monotonic() + OPENING_WITHIN_S
        while self._warm.alive(pid) and time.monotonic() < deadline:
            self.oracle.read(journal)
            if self.oracle.opened > before:
                return
            time.sleep(0.002)
        self.oracle.broken.append(f"life {self.count} ({self.style}) did not open its outbox: see its log")

    def _wait_for_a_promise(self, pid: int, journal: Path) -> None:
        before, deadline = self.oracle.accepted, time.monotonic() + OPENING_WITHIN_S
        while self._warm.alive(pid) and time.monotonic() < deadline:
            self.oracle.read(journal)
            if self.oracle.accepted > before:
                self.heard += 1
                return
            time.sleep(0.002)
        self.oracle.broken.append(f"life {self.count} ({self.style}) was promised nothing: see its log")
