"""Stretches in which a node was not heard though the centre listened, out of its contacts. Pure.

              heard      will                                    born
    contact |---|          v                                       |-- contact
                 [ start   )==== certainly not to be reached ==[end)
                                                            RECONNECT

It began after the last live message, at latest when the broker gave the session up (or after the silence window). It
ended at latest with the birth of the next session; at earliest one pause of the uplink before: an agent whose line is
good again may still be waiting. Where nobody listened nothing is concluded: behind such a stretch the node gets its
window again, or that pause: perhaps its session ended meanwhile. A short one in the middle of a silence is passed over.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from center.core.facts import ContactFact, NodeFacts, Span, When
from center.core.lives import contacts_of
from center.core.spans import union

RECONNECT_MS = 300_000
"""The uplink's longest pause between two attempts (agent's `reconnect_max_s`)."""
GRACE_MS = 10_000
"""A session that ended and begins again within this was a restart or a hiccup of the link."""
BRIDGE_MS = 120_000
"""The centre away for no longer than this, and the node silent before and after: it was silent in between."""


@dataclass(frozen=True, slots=True)
class Silence:
    """`certain`: in it nothing was heard and something would have been. `before`, `after`: (boot, run) of the contacts
    on both sides; `after` and `born_ms` None while there is none."""

    start: When
    end: When | None
    certain: Span
    heard_ms: int
    ended_by: str
    before: tuple[str, str]
    after: tuple[str, str] | None = None
    born_ms: int | None = None


def silences(facts: NodeFacts, hearing: Sequence[Span], now_ms: int) -> tuple[Silence, ...]:
    """Ascending. A silence that the centre's own absence cut in two is two."""
    heard = union(hearing)
    found: list[Silence] = []
    last: ContactFact | None = None
    for contact in contacts_of(facts):
        if contact.born_ms >= now_ms:
            break
        if last is not None and contact.born_ms > last.heard_ms:
            found += _between(facts, heard, last, contact, now_ms)
        if last is None or contact.heard_ms >= last.heard_ms:
            last = contact
    if last is not None:
        found += _between(facts, heard, last, None, now_ms)
    return tuple(found)


def _between(
    facts: NodeFacts, hearing: Sequence[Span], last: ContactFact, following: ContactFact | None, now_ms: int
) -> Iterator[Silence]:
    ended_ms = last.ended_ms if last.end_reason in ("will", "stop") else None
    # Of a session taken over the broker says nothing to the one that took it.
    sure_ms = last.heard_ms + facts.window_ms if ended_ms is None else max(ended_ms, last.heard_ms)
    limit_ms = now_ms if following is None else following.born_ms
    if limit_ms <= sure_ms + (0 if ended_ms is None else GRACE_MS):
        return
    pieces = _pieces(hearing, last.heard_ms, sure_ms, limit_ms, facts.window_ms)
    for at, (start, stop_ms) in enumerate(pieces):
        end: When | None
        if stop_ms < limit_ms:
            after_ms = limit_ms if at + 1 == len(pieces) else pieces[at + 1][0].hi_ms
            end = When(stop_ms, max(stop_ms, after_ms))
        elif following is None:
            end = None
        else:
            end = When(max(start.hi_ms, limit_ms - RECONNECT_MS), limit_ms)
        yield Silence(
            start,
            end,
            Span(start.hi_ms, limit_ms if end is None else end.lo_ms),
            last.heard_ms,
            last.end_reason if ended_ms is not None else "",
            (last.boot, last.run),
            None if following is None else (following.boot, following.run),
            None if following is None else following.born_ms,
        )


def _pieces(
    hearing: Sequence[Span], heard_ms: int, sure_ms: int, limit_ms: int, window_ms: int
) -> list[tuple[When, int]]:
    """Stretches of listening in which the silence is certain: since when, until when."""
    found: list[tuple[When, int]] = []
    deaf_ms = heard_ms
    for span in hearing:
        if span.end_ms <= heard_ms:
            continue
        if span.start_ms >= limit_ms:
            break
        stop_ms = min(span.end_ms, limit_ms)
        if found and found[-1][1] == deaf_ms and span.start_ms - deaf_ms <= BRIDGE_MS:
            found[-1] = found[-1][0], stop_ms
        else:
            again_ms = span.start_ms + max(window_ms, RECONNECT_MS)
            since_ms = sure_ms if span.start_ms <= heard_ms else max(sure_ms, again_ms)
            if since_ms < stop_ms:
                found.append((When(min(deaf_ms, since_ms), since_ms), stop_ms))
        deaf_ms = span.end_ms
    return found
