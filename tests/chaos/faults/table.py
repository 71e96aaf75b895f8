"""All faults. A new one is a file beside this one and a line here.

`inject(scene, rng)` does the harm and returns what undoes it, or None when the product has to undo it by itself. It may
raise Unfit: then another is drawn. Everything random comes from `rng`, whose seed is the schedule's. `lasts_s` is the
range of times between the harm and its undoing.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.faults import broker, certificates, clocks, damage, disks, kills, lines
from tests.chaos.scene import Scene

Heal = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of harm. `weight` is its share among its like; `needs_root`: left out for an ordinary user."""

    name: str
    weight: float
    lasts_s: tuple[float, float]
    inject: Callable[[Scene, random.Random], Heal | None]
    needs_root: bool = False


KILLS = (
    Fault("kill -9 agent", 50, (0.0, 1.5), kills.agent),
    Fault("kill -9 agent at its checkpoint", 4, (1.5, 2.5), kills.agent_at_checkpoint),
    Fault("kill -9 ingest", 16, (0, 0), kills.ingest),
    Fault("kill -9 ingest at its checkpoint", 3, (1.5, 2.5), kills.ingest_at_checkpoint),
    Fault("kill -9 broker", 10, (0, 0), kills.broker),
    Fault("kill -9 worker", 9, (0, 0), kills.worker),
    Fault("kill -9 web", 8, (0, 0), kills.web),
)
"""They come at a pace of their own, so that a run of ten minutes holds more than two hundred."""

HARM = (
    Fault("line cut every N bytes", 10, (3, 10), lines.cut_every),
    Fault("line cut", 8, (0, 0), lines.cut),
    Fault("line black hole", 8, (3, 12), lines.black_hole),
    Fault("line stalled", 5, (2, 8), lines.stall),
    Fault("line trickles", 8, (4, 12), lines.trickle),
    Fault("connections refused", 5, (2, 8), lines.refuse),
    Fault("connections reordered", 6, (3, 8), lines.reorder),
    Fault("half-open link", 8, (4, 10), lines.half_open),
    Fault("broker restarted without its memory", 4, (0, 0), broker.restart_without_memory),
    Fault("broker hangs", 4, (2, 8), broker.hang),
    Fault("ingest hangs", 4, (2, 10), broker.ingest_hangs),
    Fault("clock stepped", 10, (3, 15), clocks.step),
    Fault("disk full", 6, (3, 10), disks.full, needs_root=True),
    Fault("disk read-only", 5, (2, 6), disks.read_only, needs_root=True),
    Fault("outbox bytes corrupted", 2, (0, 0), damage.outbox),
    Fault("certificate expired and renewed", 2, (3, 6), certificates.expire_and_renew),
    Fault("certificate renewed under way", 2, (0, 0), certificates.renew),
)


def by_name() -> dict[str, Fault]:
    """Every fault by its name."""
    return {fault.name: fault for fault in (*KILLS, *HARM)}
