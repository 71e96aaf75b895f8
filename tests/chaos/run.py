"""One run: build the scene, work through the schedule, heal, settle, judge."""

import heapq
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.faults.table import by_name
from tests.chaos.oracle import Verdict
from tests.chaos.scene import Scene, Unfit, running_scene
from tests.chaos.schedule import Planned, plan

TICK_S = 0.05
SETTLE_S = 180.0
"""For everything to arrive once the last fault is healed: seconds in fact, a loaded machine gets more."""
RESEND_BOUND, RESEND_BOUND_OF_FEW = 1.3, 1.6
ENOUGH_RECORDS = 500
"""Of fewer different records, a single kill at the wrong moment is several hundredths of the ratio."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is made of. `per_s`: complaints per second and box; `least`: so many are accepted, however long it
    takes a slow machine."""

    seed: int
    duration_s: float = 600.0
    agents: int = 3
    per_s: float = 2.0
    faults: tuple[str, ...] = ()
    least: int = 0


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    options: Options
    verdict: Verdict
    faults: Counter[str] = field(default_factory=Counter)
    unfit: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    distinct: Counter[str] = field(default_factory=Counter)
    offered_anew: int = 0
    fell: int = 0
    """Times an agent ended by itself (a disk that cannot be written at the start does that)."""
    settled_s: float = 0.0
    took_s: float = 0.0

    @property
    def ratio(self) -> float:
        """Records put on the line per different record."""
        return self.seen.total() / max(1, self.distinct.total())

    @property
    def ratios(self) -> dict[str, float]:
        """The same by stream."""
        return {stream: round(self.seen[stream] / count, 3) for stream, count in sorted(self.distinct.items()) if count}

    @property
    def kills(self) -> int:
        """Processes killed with -9."""
        return sum(count for name, count in self.faults.items() if name.startswith("kill -9"))

    @property
    def good(self) -> bool:
        """Whether every promise held."""
        return self.verdict.good and self.ratio <= self.resend_bound

    @property
    def resend_bound(self) -> float:
        """What the ratio is held to."""
        return RESEND_BOUND if self.distinct.total() >= ENOUGH_RECORDS else RESEND_BOUND_OF_FEW


def run(options: Options, directory: Path, say: Say) -> Outcome:
    """The whole of it. AssertionError when the scene does not come up or does not come to rest."""
    began = time.monotonic()
    with running_scene(directory, agents=options.agents, per_s=options.per_s, seed=options.seed) as scene:
        say(f"{options.agents} boxes, centre with 2 ingest workers; seed {options.seed}, {options.duration_s:g} s")
        schedule = plan(options.seed, options.duration_s, options.faults, root=scene.root)
        outcome = Outcome(options, Verdict())
        _torture(scene, schedule, options.duration_s, outcome, say)
        say("all faults healed; waiting for what is under way")
        healed = time.monotonic()
        scene.settle(SETTLE_S)
        outcome.settled_s = time.monotonic() - healed
        outcome.verdict = scene.judge()
        assert scene.observer is not None
        scene.observer.stop()
        outcome.seen, outcome.distinct = scene.observer.seen, scene.observer.distinct
        outcome.offered_anew = scene.observer.offered_anew
        outcome.fell = sum(box.fell for box in scene.boxes)
    outcome.took_s = time.monotonic() - began
    return outcome


def _torture(scene: Scene, schedule: list[Planned], duration_s: float, outcome: Outcome, say: Say) -> None:
    """Inject and heal in time, all from this thread: agents end with the thread that started them."""
    order = itertools.count()
    due: list[tuple[float, int, Planned | Callable[[], None]]] = [(item.at_s, next(order), item) for item in schedule]
    heapq.heapify(due)
    began = time.monotonic()
    tell_s = keep_s = 0.0
    while due or time.monotonic() - began < duration_s or _accepted(scene) < outcome.options.least:
        now_s = time.monotonic() - began
        assert now_s < duration_s + SETTLE_S, f"{_accepted(scene)} complaints were accepted in all this time"
        if due and due[0][0] <= now_s:
            _, _, item = heapq.heappop(due)
            if not isinstance(item, Planned):
                item()
            elif (heal := _inject(scene, item, outcome, say)) is not None:
                heapq.heappush(due, (time.monotonic() - began + item.lasts_s, next(order), heal))
            continue
        if now_s >= keep_s:
            scene.keep()
            keep_s = now_s + 1
        if now_s >= tell_s:
            say(f"{now_s:5.0f} s  accepted {_accepted(scene)}  faults {outcome.faults.total()}  kills {outcome.kills}")
            tell_s = now_s + 10
        time.sleep(TICK_S)


def _accepted(scene: Scene) -> int:
    return sum(len(journal.accepted) for journal in scene.journals)


def _inject(scene: Scene, planned: Planned, outcome: Outcome, say: Say) -> Callable[[], None] | None:
    try:
        heal = by_name()[planned.name].inject(scene, random.Random(planned.seed))
    except Unfit:
        outcome.unfit += 1
        return None
    outcome.faults[planned.name] += 1
    say(f"        {planned.at_s:7.2f} {planned.name} ({planned.lasts_s:.1f} s)")
    return heal
