"""When a probe runs next: a fixed grid with a phase of its own, no drift, no burst after a pause.

1. Due times lie on the grid `phase + k * interval` of the boot-time. They do not depend on how long a run takes.
2. The phase comes from the node's id, so that a hundred nodes which got power back together do not probe together.
3. When the box slept or was too busy, the slots that went by are skipped and counted; one run follows, not many.
4. The very first run is at once (a technician stands beside the box), later ones are on the grid.
5. A run can be asked for sooner (a recheck after a failure, a cable event); the grid stays where it is.
6. A probe that crashes waits 2, 4, 8 ... rounds, up to `MAX_PENALTY_MS`, before it runs again.
"""

import hashlib

from wire.shape import Struct, replace

MAX_PENALTY_MS = 600_000
"""A crashing probe is tried every 10 minutes at least: its cause may be gone (a driver reloaded, a file back)."""


def phase_ms(node: str, name: str, interval_ms: int) -> int:
    """The place of `name` on `node` within its interval: 0 <= phase < interval_ms, the same after every restart."""
    digest = hashlib.blake2b(f"{node}/{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % interval_ms


class Slot(Struct, frozen=True):
    """One probe's place in time. `due_ms` is when it runs next; `skipped` counts slots that went by unused."""

    interval_ms: int
    phase_ms: int
    due_ms: int
    skipped: int = 0
    crashes: int = 0

    def started(self, now_ms: int) -> "Slot":
        """The run due at `due_ms` begins at `now_ms` (>= due_ms): the next one is on the grid after now."""
        following = next_on_grid(now_ms, self.interval_ms, self.phase_ms)
        first = next_on_grid(self.due_ms, self.interval_ms, self.phase_ms)
        missed = max(0, (following - first) // self.interval_ms)
        return replace(self, due_ms=following, skipped=self.skipped + missed)

    def postponed(self, now_ms: int) -> "Slot":
        """The previous run is still busy: this slot is given up, counted as skipped."""
        slot = self.started(now_ms)
        return replace(slot, skipped=slot.skipped + 1)

    def sooner(self, at_ms: int) -> "Slot":
        """Run at `at_ms` when that is before the slot on the grid."""
        return replace(self, due_ms=min(self.due_ms, at_ms))

    def crashed(self, now_ms: int) -> "Slot":
        """The run ended in an error of the probe itself: wait longer after each."""
        crashes = self.crashes + 1
        wait_ms = min(self.interval_ms * 2 ** min(crashes, 16), max(MAX_PENALTY_MS, self.interval_ms))
        return replace(
            self, crashes=crashes, due_ms=next_on_grid(now_ms + wait_ms - 1, self.interval_ms, self.phase_ms)
        )

    def recovered(self) -> "Slot":
        return self if not self.crashes else replace(self, crashes=0)


def first_slot(node: str, name: str, interval_ms: int, now_ms: int) -> Slot:
    """A slot that is due at once."""
    if interval_ms <= 0:
        raise ValueError(f"the interval of {name} must be longer than 0 ms")
    return Slot(interval_ms, phase_ms(node, name, interval_ms), now_ms)


def spread_slot(node: str, name: str, interval_ms: int, now_ms: int) -> Slot:
    """A slot that waits for its place on the grid from the start: many of a kind never begin together."""
    slot = first_slot(node, name, interval_ms, now_ms)
    return replace(slot, due_ms=next_on_grid(now_ms, interval_ms, slot.phase_ms))


def next_on_grid(after_ms: int, interval_ms: int, phase: int) -> int:
    """The first grid time strictly after `after_ms`."""
    return after_ms + interval_ms - (after_ms - phase) % interval_ms
