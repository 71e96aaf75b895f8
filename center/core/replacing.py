"""Which epoch of a node a replacement continues, and how far that one is known to have come. Pure.

* The last epoch is one that no other epoch names as the one before it; of several, that with the newest sign of life.
* Its head of a stream is the highest number anybody named: a record that is stored, a batch, a report of the outbox.
  What the lost box gave out after that, nobody at the centre can know: a lower bound, as `epoch.json` says.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

REASON = "card_replaced"
"""Why the epoch begins that finds such a predecessor on its card; a word of the agent's sidecar."""


@dataclass(frozen=True, slots=True)
class Known:
    """An epoch as the centre knows it. Times by the centre's clock (ms). `heads`: one mapping per source."""

    epoch: str
    board: str = ""
    predecessor: str = ""
    first_seen_ms: int = 0
    alive_ms: int = 0
    """Its newest birth or live message."""
    heads: Sequence[Mapping[str, int]] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Predecessor:
    """What a replacement's card says of the box before it."""

    epoch: str
    board: str
    heads: Mapping[str, int]
    heard_ms: int | None
    """When the centre heard it last; None where it only knows stored records."""


def predecessor(epochs: Iterable[Known]) -> Predecessor | None:
    """The epoch to continue; None for a node that was never heard."""
    known = list(epochs)
    if not known:
        return None
    followed = {one.predecessor for one in known}
    open_ends = [one for one in known if one.epoch not in followed] or known
    last = max(open_ends, key=lambda one: (one.alive_ms, one.first_seen_ms, one.epoch))
    heads: dict[str, int] = {}
    for source in last.heads:
        for stream, head in source.items():
            if head > 0:
                heads[stream] = max(head, heads.get(stream, 0))
    return Predecessor(last.epoch, last.board, dict(sorted(heads.items())), last.alive_ms or None)


def as_sidecar(before: Predecessor) -> dict[str, object]:
    """`predecessor.json`: what lies beside the new box's outbox as `epoch.json`."""
    return {"epoch": before.epoch, "board": before.board, "heads": dict(before.heads), "reason": REASON}


@dataclass(frozen=True, slots=True)
class LastHeard:
    """One epoch for `unknown_tails`: when it was heard first and last, which it follows and why."""

    epoch: str
    predecessor: str
    reason: str
    born_ms: int
    heard_ms: int


@dataclass(frozen=True, slots=True)
class Tail:
    """From `heard_ms` on the lost outbox of `epoch` may have held what nobody knows, until `born_ms` at the latest."""

    epoch: str
    heard_ms: int
    born_ms: int
    reason: str


LOST_WITH_THE_OUTBOX = frozenset({REASON, "file_lost"})
"""Reasons of an epoch under which what the one before held and had not sent did not come along. Of a damaged file what
can still be read moves over (`corrupt`)."""


def unknown_tails(epochs: Iterable[LastHeard]) -> list[Tail]:
    """Ascending by time: the stretches of which only a lost outbox could have told."""
    rows = list(epochs)
    by_name = {one.epoch: one for one in rows}
    found = []
    for one in rows:
        before = by_name.get(one.predecessor)
        if one.reason in LOST_WITH_THE_OUTBOX and before is not None and before.heard_ms < one.born_ms:
            found.append(Tail(before.epoch, before.heard_ms, one.born_ms, one.reason))
    return sorted(found, key=lambda tail: (tail.heard_ms, tail.born_ms))
