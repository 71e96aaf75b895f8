"""What a page of records proves of its nodes' lives: gathered per run of the agent, written once at the page's end.

Rows are least and greatest values and unions of intervals, by boot-time: they come out the same in whatever order, and
however often, the records arrive. What is not of today is due to be worked out again (`center.availability.due`); today
is worked out every minute anyway.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from center.availability import due
from center.core import days
from center.core.alive import Stretch, covered, united
from center.ingest.database import execute, execute_many, select
from center.worker.boots import Boots
from wire.bodies import StartNotice
from wire.evidence_text import clean

SLACK_MS = 15 * 60_000
"""A record may change what happened this long before it: as far as one report reaches back at most."""
Run = tuple[str, str, str]
"""Node, boot and run of the agent."""
_LEAST = "CASE WHEN excluded.{0} < availability_life.{0} THEN excluded.{0} ELSE availability_life.{0} END"
_GREATEST = "CASE WHEN excluded.{0} > availability_life.{0} THEN excluded.{0} ELSE availability_life.{0} END"
_GREATEST_KNOWN = (
    "CASE WHEN availability_life.{0} IS NULL OR excluded.{0} > availability_life.{0} "
    "THEN excluded.{0} ELSE availability_life.{0} END"
)
_LIFE = f"""
INSERT INTO availability_life (node, boot, run, first_mono_ms, last_mono_ms, previous_run, previous_boot, verdict,
  reset_reason, stopped_mono_ms, brownout_mono_ms, received_ms)
VALUES (%s, %s, %s, %s, %s, '', '', '', '', %s, %s, %s)
ON CONFLICT (node, boot, run) DO UPDATE SET first_mono_ms = {_LEAST.format("first_mono_ms")},
  last_mono_ms = {_GREATEST.format("last_mono_ms")}, received_ms = {_GREATEST.format("received_ms")},
  stopped_mono_ms = {_GREATEST_KNOWN.format("stopped_mono_ms")},
  brownout_mono_ms = {_GREATEST_KNOWN.format("brownout_mono_ms")}
"""  # noqa: S608 - our own words
_START = """
UPDATE availability_life SET started_mono_ms = %s, previous_run = %s, previous_boot = %s, verdict = %s,
  reset_reason = %s, last_alive_mono_ms = %s
WHERE node = %s AND boot = %s AND run = %s AND (started_mono_ms IS NULL OR started_mono_ms > %s)
"""
"""Of several start notices of one run (there is one) the first in the boot's time."""
_ALIVE = "INSERT INTO availability_alive (node, boot, run, first_mono_ms, last_mono_ms) VALUES (%s, %s, %s, %s, %s)"
_GROW = "UPDATE availability_alive SET first_mono_ms = %s, last_mono_ms = %s WHERE id = %s"
_WHERE = "node = %s AND boot = %s AND run = %s"


@dataclass(frozen=True, slots=True)
class Start:
    """What a start notice says of the run before its own."""

    mono_ms: int
    previous_run: str
    previous_boot: str
    verdict: str
    reset_reason: str
    last_alive_mono_ms: int | None


def start_of(mono_ms: int, body: StartNotice) -> Start:
    """A start notice made at this moment of its boot."""
    return Start(
        mono_ms,
        body.previous_run or "",
        body.previous_boot or "",
        body.verdict,
        clean(body.reset_reason or "", 64),
        body.last_alive_mono_ms,
    )


@dataclass(slots=True)
class _Life:
    first_ms: int
    last_ms: int
    received_ms: int
    stopped_ms: int | None = None
    brownout_ms: int | None = None
    start: Start | None = None
    alive: list[Stretch] = field(default_factory=list)


class Facts:
    """Facts of one page."""

    def __init__(self, now_ms: int | None = None) -> None:
        self._lives: dict[Run, _Life] = {}
        self._due: dict[str, int] = {}
        self._today_ms = days.bounds(days.day_of(int(time.time() * 1000) if now_ms is None else now_ms)).start_ms

    def lived(self, run: Run, mono_ms: int, received_ms: int) -> None:
        """The run made a record at this moment of its boot."""
        life = self._lives.setdefault(run, _Life(mono_ms, mono_ms, received_ms))
        life.first_ms, life.last_ms = min(life.first_ms, mono_ms), max(life.last_ms, mono_ms)
        life.received_ms = max(life.received_ms, received_ms)

    def reported(self, run: Run, mono_ms: int, period_s: float, *, brownout: bool) -> None:
        """A health report: the agent lived through its period. Of a run that `lived`."""
        life = self._lives[run]
        life.alive.append(covered(mono_ms, period_s))
        if brownout:
            life.brownout_ms = max(mono_ms, life.brownout_ms or 0)

    def stopped(self, run: Run, mono_ms: int) -> None:
        """The agent was asked to stop. Of a run that `lived`."""
        life = self._lives[run]
        life.stopped_ms = max(mono_ms, life.stopped_ms or 0)

    def started(self, run: Run, start: Start) -> None:
        """Its start notice. Of a run that `lived`."""
        life = self._lives[run]
        if life.start is None or start.mono_ms < life.start.mono_ms:
            life.start = start

    def changed(self, node: str, at_ms: int) -> None:
        """Something that counts happened at about this moment, and no earlier."""
        from_ms = at_ms - SLACK_MS
        if from_ms < self._today_ms:
            self._due[node] = min(from_ms, self._due.get(node, from_ms))

    def finish(self) -> None:
        """Write what was gathered, in the page's transaction."""
        for run, life in sorted(self._lives.items()):
            values = (life.first_ms, life.last_ms, life.stopped_ms, life.brownout_ms, life.received_ms)
            execute(_LIFE, (*run, *values))
            if life.start is not None:
                _note_start(run, life.start)
            if life.alive:
                unite(run, life.alive)
        due.mark(self._due)


def unite(run: Run, stretches: Iterable[Stretch]) -> None:
    """Add stretches to those the run is known to have lived through."""
    for first_ms, last_ms in united(stretches):
        found = select(
            f"SELECT id, first_mono_ms, last_mono_ms FROM availability_alive WHERE {_WHERE} "  # noqa: S608
            "AND last_mono_ms >= %s AND first_mono_ms <= %s ORDER BY first_mono_ms",
            (*run, first_ms, last_ms),
        )
        if not found:
            execute(_ALIVE, (*run, first_ms, last_ms))
            continue
        keep, *merged = found
        if merged:
            execute_many("DELETE FROM availability_alive WHERE id = %s", [(row[0],) for row in merged])
        grown = (min(first_ms, keep[1]), max(last_ms, *(row[2] for row in found)))
        if grown != (keep[1], keep[2]):
            execute(_GROW, (*grown, keep[0]))


def boots_changed(boots: Iterable[tuple[str, str]]) -> None:
    """The clocks of these (node, boot) are others than before: all that is dated by them is due.

    From the earlier of what the boot's first moment is now and what it was (its rows are dated again only afterwards).
    """
    stored, due_from = Boots(), dict[str, int]()
    for node, boot in boots:
        found = [_earliest(node, boot, stored)]
        for table in ("connectivity_report", "connectivity_nodeevent"):
            sql = f"SELECT at_ms FROM {table} WHERE node = %s AND boot = %s ORDER BY mono_ms LIMIT 1"  # noqa: S608
            found += [at_ms for (at_ms,) in select(sql, (node, boot))]
        due_from[node] = min(due_from.get(node, found[0]), *(at_ms - SLACK_MS for at_ms in found))
    due.mark(due_from)


def _earliest(node: str, boot: str, stored: Boots) -> int:
    """No record of this boot was made before; 0 when nothing is known."""
    clock = stored.clock(node, boot)
    if clock.anchors:
        first, *others = clock.anchors  # the first one holds for everything before it, too
        starts = [first.offset_ms - round(first.error_ms)]
        return min(starts + [anchor.mono_ms + anchor.offset_ms - round(anchor.error_ms) for anchor in others])
    if clock.ceiling_ms is not None:
        return clock.ceiling_ms
    return clock.not_before_ms or 0


def _note_start(run: Run, start: Start) -> None:
    told = (start.previous_run, start.previous_boot, start.verdict, start.reset_reason, start.last_alive_mono_ms)
    execute(_START, (start.mono_ms, *told, *run, start.mono_ms))
