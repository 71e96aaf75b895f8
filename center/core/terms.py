"""Whose line a site hung on, and since when: terms, each holding [from_ms, the next one's from_ms). Pure.

A site that never changed its line has no terms: what the registry says today has always been so. Otherwise the first
term begins at 0, the last is what the registry says today, and neighbours differ. Every beginning is a whole second, so
that seconds of a day are divided without a rest. Times are Unix ms.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from center.core import days as calendar
from center.core.facts import Span
from center.core.hours import Hours
from center.core.registry_tables import Values
from center.core.spans import clip, union

ALWAYS = 0
"""A change dated so has been true from the beginning: the registry was wrong before."""


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """The provider a site's primary line is of, and its circuit; "" where there is none. `upstream`: which it was, for
    the work that was planned on it; the same provider's circuit on another one is the same line."""

    provider: str = ""
    circuit: str = ""
    upstream: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, order=True)
class Term:
    """From `from_ms` on the site hung on this line."""

    from_ms: int
    line: Line


Terms = tuple[Term, ...]


def lines(tables: Mapping[str, Mapping[str, Values]]) -> dict[str, Line]:
    """Site -> its line by a registry's tables: the primary one decides; of several primary ones, or of none, the first
    by its code. Sites without a line of a named provider are absent."""
    found: dict[str, tuple[bool, str, Line]] = {}
    for link in tables["links"].values():
        upstream = tables["upstreams"].get(str(link["upstream"]))
        if upstream is None or upstream["kind"] != "line" or not upstream["provider"]:
            continue
        line = Line(str(upstream["provider"]), str(link["circuit"]), str(link["upstream"]))
        mine, site = (not link["primary"], str(link["upstream"]), line), str(link["site"])
        found[site] = min(found.get(site, mine), mine)
    return {site: line for site, (_other, _code, line) in found.items()}


def told(terms: Terms, before: Line, after: Line, now_ms: int) -> Terms:
    """What the terms are when a line is another now and nobody said since when: from now on. What was only not entered
    yet (the first line of a site, the circuit of a line) was so before, too."""
    if not terms and not before.provider:
        return ()
    known = terms or (Term(ALWAYS, before),)
    if before.provider == after.provider and not before.circuit:
        return _apart((*known[:-1], Term(known[-1].from_ms, after)))
    return dated(known, now_ms, after)


def dated(terms: Terms, from_ms: int, line: Line) -> Terms:
    """What the terms are when the site hung on `line` from this moment on and until today, whatever was entered before.

    Where the last term says the same already, it is its beginning that moves.
    """
    from_ms -= from_ms % 1000
    earlier = terms[:-1] if terms and terms[-1].line == line else terms
    kept = [term for term in earlier if term.from_ms < from_ms]
    if not kept and from_ms > ALWAYS:
        kept = [Term(ALWAYS, Line())]
    return _apart((*kept, Term(from_ms, line)))


def _apart(terms: Terms) -> Terms:
    """Neighbours that say the same are one term; one alone is none at all."""
    kept = tuple(term for at, term in enumerate(terms) if at == 0 or term.line != terms[at - 1].line)
    return kept if len(kept) > 1 else ()


def first_difference_ms(old: Terms, new: Terms) -> int | None:
    """From when on the two say something else; None when they never do. Both begin with a term."""
    if old == new:
        return None
    same = next(
        (at for at, (one, two) in enumerate(zip(old, new, strict=False)) if one != two), min(len(old), len(new))
    )
    return min(term.from_ms for term in (*old[same : same + 1], *new[same : same + 1]))


def stretches(terms: Sequence[Term], window: Span) -> tuple[tuple[Span, Line], ...]:
    """The window without a hole, by the line of each part. Terms must begin at or before it."""
    found = []
    ends = [term.from_ms for term in terms[1:]] + [window.end_ms]
    for term, end_ms in zip(terms, ends, strict=True):
        span = Span(max(term.from_ms, window.start_ms), min(end_ms, window.end_ms))
        if span.start_ms < span.end_ms:
            found.append((span, term.line))
    return tuple(found)


def cuts(terms: Sequence[Term], window: Span) -> tuple[int, ...]:
    """The moments within the window at which the line changed: in it, and not at its beginning."""
    return tuple(term.from_ms for term in terms[1:] if window.start_ms < term.from_ms < window.end_ms)


def cuts_by_day(terms: Sequence[Term], window: Span) -> dict[int, tuple[int, ...]]:
    """Of the days that a change divides, the moments; one at midnight divides none."""
    found: dict[int, tuple[int, ...]] = {}
    for at_ms in cuts(terms, window):
        day = calendar.day_of(at_ms)
        if at_ms > calendar.bounds(day).start_ms:
            found[day] = (*found.get(day, ()), at_ms)
    return found


@dataclass(frozen=True, slots=True)
class TermHours:
    """Contract hours of a site whose provider changed: of each term its own. `pieces`: beginning of the term, its
    hours (None: always), and the days its provider does not count. Read as `center.core.hours.Hours`."""

    pieces: tuple[tuple[int, Hours | None, Collection[int]], ...]

    def spans(self, window: Span, without: Collection[int] = ()) -> tuple[Span, ...]:
        """What of the window lies in the contract hours that held then."""
        ends = [from_ms for from_ms, _hours, _resting in self.pieces[1:]] + [window.end_ms]
        found: list[Span] = []
        for (from_ms, hours, resting), end_ms in zip(self.pieces, ends, strict=True):
            part = Span(max(from_ms, window.start_ms), min(end_ms, window.end_ms))
            if part.start_ms < part.end_ms:
                found += (part,) if hours is None else hours.spans(part, frozenset((*without, *resting)))
        return clip(union(found), window)
