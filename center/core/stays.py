"""When a node was under maintenance, over all time: the stays its box told of, and people's end to them. Pure.

The newest notice of a box holds (`center.core.maintenance`). Notices of which each came before the last one ran out are
one stay, renewed; it counts for MOST_MS from its first notice on, whatever the box goes on saying, and not beyond the
moment a person at the centre ended it. The next stay begins after the box has let one run out, or ended it.
"""

from collections.abc import Iterable, Sequence

from center.core.facts import Span
from center.core.maintenance import Notice, rank, until_ms

MOST_MS = 24 * 3_600_000
"""Renewed for longer, it is a forgotten box, or one that lies."""


def stays(notices: Iterable[Notice], ended_ms: Iterable[int] = ()) -> tuple[Span, ...]:
    """The stays of one node as they count, ascending and apart. `ended_ms`: when people ended what was going on."""
    ends = sorted(ended_ms)
    found = (_counted(span, ends) for span in _told(notices))
    return tuple(span for span in found if span.start_ms < span.end_ms)


def _told(notices: Iterable[Notice]) -> list[Span]:
    """Stays as the box tells them, renewals joined; two that follow on each other without a pause are one."""
    told: list[Span] = []
    ordered = _one_a_moment(notices)
    for place, notice in enumerate(ordered, 1):
        if not notice.active:
            continue
        end_ms = min([until_ms(notice), *(after.at_ms for after in ordered[place : place + 1])])
        if told and told[-1].end_ms == notice.at_ms:
            told[-1] = Span(told[-1].start_ms, end_ms)
        else:
            told.append(Span(notice.at_ms, end_ms))
    return told


def _one_a_moment(notices: Iterable[Notice]) -> list[Notice]:
    """In order; of several of one moment the one that holds."""
    holding = {notice.at_ms: notice for notice in sorted(notices, key=rank)}
    return [holding[at_ms] for at_ms in sorted(holding)]


def _counted(stay: Span, ends: Sequence[int]) -> Span:
    ended_ms = min((at_ms for at_ms in ends if stay.start_ms <= at_ms < stay.end_ms), default=stay.end_ms)
    return Span(stay.start_ms, min(stay.end_ms, stay.start_ms + MOST_MS, ended_ms))
