"""What of a node's seconds and outages is whose: the time of a report divided at the changes of its line. Pure.

A node whose line never changed within the period is one stake, whole. Otherwise there is a stake per line it hung on,
each with the days and parts of days of its time, and with the seconds the outages cost in it; the stakes of a node add
up to the node, to the second. A day that a change divides, and whose parts are not worked out yet, is a stake of
nobody: no provider is charged for what may be another's.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from center.core import days as calendar
from center.core.facts import Seconds, Span
from center.core.sweep import DayPart
from center.core.terms import Line, Term, Terms, cuts, cuts_by_day, stretches

if TYPE_CHECKING:
    from center.core.monthly import OutageLine, Place


@dataclass(frozen=True, slots=True)
class Piece:
    """What an outage cost of the time from `from_ms` on, until the line changed again."""

    from_ms: int
    lost_s: int
    isp_s: int


@dataclass(frozen=True, slots=True)
class Stake:
    """A node on one line. `place` names that line; `span` None: all of the period. `outages`: those that may have
    touched the span, with what they cost in it."""

    place: "Place"
    span: Span | None
    days: tuple[Seconds, ...]
    parts: tuple[DayPart, ...]
    outages: tuple["OutageLine", ...]

    @property
    def seconds(self) -> tuple[Seconds, ...]:
        """Its whole days and its parts of days."""
        return (*self.days, *(part.seconds for part in self.parts))

    def edges(self, window: Span) -> dict[str, int | None]:
        """From when until when it counts, None where that is where the period begins or ends."""
        start_ms = None if self.span is None or self.span.start_ms <= window.start_ms else self.span.start_ms
        end_ms = None if self.span is None or self.span.end_ms >= window.end_ms else self.span.end_ms
        return {"from_ms": start_ms, "until_ms": end_ms}


def settled(terms: Terms, window: Span, days: Iterable[Seconds], parts: Iterable[DayPart]) -> tuple[Terms, list[int]]:
    """The terms a report can go by, and the days whose parts are not those of the terms: in these nobody's line."""
    known: dict[int, set[int]] = {}
    for part in parts:
        known.setdefault(part.seconds.day, set()).add(part.from_ms)
    counted = {day.day for day in days}
    waiting = [
        day
        for day, moments in sorted(cuts_by_day(terms, window).items())
        if day in counted and known.get(day, set()) != {calendar.bounds(day).start_ms, *moments}
    ]
    found = list(terms)
    for day in waiting:
        span = calendar.bounds(day)
        after = max(term for term in found if term.from_ms <= span.end_ms)
        kept = [term for term in found if not span.start_ms <= term.from_ms <= span.end_ms]
        found = sorted([*kept, Term(span.start_ms, Line()), Term(span.end_ms, after.line)])
    return tuple(found), waiting


def stakes(
    place: "Place", terms: Terms, window: Span, days: Sequence[Seconds], parts: Sequence[DayPart],
    *, outages: Sequence["OutageLine"],
) -> list[Stake]:  # fmt: skip
    """The stakes of one node, in order. `terms`: as `settled` gives them; none: one stake by what `place` says."""
    if not cuts(terms, window):
        line = stretches(terms, window)[0][1] if terms else Line(place.provider, place.circuit)
        return [Stake(_on(place, line), None, tuple(days), (), tuple(outages))]
    divided = set(cuts_by_day(terms, window))
    found = []
    for span, line in stretches(terms, window):
        whole = [day for day in days if day.day not in divided and _holds(span, _begin(day.day, window))]
        some = [part for part in parts if part.seconds.day in divided and _holds(span, part.from_ms)]
        mine = [_in(one, span) for one in outages if _touches(one, span)]
        found.append(Stake(_on(place, line), span, tuple(whole), tuple(some), tuple(mine)))
    return found


def owners(terms: Terms, row: Seconds, parts: Iterable[DayPart]) -> list[tuple[str, Seconds]]:
    """One day of a node by provider, "" for nobody's: in whole, or in its parts where the line changed in it."""
    window = calendar.bounds(row.day)
    mine = [part for part in parts if part.seconds.day == row.day]
    known, waiting = settled(terms, window, (row,), mine)
    if waiting or not cuts_by_day(terms, window):
        return [(stretches(known, window)[0][1].provider, row)]
    spans = stretches(known, window)
    return [(line.provider, part.seconds) for part in mine for span, line in spans if _holds(span, part.from_ms)]


def outage_parts(one: "OutageLine", own: Sequence[Stake], window: Span) -> list[dict[str, Any]]:
    """How an outage is divided among the stakes of its node, where it touches several; none where it is not. Edges as
    those of the stake."""
    touched = [stake for stake in own if stake.span is not None and _touches(one, stake.span)]
    if len(touched) < 2:
        return []
    return [
        {**stake.edges(window), "provider": stake.place.provider,
         "circuit": stake.place.circuit, "lost_s": mine.lost_s, "isp_s": mine.isp_s}
        for stake in touched
        for mine in stake.outages if mine.id == one.id
    ]  # fmt: skip


def place_of(one: "OutageLine", own: Sequence[Stake]) -> "Place | None":
    """The place and line an outage began on, as far as the period goes."""
    touched = [stake for stake in own if stake.span is None or _touches(one, stake.span)]
    return touched[0].place if touched else own[0].place if own else None


def changes(place: "Place", terms: Terms, window: Span) -> list[dict[str, Any]]:
    """The changes of a node's line within the period, as the report tells them."""
    found = []
    for before, after in pairwise(terms):
        if after.from_ms in cuts(terms, window):
            found.append(
                {"node": place.node, "name": place.name, "at_ms": after.from_ms,
                 "provider_before": before.line.provider, "circuit_before": before.line.circuit,
                 "provider": after.line.provider, "circuit": after.line.circuit}
            )  # fmt: skip
    return found


def part_rows(own: Iterable[Stake], names: Collection[str]) -> list[list[Any]]:
    """Parts of days as the document lists them: node, day, beginning, provider, circuit, and the named seconds."""
    return [
        [stake.place.node, part.seconds.day, part.from_ms, stake.place.provider, stake.place.circuit,
         *(getattr(part.seconds, name) for name in names)]
        for stake in own for part in stake.parts
    ]  # fmt: skip


def together(outages: Iterable["OutageLine"]) -> list["OutageLine"]:
    """Outages of several stakes, those with the same number as one again, with the sum of what they cost."""
    found: dict[int, OutageLine] = {}
    for one in outages:
        before = found.get(one.id)
        found[one.id] = one if before is None else replace(
            before, lost_s=before.lost_s + one.lost_s, isp_s=before.isp_s + one.isp_s
        )  # fmt: skip
    return list(found.values())


def by_node(parts: Iterable[DayPart]) -> Mapping[str, list[DayPart]]:
    """Parts of days by their node, in order."""
    found: dict[str, list[DayPart]] = {}
    for part in sorted(parts, key=lambda part: (part.seconds.node, part.from_ms)):
        found.setdefault(part.seconds.node, []).append(part)
    return found


def _on(place: "Place", line: Line) -> "Place":
    return replace(place, provider=line.provider, circuit=line.circuit)


def _begin(day: int, window: Span) -> int:
    return max(calendar.bounds(day).start_ms, window.start_ms)


def _holds(span: Span, at_ms: int) -> bool:
    return span.start_ms <= at_ms < span.end_ms


def _touches(one: "OutageLine", span: Span) -> bool:
    """Whether some of it may lie in the span; what it cost there decides where that is known."""
    return one.start_lo_ms < span.end_ms and (one.end_hi_ms is None or one.end_hi_ms > span.start_ms)


def _in(one: "OutageLine", span: Span) -> "OutageLine":
    mine = next((piece for piece in one.pieces if piece.from_ms == span.start_ms), Piece(span.start_ms, 0, 0))
    return replace(one, lost_s=mine.lost_s, isp_s=mine.isp_s)
