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
    """Pieces that cover start..end without a hole; `reports` are (end, length, verdict) of periods, in any order."""
    width = (end - start) / buckets
    covered = [0.0] * buckets
    worst: list[str] = [GAP] * buckets
    for until, length, code in reports:
        left, right = max(start, until - length), min(end, until)
        if right <= left:
            continue
        first = min(buckets - 1, int((left - start) / width))
        last = min(buckets - 1, int((right - start) / width))
        for index in range(first, last + 1):
            inside = min(right, start + (index + 1) * width) - max(left, start + index * width)
            if inside <= 0:
                continue
            covered[index] += inside
            worst[index] = max(worst[index], code, key=_badness)
    shown = [code if _badness(code)[0] > 1 or covered[index] * 2 >= width else GAP for index, code in enumerate(worst)]
    return _joined(shown, start, width)


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
