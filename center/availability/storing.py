"""Conclusions into the database: which stored outage each one is, what differs, and what it said before.

A stored outage keeps its number, its incident and its ticket for as long as something is concluded that overlaps it;
each difference is a revision. What later facts withdrew is deleted; its revisions stay. In the caller's transaction.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from center.core.facts import Concluded, Seconds
from center.core.pairing import Extent, pair
from center.core.sweep import DayPart
from center.ingest.database import execute, execute_many, select

SAID = (
    "start_lo_ms", "start_hi_ms", "end_lo_ms", "end_hi_ms", "cause", "party", "counts", "parent", "told", "evidence",
)  # fmt: skip
"""Columns that follow from facts; the others are people's, or about the row itself."""
KEPT = (*SAID, "revision", "opened_ms", "incident", "ticket", "reported_ms", "reported_by")
WHY = {
    "told": ("told",),
    "cause": ("cause", "party", "counts"),
    "parent": ("parent",),
    "ended": ("end_lo_ms", "end_hi_ms"),
    "dated": ("start_lo_ms", "start_hi_ms"),
    "evidence": ("evidence",),
}
"""Why a revision was replaced: the first of these of which something differs. `withdrawn` says it of a deleted row."""
_INSERT = f"""
INSERT INTO availability_outage (node, {", ".join(SAID)}, revision, opened_ms, changed_ms, ticket, reported_by)
VALUES (%s, {", ".join(["%s"] * len(SAID))}, 1, %s, %s, '', '')
"""  # noqa: S608 - our own words
_UPDATE = f"""
UPDATE availability_outage SET {", ".join(f"{name} = %s" for name in SAID)}, revision = revision + 1, changed_ms = %s
WHERE id = %s
"""  # noqa: S608 - our own words
_REVISION = """
INSERT INTO availability_outagerevision (outage, node, revision, at_ms, why, json) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (outage, revision) DO NOTHING
"""
_DAY_COLUMNS = (
    "up_s", "down_s", "maintenance_s", "unknown_s", "isp_up_s", "isp_down_s", "isp_excluded_s", "isp_unknown_s",
    "causes",
)  # fmt: skip
_DAY = f"""
INSERT INTO availability_day (node, day, {", ".join(_DAY_COLUMNS)}) VALUES ({", ".join(["%s"] * 11)})
ON CONFLICT (node, day) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _DAY_COLUMNS)}
WHERE {" OR ".join(f"excluded.{name} <> availability_day.{name}" for name in _DAY_COLUMNS)}
"""  # noqa: S608 - our own words

_PART = f"""
INSERT INTO availability_daypart (from_ms, node, day, {", ".join(_DAY_COLUMNS)}) VALUES ({", ".join(["%s"] * 12)})
"""  # noqa: S608 - our own words


@dataclass(frozen=True, slots=True)
class _Stored:
    id: int
    said: tuple[Any, ...]
    kept: dict[str, Any]

    @property
    def extent(self) -> Extent:
        return Extent(*self.said[:4])


def store_outages(node: str, concluded: Sequence[Concluded], since_ms: int, now_ms: int) -> list[Extent]:
    """Make the node's outages that reach beyond `since_ms` those concluded; the extents of all that are now others."""
    stored = _stored(node, since_ms)
    wanted = [_said(one) for one in concluded]
    changed: list[Extent] = []
    pairs = pair([row.extent for row in stored], [Extent(*said[:4]) for said in wanted])
    for place, said in enumerate(wanted):
        row = stored[pairs[place]] if place in pairs else None
        if row is None:
            execute(_INSERT, (node, *said, now_ms, now_ms))
            changed.append(Extent(*said[:4]))
        elif row.said != said:
            _note_revision(node, row, _why(row.said, said), now_ms)
            execute(_UPDATE, (*said, now_ms, row.id))
            changed += [row.extent, Extent(*said[:4])]
    kept = set(pairs.values())
    for place, row in enumerate(stored):
        if place not in kept:
            _note_revision(node, row, "withdrawn", now_ms)
            execute("DELETE FROM availability_outage WHERE id = %s", (row.id,))
            changed.append(row.extent)
    return changed


def store_days(days: Iterable[Seconds]) -> int:
    """Write the days that differ; how many those were. A day of which nothing counts has no row."""
    found = list(days)
    rows = [_day(day) for day in found if _counts(day)]
    empty = [(day.node, day.day) for day in found if not _counts(day)]
    gone = execute_many("DELETE FROM availability_day WHERE node = %s AND day = %s", empty) if empty else 0
    return gone + (execute_many(_DAY, rows) if rows else 0)


def store_parts(node: str, first: int, last: int, parts: Iterable[DayPart]) -> None:
    """Make these the parts of the node's days `first`..`last`; those of days of which nothing counts have no rows.
    Call with the days themselves in one transaction."""
    found = list(parts)
    counted = {part.seconds.day for part in found if _counts(part.seconds)}
    execute("DELETE FROM availability_daypart WHERE node = %s AND day >= %s AND day <= %s", (node, first, last))
    rows = [(part.from_ms, *_day(part.seconds)) for part in found if part.seconds.day in counted]
    if rows:
        execute_many(_PART, rows)


def _stored(node: str, since_ms: int) -> list[_Stored]:
    rows = select(
        f"SELECT id, {', '.join(KEPT)} FROM availability_outage "  # noqa: S608
        "WHERE node = %s AND (end_hi_ms IS NULL OR end_hi_ms > %s) ORDER BY start_lo_ms, start_hi_ms, id",
        (node, since_ms),
    )
    stored = []
    for id, *values in rows:
        kept = dict(zip(KEPT, values, strict=True))
        kept["told"] = bool(kept["told"])
        stored.append(_Stored(id, tuple(kept[name] for name in SAID), kept))
    return stored


def _said(one: Concluded) -> tuple[Any, ...]:
    end_lo_ms, end_hi_ms = (None, None) if one.end is None else (one.end.lo_ms, one.end.hi_ms)
    evidence = _text([dict(fact) for fact in one.evidence])
    return (
        one.start.lo_ms, one.start.hi_ms, end_lo_ms, end_hi_ms, one.cause, one.party, one.counts, one.parent, one.told,
        evidence,
    )  # fmt: skip


def _note_revision(node: str, row: _Stored, why: str, now_ms: int) -> None:
    execute(_REVISION, (row.id, node, row.kept["revision"], now_ms, why, _text(row.kept)))


def _why(before: tuple[Any, ...], after: tuple[Any, ...]) -> str:
    differs = {name for name, old, new in zip(SAID, before, after, strict=True) if old != new}
    return next(why for why, names in WHY.items() if differs & set(names))


def _day(day: Seconds) -> tuple[Any, ...]:
    return (
        day.node, day.day, day.up_s, day.down_s, day.maintenance_s, day.unknown_s, day.isp_up_s, day.isp_down_s,
        day.isp_excluded_s, day.isp_unknown_s, _text(dict(day.causes)),
    )  # fmt: skip


def _counts(day: Seconds) -> int:
    return day.up_s + day.down_s + day.maintenance_s + day.unknown_s


def _text(value: object) -> str:
    """JSON that is the same for the same value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
