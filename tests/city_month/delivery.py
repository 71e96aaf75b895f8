"""When what a node filed reached the centre: at once in a session that was heard, else with the next one, or later."""

from bisect import bisect_right
from random import Random

from tests.city_month.contacts import Session
from tests.city_month.drawing import HOUR, MIN, S
from tests.city_month.evidence import Reports
from tests.city_month.stretches import Stretch, common, holding, minus, next_within
from tests.city_month.truth import CityTruth, Run

LATEST_MS = 72 * HOUR
DAY_MS = 24 * HOUR
SLOT_MS = 300_000


class Delivery:
    """Of one node. `lost_ms`: a card went then, and with it what had not been delivered."""

    def __init__(self, random: Random, open_: list[Session], city: CityTruth, lost_ms: int | None) -> None:
        self._open, self._until_ms, self.lost_ms = open_, city.until_ms, lost_ms
        self._starts = [session.start_ms for session in open_]
        self.live = common([(session.start_ms, session.end_ms) for session in open_], city.heard)
        self.gone: list[Stretch] = []
        """Of which reports were lost with a card."""
        self._late = [self._backlog(random) for _ in open_]

    def _backlog(self, random: Random) -> int:
        if random.random() < 0.06:
            return random.randint(HOUR, LATEST_MS)
        return random.randint(2 * S, 10 * MIN)

    def arrival(self, made_ms: int) -> int | None:
        """When something filed at this moment arrived; None: never."""
        if holding(self.live, made_ms) is not None:
            return made_ms + S // 2
        at = bisect_right(self._starts, made_ms)
        within = at > 0 and made_ms < self._open[at - 1].end_ms
        if within:  # the broker keeps it until ingest is back
            arrived = next_within(self.live, made_ms)
        else:
            late = self._late[at] if at < len(self._open) else 0
            after = self._open[at].start_ms + late if at < len(self._open) else self._until_ms
            arrived = next_within(self.live, after)
        if arrived is None or (self.lost_ms is not None and made_ms < self.lost_ms < arrived):
            return None
        return arrived

    def reports(self, random: Random, run: Run, boot_ms: int, boot: str) -> tuple[list[Reports], list[Stretch]]:
        """The reports of a run by how they arrived, and what of them was given up for want of room (Unix ms)."""
        lost = 0 if run.ending in ("stop", "lives") else random.randint(0, 10 * S)
        kept = (run.start_ms + run.period_ms, run.end_ms - lost)
        found, thinned = [], []
        live = common([kept], self.live)
        for start, end in live:
            found += _series(run, boot_ms, boot, start, end, 0, live=True)
        for start, end in minus([kept], live):
            arrived = self.arrival(start)
            if arrived is None:
                self.gone.append((start - DAY_MS, end + DAY_MS))
                continue
            if end - start > 4 * HOUR and run.period_ms < SLOT_MS and random.random() < 0.3:
                middle = start + (end - start) * 3 // 4
                found += _series(run, boot_ms, boot, start, middle, arrived, step=SLOT_MS)
                thinned.append((start, middle))
                found += _series(run, boot_ms, boot, middle, end, arrived)
            else:
                found += _series(run, boot_ms, boot, start, end, arrived)
        return found, thinned


def _series(
    run: Run, boot_ms: int, boot: str, start: int, end: int, arrived: int, *, live: bool = False, step: int = 0
) -> list[Reports]:
    step = step or run.period_ms
    first = run.start_ms + -(-(start - run.start_ms) // run.period_ms) * run.period_ms
    if first >= end:
        return []
    last = first + (end - 1 - first) // step * step
    return [
        Reports(
            first + S // 2 if live else arrived,
            boot,
            run.name,
            first - boot_ms,
            last - boot_ms,
            live,
            step,
            run.period_ms,
        )
    ]
