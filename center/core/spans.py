"""Arithmetic of half open spans [start, end) in whole milliseconds (or seconds; the unit is the caller's). Pure.

Every function takes spans in any order, overlapping or empty, and returns them ascending, apart and not empty.
"""

from collections.abc import Iterable, Sequence

from center.core.facts import Span


def union(spans: Iterable[Span]) -> tuple[Span, ...]:
    """What at least one of them covers; spans that touch are one."""
    whole: list[Span] = []
    for span in sorted(spans):
        if span.end_ms <= span.start_ms:
            continue
        if whole and span.start_ms <= whole[-1].end_ms:
            if span.end_ms > whole[-1].end_ms:
                whole[-1] = Span(whole[-1].start_ms, span.end_ms)
        else:
            whole.append(span)
    return tuple(whole)


def subtract(spans: Iterable[Span], taken: Iterable[Span]) -> tuple[Span, ...]:
    """What `spans` cover and `taken` do not."""
    gone = union(taken)
    left: list[Span] = []
    at = 0
    for span in union(spans):
        start = span.start_ms
        while at < len(gone) and gone[at].end_ms <= start:
            at += 1
        here = at
        while here < len(gone) and gone[here].start_ms < span.end_ms:
            if gone[here].start_ms > start:
                left.append(Span(start, gone[here].start_ms))
            start = max(start, gone[here].end_ms)
            here += 1
        if start < span.end_ms:
            left.append(Span(start, span.end_ms))
    return tuple(left)


def intersect(one: Iterable[Span], other: Iterable[Span]) -> tuple[Span, ...]:
    """What both cover."""
    a, b = union(one), union(other)
    shared: list[Span] = []
    i = j = 0
    while i < len(a) and j < len(b):
        start, end = max(a[i].start_ms, b[j].start_ms), min(a[i].end_ms, b[j].end_ms)
        if start < end:
            shared.append(Span(start, end))
        if a[i].end_ms < b[j].end_ms:
            i += 1
        else:
            j += 1
    return tuple(shared)


def clip(spans: Iterable[Span], window: Span) -> tuple[Span, ...]:
    """What of them lies in the window."""
    return intersect(spans, (window,))


def total_ms(spans: Sequence[Span]) -> int:
    """How long they are together; they must be apart, as every function here returns them."""
    return sum(span.end_ms - span.start_ms for span in spans)


def overlap(one: Span, other: Span) -> int:
    """How long both cover; 0 when they are apart."""
    return max(0, min(one.end_ms, other.end_ms) - max(one.start_ms, other.start_ms))
