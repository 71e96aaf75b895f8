"""A strip of time: which verdict held when, in a bounded number of pieces, with gaps as gaps. Pure.

The span is cut into `buckets` of equal length. A bucket shows the worst verdict that held in it, however shortly: a
fault is not thinned away. It is a gap when nothing bad is known of it and reports cover less than half of it.
Neighbours that show the same are one piece.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from wire.verdicts import VERDICTS

SEVERITIES = ("ok", "note", "degraded", "down")
GAP = ""
"""The code of a piece about which nothing is known."""


@dataclass(frozen=True, slots=True)
class Piece:
    """From `start` to `end` (in the unit of the input) the worst verdict was `code`; GAP where nothing is known."""

    start: float
    end: float
    code: str


def severity(code: str) -> str:
    """How bad a verdict is: one of SEVERITIES; `gap` for GAP; codes of newer agents count as degraded."""
    if code == GAP:
        return "gap"
    known = VERDICTS.get(code)
    return known.severity if known else "degraded"


def strip(reports: Iterable[tuple[float, float, str]], start: float, end: float, buckets: int = 480) -> list[Piece]:
    """Pieces that cover start..end without a hole; `reports` are (end, length, verdict) of periods, in any order.

    What it costs grows with the number of reports alone: a box may say that each of them covers a day.
    """
    width = (end - start) / buckets
    spans: list[_Span] = []
    for until, length, code in reports:
        # Written out: a week is twenty thousand reports, and a page waits for it.
        left = until - length - start if until - length > start else 0.0
        right = (until if until < end else end) - start
        if right > left:
            first, last = int(left / width), int(right / width)
            if last >= buckets:
                first, last = min(first, buckets - 1), buckets - 1
            if last > first and right <= last * width:  # it ends where a bucket begins
                last -= 1
            spans.append((first, last, left, right, code))
    covered, worst = _covered(spans, width, buckets), _worst(spans, buckets)
    shown = [code if _badness(code)[0] > 1 or covered[index] * 2 >= width else GAP for index, code in enumerate(worst)]
    return _joined(shown, start, width)


_Span = tuple[int, int, float, float, str]
"""First and last bucket, begin and end since the start of the strip, verdict."""


def _covered(spans: Iterable[_Span], width: float, buckets: int) -> list[float]:
    """How much of each bucket the spans cover, added up: parts at both ends, and a count of those that cover it all."""
    covered, whole = [0.0] * buckets, [0] * (buckets + 1)
    for first, last, left, right, _code in spans:
        if first == last:
            covered[first] += right - left
            continue
        covered[first] += (first + 1) * width - left
        covered[last] += right - last * width
        whole[first + 1] += 1
        whole[last] -= 1
    running = 0
    for index in range(buckets):
        running += whole[index]
        covered[index] += running * width
    return covered


def _worst(spans: Iterable[_Span], buckets: int) -> list[str]:
    """The worst verdict of each bucket: the worst is painted first, and what is painted is passed over for good."""
    by_code: dict[str, dict[tuple[int, int], None]] = {}  # each stretch of buckets once: most reports share theirs
    for first, last, _left, _right, code in spans:
        by_code.setdefault(code, {})[first, last] = None
    worst = [GAP] * buckets
    following = list(range(buckets + 1))  # the next bucket from here on that has no colour yet
    for code in sorted(by_code, key=_badness, reverse=True):
        for first, last in by_code[code]:
            index = _unpainted(following, first)
            while index <= last:
                worst[index], following[index] = code, index + 1
                index = _unpainted(following, index)
    return worst


def _unpainted(following: list[int], index: int) -> int:
    while following[index] != index:
        following[index] = following[following[index]]  # halves the way for those who come after
        index = following[index]
    return index


def _badness(code: str) -> tuple[int, str]:
    """Orders codes from GAP over OK to down; among equals by name, so that the order of reports makes no difference."""
    return (-1 if code == GAP else SEVERITIES.index(severity(code)), code)


def _joined(shown: list[str], start: float, width: float) -> list[Piece]:
    pieces: list[Piece] = []
    for index, code in enumerate(shown):
        left, right = start + index * width, start + (index + 1) * width
        if pieces and pieces[-1].code == code:
            pieces[-1] = Piece(pieces[-1].start, right, code)
        else:
            pieces.append(Piece(left, right, code))
    return pieces
