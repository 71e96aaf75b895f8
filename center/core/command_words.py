"""What a node's word about a command makes of the row that the centre keeps of it. Pure.

A row only ever moves up, so that words may come in any order, twice, and late, and all orders end alike:

    queued < due < sent < given up before it was accepted < accepted < running < unheard < final by the node
                          (expired, skipped: the centre's)                      (failed: the centre's)

The centre's own ends yield to the node: a box that was thought unreachable and did the work has done it. The node's end
is the end: there is one per command, and the first that arrives stays.
"""

from dataclasses import dataclass, replace
from typing import Final

from wire.afar import FINAL

_RANKS: Final = {"queued": 0, "due": 1, "sent": 2, "expired": 3, "skipped": 3, "accepted": 4, "running": 5, "failed": 6}
_BY_NODE: Final = 7


@dataclass(frozen=True, slots=True)
class Known:
    """What the centre knows. `by_node`: the node itself said how it ended. Moments by the centre's clock."""

    state: str
    code: str = ""
    detail: str = ""
    progress_pct: int = 0
    accepted_ms: int | None = None
    ended_ms: int | None = None
    by_node: bool = False
    result: str = "{}"


@dataclass(frozen=True, slots=True)
class Word:
    """One notice of the node. `result`: JSON."""

    state: str
    code: str = ""
    detail: str = ""
    progress_pct: int = 0
    result: str = "{}"


def after(known: Known, word: Word, received_ms: int) -> Known:
    """The row after this word; the same when it says nothing new."""
    rank = _BY_NODE if known.by_node else _RANKS.get(known.state, _BY_NODE)
    if rank == _BY_NODE:
        return known
    if word.state in FINAL:
        return _ended(known, word, received_ms)
    said = _RANKS[word.state]
    if said > rank:
        return replace(
            known,
            state=word.state,
            code=word.code,
            detail=word.detail,
            progress_pct=max(known.progress_pct, word.progress_pct),
            accepted_ms=received_ms if known.accepted_ms is None else known.accepted_ms,
            ended_ms=None,
        )
    if said == rank and (word.progress_pct, word.detail) > (known.progress_pct, known.detail):
        return replace(known, code=word.code, detail=word.detail, progress_pct=word.progress_pct)
    return known


def _ended(known: Known, word: Word, received_ms: int) -> Known:
    begun = word.state in {"done", "failed"}  # what was refused was never accepted
    return Known(
        state=word.state,
        code=word.code,
        detail=word.detail,
        progress_pct=100 if word.state == "done" else max(known.progress_pct, word.progress_pct),
        accepted_ms=(received_ms if known.accepted_ms is None else known.accepted_ms) if begun else None,
        ended_ms=received_ms,
        by_node=True,
        result=word.result,
    )
