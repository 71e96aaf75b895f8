"""When a node proved that it lived: what the sweep counts as up, unless an outage is possible then. Pure."""

from collections.abc import Sequence

from center.core.facts import AliveFact, NodeFacts, Span
from center.core.spans import clip, subtract

THIN_MS = 90_000
"""A gap the node has declared may begin and end this far from the hole in its reports."""


def proofs(facts: NodeFacts, window: Span) -> tuple[Span, ...]:
    """When the node proved that it lived: heard by the centre, or covered by its reports.

    A hole in the reports of one run which the node itself made (it thinned them, or its disk was full) is covered too.
    """
    heard = [Span(contact.born_ms, contact.heard_ms) for contact in facts.contacts]
    began = {(life.boot, life.run): life.first for life in facts.lives}
    declared: dict[str, list[Span]] = {}
    for thin in facts.thin:
        declared.setdefault(thin.boot, []).append(Span(thin.start.lo_ms, thin.end.hi_ms))
    reported: list[Span] = []
    before: AliveFact | None = None
    for span in sorted(facts.alive):
        first = began.get((span.boot, span.run))
        start_ms = span.start.hi_ms if first is None else max(span.start.hi_ms, first.hi_ms)
        reported.append(Span(start_ms, span.end.lo_ms))
        is_same = before is not None and (before.boot, before.run) == (span.boot, span.run)
        if before is not None and is_same and _is_thin(declared.get(span.boot, ()), before, span):
            reported.append(Span(before.end.lo_ms, span.start.hi_ms))
        before = span
    return clip((*heard, *reported), window)


def _is_thin(declared: Sequence[Span], before: AliveFact, after: AliveFact) -> bool:
    hole = Span(before.end.hi_ms + THIN_MS, after.start.lo_ms - THIN_MS)
    if hole.start_ms < hole.end_ms:
        return not subtract((hole,), declared)
    return any(one.start_ms <= after.start.hi_ms and one.end_ms >= before.end.lo_ms for one in declared)
