"""Outages and days as pages, reports and the terminal read them. Who may see which node is the caller's matter."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import msgspec
from django.db.models import Q, QuerySet

from center.availability.models import Day, DayPart, Outage, OutageRevision
from center.core.facts import Seconds
from center.core.figures import ENOUGH_PCT, Figures
from center.core.sweep import DayPart as Part

__all__ = ["ENOUGH_PCT", "Figures", "OutageRow", "RevisionRow", "days", "outage", "outages", "revisions"]

_decode = msgspec.json.decode
CHUNK = 500
"""Names in one IN list: SQLite's older limit of variables is 999."""


@dataclass(frozen=True, slots=True)
class OutageRow:
    """`availability.Outage`, evidence decoded."""

    id: int
    node: str
    start_lo_ms: int
    start_hi_ms: int
    end_lo_ms: int | None
    end_hi_ms: int | None
    cause: str
    party: str
    counts: str
    parent: str
    told: bool
    evidence: tuple[Mapping[str, Any], ...]
    revision: int
    opened_ms: int
    changed_ms: int
    incident: int | None
    ticket: str
    reported_ms: int | None
    reported_by: str

    @property
    def start_ms(self) -> int:
        """When it certainly had begun."""
        return self.start_hi_ms

    @property
    def end_ms(self) -> int | None:
        """Until when it certainly lasted; None while it does."""
        return self.end_lo_ms

    @property
    def certain_ms(self) -> int | None:
        """How long it lasted at least; None while it lasts."""
        return None if self.end_lo_ms is None else max(0, self.end_lo_ms - self.start_hi_ms)


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """What an outage said before revision `revision` was replaced, and why it was."""

    revision: int
    at_ms: int
    why: str
    said: Mapping[str, Any]


# Rows are read as plain tuples in the order of their fields: a month of the city is 9,000 of them, and making an object
# of the mapper of each takes as long as the rest.
_OUTAGE = tuple(field.name for field in fields(OutageRow))
_EVIDENCE = _OUTAGE.index("evidence")
_SECONDS = tuple(field.name for field in fields(Seconds))
_CAUSES = _SECONDS.index("causes")


def days(nodes: Collection[str] | None, first: int, last: int) -> list[Seconds]:
    """Days `first`..`last` (20261101, both included) of these nodes (None: of all), by node and day."""
    rows: list[Seconds] = []
    for part in _parts(nodes):
        found = Day.objects.filter(day__gte=first, day__lte=last)
        if part is not None:
            found = found.filter(node__in=part)
        rows += [_seconds(row) for row in found.values_list(*_SECONDS)]
    return sorted(rows, key=lambda row: (row.node, row.day))


def day_parts(nodes: Collection[str] | None, first: int, last: int) -> list[Part]:
    """The parts of those of these days in which a node's line changed, by node and beginning."""
    rows: list[Part] = []
    for names in _parts(nodes):
        found = DayPart.objects.filter(day__gte=first, day__lte=last)
        if names is not None:
            found = found.filter(node__in=names)
        rows += [Part(row[0], _seconds(row[1:])) for row in found.values_list("from_ms", *_SECONDS)]
    return sorted(rows, key=lambda part: (part.seconds.node, part.from_ms))


def outages(
    nodes: Collection[str] | None,
    from_ms: int,
    until_ms: int,
    open: bool | None = None,
) -> list[OutageRow]:
    """Outages of these nodes (None: of all) that may touch [from_ms, until_ms), by start and node.

    `open` True: only those that last; False: only those that are over.
    """
    rows: list[OutageRow] = []
    for part in _parts(nodes):
        found: QuerySet[Outage] = Outage.objects.filter(start_lo_ms__lt=until_ms)
        found = found.filter(Q(end_hi_ms__isnull=True) | Q(end_hi_ms__gt=from_ms))
        if part is not None:
            found = found.filter(node__in=part)
        if open is not None:
            found = found.filter(end_hi_ms__isnull=open)
        rows += [_row(row) for row in found.values_list(*_OUTAGE)]
    return sorted(rows, key=lambda row: (row.start_lo_ms, row.node, row.id))


def outage(id: int) -> OutageRow | None:
    """One outage; None when there is none of that number (or it was withdrawn)."""
    row = Outage.objects.filter(id=id).values_list(*_OUTAGE).first()
    return None if row is None else _row(row)


def revisions(id: int) -> list[RevisionRow]:
    """What an outage has said before, oldest first. One that was withdrawn keeps them."""
    rows = OutageRevision.objects.filter(outage=id).order_by("revision")
    return [RevisionRow(row.revision, row.at_ms, row.why, _decode(row.json)) for row in rows]


def _parts(nodes: Collection[str] | None) -> list[list[str] | None]:
    if nodes is None:
        return [None]
    names = sorted(set(nodes))
    return [names[at : at + CHUNK] for at in range(0, len(names), CHUNK)]


def _row(row: Sequence[Any]) -> OutageRow:
    values = list(row)
    values[_EVIDENCE] = tuple(_decode(values[_EVIDENCE]))
    return OutageRow(*values)


def _seconds(row: Sequence[Any]) -> Seconds:
    values = list(row)
    values[_CAUSES] = _decode(values[_CAUSES])
    return Seconds(*values)
