"""The clocks of boots in one transaction: what is known, and what its records add.

A page loads each boot it meets once. At its end `settle` writes what was learned, and notes down whose times are to be
derived again because of it: the boot's own, and those of the boots without a clock around it, which it bounds.
`center.worker.redating` does that afterwards, in steps.
"""

from dataclasses import dataclass, replace
from typing import Protocol

from center.core.times import MOST_ANCHORS, Anchor, BootClock, Moment, derive, standing
from center.ingest.database import execute, select
from center.worker.boots import Boots, Link, filed_anchors, note_standing
from center.worker.redating import mark_due

TIGHTER_MS = 250
"""A ceiling lower by less is not worth touching rows for: it is within one delivery's delay."""

_NOTE_BOOT = """
INSERT INTO connectivity_boot (node, boot, previous, max_mono_ms, ceiling_ms) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (node, boot) DO UPDATE SET previous = excluded.previous, max_mono_ms = excluded.max_mono_ms,
  ceiling_ms = excluded.ceiling_ms
"""
_SESSIONS = "SELECT born_ms, ended_ms FROM ingest_contact WHERE node = %s AND boot = %s"


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
    """Whether the node's newest birth names this boot: then nothing comes after it yet."""
    written_ceiling_ms: int | None
    written: bool = True
    longer: bool = False
    anchored: bool = False
    clock_changed: bool = False


class BootClocks:
    """Clocks of the boots met in one transaction."""

    def __init__(self) -> None:
        self._boots: dict[tuple[str, str], _Boot] = {}
        self._stored = Boots()
        self._sessions: dict[tuple[str, str], list[tuple[int, int | None]]] = {}

    def derive(self, node: str, boot: str, record: Stamped) -> Moment:
        """When a record of this boot was made. The record itself is taken as evidence first."""
        known = self._known(node, boot)
        if record.mono_ms > known.max_mono_ms:
            known.max_mono_ms, known.longer, known.written = record.mono_ms, True, False
        ceiling_ms = record.received_ms - record.mono_ms
        if _is_tighter(known, ceiling_ms) and self._is_live(node, boot, record.received_ms):
            _heard_live(known, ceiling_ms)
        return derive(
            known.clock,
            mono_ms=record.mono_ms,
            wall_ms=record.wall_ms,
            synced=record.synced,
            received_ms=record.received_ms,
        )

    def earliest(self, node: str, boot: str, moment: Moment) -> int:
        """Before this, nothing dated to that moment of this boot can have happened."""
        if moment.quality != "bounded":
            return moment.at_ms
        return min(moment.at_ms, self._known(node, boot).clock.not_before_ms or 0)

    def anchored(self, node: str, boot: str, anchor: Anchor) -> None:
        """This anchor was stored: what follows in the page is dated with it; `settle` weighs it among all others."""
        known = self._known(node, boot)
        known.anchored = True
        if len(known.clock.anchors) <= MOST_ANCHORS:
            anchors = sorted((*known.clock.anchors, anchor), key=lambda one: one.mono_ms)
            known.clock = replace(known.clock, anchors=tuple(anchors))

    def follows(self, node: str, boot: str, previous: str) -> None:
        """The node says which boot came before this one; of two answers the lesser name, whichever arrives first."""
        known = self._known(node, boot)
        if previous != boot and (not known.previous or previous < known.previous):
            known.previous, known.written, known.clock_changed = previous, False, True

    def settle(self) -> None:
        """Write what was learned, and note down what is to be derived again for it."""
        for (node, boot), known in sorted(self._boots.items()):
            if not known.written:
                values = (node, boot, known.previous, known.max_mono_ms, known.written_ceiling_ms)
                execute(_NOTE_BOOT, values)
            if known.anchored and _weigh_anchors(node, boot):
                known.clock_changed = True
        boots = Boots()  # as they are now
        due: set[tuple[str, str]] = set()
        for (node, boot), known in self._boots.items():
            if known.clock_changed:
                due.update([(node, boot)], ((node, other) for other in boots.between(node, boot)))
            elif known.longer and not known.current:  # nothing comes after the boot a node lives in
                due.update((node, other) for other in boots.after(node, boot))
        mark_due(due)

    def _is_live(self, node: str, boot: str, received_ms: int) -> bool:
        """Whether what arrived then came in a session of this very boot: only that delivery was short.

        Sessions are kept for good, so the answer does not hang on when the record is projected.
        """
        if (node, boot) not in self._sessions:
            self._sessions[node, boot] = select(_SESSIONS, (node, boot))
        sessions = self._sessions[node, boot]
        return any(born <= received_ms and (ended is None or received_ms <= ended) for born, ended in sessions)

    def _known(self, node: str, boot: str) -> _Boot:
        known = self._boots.get((node, boot))
        if known is None:
            link = self._stored.link(node, boot) or Link()
            newest = select("SELECT boot FROM ingest_presence WHERE node = %s ORDER BY born_ms DESC LIMIT 1", (node,))
            current = bool(newest) and newest[0][0] == boot
            clock = self._stored.clock(node, boot)
            known = _Boot(clock, link.previous, link.max_mono_ms, current, link.ceiling_ms)
            self._boots[node, boot] = known
        return known


def _is_tighter(known: _Boot, ceiling_ms: int) -> bool:
    return known.clock.ceiling_ms is None or ceiling_ms < known.clock.ceiling_ms


def _heard_live(known: _Boot, ceiling_ms: int) -> None:
    """The offset cannot be greater than this; rows are touched for it only where it is notably tighter.

    What is written is rounded up to whole TIGHTER_MS: so it is the same in whatever order deliveries come.
    """
    known.clock = replace(known.clock, ceiling_ms=ceiling_ms)
    rounded_ms = -(-ceiling_ms // TIGHTER_MS) * TIGHTER_MS
    if known.written_ceiling_ms is None or rounded_ms < known.written_ceiling_ms:
        known.written_ceiling_ms, known.written = rounded_ms, False
        known.clock_changed = known.clock_changed or not known.clock.anchors


def _weigh_anchors(node: str, boot: str) -> bool:
    """Find out anew which anchors of a boot determine its clock; whether that changed."""
    filed = filed_anchors(node, boot)
    kept = set(standing([anchor for _id, _stands, anchor in filed]))
    changes = [(index in kept, row[0]) for index, row in enumerate(filed) if row[1] != (index in kept)]
    if changes:
        note_standing(changes)
    return bool(changes)
