"""Power cuts in the middle of an update, at points drawn by lot, and what must be true of a box after each."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.afar import Afar
from tests.support.afar_bundles import Fault
from tests.support.afar_releases import Release, release

PHASES = ("fetching", "building", "switching", "trying")
"""Where a cut is drawn from, one after the other."""
PATIENCE_S = 420.0
LONGEST_S = {"fetching": 15.0, "building": 6.0, "switching": 1.0, "trying": 9.0}
"""How long a phase lasts on a machine that has time; the cut comes at a random moment of it, or after it."""
ENDS = {"confirmed": "done", "rolled_back": "failed", "refused": "failed"}
BAD_EVERY = 4
"""Every so many-th release is one that has to be taken back, cut or not."""


@dataclass
class Cuts:
    """The cuts of one box. `told`: one line for each, for whoever looks at a run."""

    afar: Afar
    lot: random.Random
    told: list[str] = field(default_factory=list)
    numbers: int = 0

    def one(self, phase: str, fault: Fault = "ok") -> None:
        """Order a release, cut the power in `phase`, start again, and wait for the one end of it. AssertionError says
        what is not as it must be."""
        wanted = self._next(fault)
        box, before = self.afar.box, self.afar.box.slot()
        if phase != "fetching":
            box.has_bundle(wanted)
        operation = self.afar.centre.push_update(self.afar.node, wanted)
        if phase == "switching":  # over in a moment
            box.complains(f"Sebelum beralih, {self.numbers}.")
        self._reaches(operation, phase)
        delay_s = self.lot.uniform(0, LONGEST_S[phase])
        if phase != "switching":
            box.complains(f"Sebelum padam, {self.numbers}.")
        time.sleep(delay_s)  # the point of the cut is what is drawn by lot; nothing is waited for
        at = self._guard(operation)
        self.afar.loses_power()
        self._is_bootable()
        box.starts_up()
        end = self.afar.ends(operation, PATIENCE_S)
        outcome = self._one_outcome(operation, wanted, before)
        self.told.append(
            f"{phase} +{delay_s:.2f} s (guard: {at or 'not begun'}): {outcome} {end['code']} {end['detail']}"
        )
        assert fault == "ok" or outcome != "confirmed", self.told[-1]

    def _next(self, fault: Fault) -> Release:
        self.numbers += 1
        return release(f"0.2.{self.numbers}", fault)

    def _reaches(self, operation: str, phase: str) -> None:
        awaited: dict[str, Callable[[], bool]] = {
            "fetching": lambda: self.afar.centre.target(operation)["state"] == "running",
            "building": lambda: self._guard(operation) in ("building", "built", "trying"),
            "switching": lambda: self._guard(operation) in ("built", "trying"),
            "trying": lambda: self._guard(operation) == "trying",
        }
        self.afar.box.follow(f"{phase} of {operation}", awaited[phase], PATIENCE_S)

    def _guard(self, operation: str) -> str:
        """The phase the guard of slots is in with this update; "" before it has begun."""
        said = self.afar.box.update_state()
        return str(said["phase"]) if said.get("command") in self._ids(operation) else ""

    def _ids(self, operation: str) -> tuple[str, ...]:
        rows = self.afar.centre.query("SELECT id FROM operations_operationtarget WHERE operation_id = ?", operation)
        return tuple(str(row[0]) for row in rows)

    def _is_bootable(self) -> None:
        """The link leads to a whole slot: whatever comes, the box starts from something."""
        slot = self.afar.box.system / "opt/sandi/releases" / self.afar.box.slot()
        assert (slot / ".complete").exists() and (slot / "bin/sandi").exists(), f"{slot} is not whole"

    def _one_outcome(self, operation: str, wanted: Release, before: str) -> str:
        """Box and centre agree on one end, and the slot that runs is the one it names."""
        box, centre, node = self.afar.box, self.afar.centre, self.afar.node
        state = centre.target(operation)["state"]
        box.follow("the guard's end", lambda: box.update_state().get("phase") in ENDS, PATIENCE_S)
        outcome = str(box.update_state()["phase"])
        assert ENDS[outcome] == state, (outcome, centre.target(operation))
        box.follow("the same at the centre", lambda: centre.release_of(node).get("state") == outcome, PATIENCE_S)
        told = centre.release_of(node)
        assert told["digest"] == wanted.digest
        assert (told["running"] == wanted.version) is (outcome == "confirmed"), told
        assert (box.slot() == before) is (outcome != "confirmed"), (box.slot(), before, outcome)
        (ident,) = self._ids(operation)
        assert centre.finals(node)[ident] == [state], "one end, told once"
        return outcome


def cuts(afar: Afar, seed: int, count: int) -> list[str]:
    """`count` cuts of one box, after one update without any; a line for each."""
    made = Cuts(afar, random.Random(seed))
    for number in range(count):
        fault: Fault = "crashes" if (seed + number) % BAD_EVERY == BAD_EVERY - 1 else "ok"
        made.one(PHASES[(seed + number) % len(PHASES)], fault)
    afar.data_intact()
    return made.told
