"""The clocks of boots in the database: what is known, what a record adds, and deriving times again.

A page loads each boot it meets once. At its end `settle` writes what was learned, and where that changes a boot's
clock, the times of everything already projected from it are set anew, and those of its neighbours, which it bounds.
The statements say in SQL what `center.core.times.derive` says for one record; a test holds them against each other.
"""

from dataclasses import dataclass, replace
from typing import Protocol

from center.core.times import Anchor, BootClock, Moment, boot_start_ms, derive
from center.ingest.database import execute, select

TABLES = ("connectivity_report", "connectivity_nodeevent", "cctv_snapshot", "complaints_complaint")
TIGHTER_MS = 250
"""A ceiling lower by less is not worth touching rows for: it is within one delivery's delay."""

_NOTE_BOOT = """
INSERT INTO connectivity_boot (node, boot, previous, max_mono_ms, ceiling_ms) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (node, boot) DO UPDATE SET previous = excluded.previous, max_mono_ms = excluded.max_mono_ms,
  ceiling_ms = excluded.ceiling_ms
"""


class Stamped(Protocol):
    """What a time is derived from."""

    @property
    def mono_ms(self) -> int: ...
    @property
    def wall_ms(self) -> int: ...
    @property
    def synced(self) -> bool: ...
    @property
    def received_ms(self) -> int: ...


@dataclass(slots=True)
class _Boot:
    clock: BootClock
    previous: str
    max_mono_ms: int
    current: bool
    """Whether the node's newest birth names this boot: only then is a delivery's delay small."""
    written_ceiling_ms: int | None
    dirty: bool = False
    clock_changed: bool = False


class BootClocks:
    """Clocks of the boots met in one transaction."""

    def __init__(self) -> None:
        self._boots: dict[tuple[str, str], _Boot] = {}

    def derive(self, node: str, boot: str, record: Stamped) -> Moment:
        """When a record of this boot was made. The record itself is taken as evidence first."""
        known = self._known(node, boot)
        if record.mono_ms > known.max_mono_ms:
            known.max_mono_ms, known.dirty = record.mono_ms, True
        ceiling_ms = record.received_ms - record.mono_ms
        if known.current and (known.clock.ceiling_ms is None or ceiling_ms < known.clock.ceiling_ms):
            known.clock = replace(known.clock, ceiling_ms=ceiling_ms)
            written = known.written_ceiling_ms
            if written is None or ceiling_ms < written - TIGHTER_MS:
                known.written_ceiling_ms, known.dirty, known.clock_changed = ceiling_ms, True, True
        return derive(
            known.clock,
            mono_ms=record.mono_ms,
            wall_ms=record.wall_ms,
            synced=record.synced,
            received_ms=record.received_ms,
        )

    def anchored(self, node: str, boot: str) -> None:
        """An anchor of this boot was stored: read its anchors again."""
        known = self._known(node, boot)
        known.clock = replace(known.clock, anchors=_anchors(node, boot))
        known.clock_changed = True

    def follows(self, node: str, boot: str, previous: str) -> None:
        """The node says which boot came before this one."""
        known = self._known(node, boot)
        if previous not in {known.previous, boot}:
            known.previous, known.dirty, known.clock_changed = previous, True, True

    def settle(self) -> None:
        """Write what was learned and derive again what depends on it."""
        for (node, boot), known in self._boots.items():
            if known.dirty:
                values = (node, boot, known.previous, known.max_mono_ms, known.written_ceiling_ms)
                execute(_NOTE_BOOT, values)
        for node, boot in [key for key, known in self._boots.items() if known.clock_changed]:
            derive_again(node, boot)
            for neighbour in _neighbours(node, boot):
                derive_again(node, neighbour)

    def _known(self, node: str, boot: str) -> _Boot:
        known = self._boots.get((node, boot))
        if known is None:
            known = self._boots[node, boot] = _load(node, boot)
        return known


def derive_again(node: str, boot: str) -> None:
    """Set the times of all projected rows of one boot from what is known of its clock now."""
    clock = _load(node, boot).clock
    for table in TABLES:
        where = "WHERE node = %s AND boot = %s"
        if clock.anchors:
            for first, last, offset_ms in _pieces(clock.anchors):
                execute(
                    f"UPDATE {table} SET at_ms = mono_ms + %s, at_quality = 'ntp' {where} "  # noqa: S608
                    "AND mono_ms >= %s AND mono_ms < %s AND (at_ms <> mono_ms + %s OR at_quality <> 'ntp')",
                    (offset_ms, node, boot, first, last, offset_ms),
                )
        elif clock.ceiling_ms is not None:
            least = "CASE WHEN mono_ms + %s < received_ms THEN mono_ms + %s ELSE received_ms END"
            execute(
                f"UPDATE {table} SET at_ms = {least}, at_quality = 'estimated' {where} AND at_quality <> 'ntp'",  # noqa: S608
                (clock.ceiling_ms, clock.ceiling_ms, node, boot),
            )
        else:
            _bound_again(table, node, boot, clock)


def _bound_again(table: str, node: str, boot: str, clock: BootClock) -> None:
    """Rule 4 of `center.core.times`: the remark, clamped between the neighbours and the arrival."""
    highest, parameters = "received_ms", []
    if clock.not_after_ms is not None:
        highest = "CASE WHEN received_ms < %s THEN received_ms ELSE %s END"
        parameters = [clock.not_after_ms, clock.not_after_ms]
    raised, lower = "wall_ms", []
    if clock.not_before_ms is not None:
        raised, lower = "CASE WHEN wall_ms > %s THEN wall_ms ELSE %s END", [clock.not_before_ms, clock.not_before_ms]
    sql = (
        f"UPDATE {table} SET at_ms = CASE WHEN ({raised}) < ({highest}) THEN ({raised}) ELSE ({highest}) END "  # noqa: S608
        "WHERE node = %s AND boot = %s AND at_quality = 'bounded'"
    )
    execute(sql, [*lower, *parameters, *lower, *parameters, node, boot])


def _pieces(anchors: tuple[Anchor, ...]) -> list[tuple[int, int, int]]:
    """(from, below, offset) in mono_ms: each anchor up to the next one, the first also for everything before it."""
    starts = [0, *(anchor.mono_ms for anchor in anchors[1:]), 2**62]
    return [(starts[i], starts[i + 1], anchor.offset_ms) for i, anchor in enumerate(anchors)]


def _load(node: str, boot: str) -> _Boot:
    anchors = _anchors(node, boot)
    row = _row(node, boot)
    previous, max_mono_ms, ceiling_ms = row or ("", 0, None)
    clock = BootClock(anchors, ceiling_ms)
    if not anchors and ceiling_ms is None:
        clock = replace(clock, not_before_ms=_end_ms(node, previous), not_after_ms=_next_start_ms(node, boot))
    newest = select("SELECT boot FROM ingest_presence WHERE node = %s ORDER BY born_ms DESC LIMIT 1", (node,))
    return _Boot(clock, previous, max_mono_ms, bool(newest) and newest[0][0] == boot, ceiling_ms)


def _anchors(node: str, boot: str) -> tuple[Anchor, ...]:
    columns, where = "mono_ms, offset_ms, error_ms", "node = %s AND boot = %s"
    sql = f"SELECT {columns} FROM connectivity_anchor WHERE {where} ORDER BY mono_ms, id"  # noqa: S608
    return tuple(Anchor(*row) for row in select(sql, (node, boot)))


def _row(node: str, boot: str) -> tuple[str, int, int | None] | None:
    sql = "SELECT previous, max_mono_ms, ceiling_ms FROM connectivity_boot WHERE node = %s AND boot = %s"
    rows = select(sql, (node, boot))
    return (rows[0][0], rows[0][1], rows[0][2]) if rows else None


def _end_ms(node: str, boot: str) -> int | None:
    """The last moment the boot is known to have lived, when its own clock is known."""
    row = _row(node, boot) if boot else None
    if row is None:
        return None
    start = boot_start_ms(BootClock(_anchors(node, boot), row[2]))
    return None if start is None else start.at_ms + row[1]


def _next_start_ms(node: str, boot: str) -> int | None:
    sql = "SELECT boot, ceiling_ms FROM connectivity_boot WHERE node = %s AND previous = %s ORDER BY id LIMIT 1"
    rows = select(sql, (node, boot))
    if not rows:
        return None
    start = boot_start_ms(BootClock(_anchors(node, rows[0][0]), rows[0][1]))
    return None if start is None else start.at_ms


def _neighbours(node: str, boot: str) -> list[str]:
    sql = "SELECT boot FROM connectivity_boot WHERE node = %s AND previous = %s"
    after = [row[0] for row in select(sql, (node, boot))]
    row = _row(node, boot)
    return [*after, row[0]] if row is not None and row[0] else after
