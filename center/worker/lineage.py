"""Which notice describes which of a node's epochs, and that in the database. `describe` is pure.

An epoch's first notice is its own. Notices that follow it belong to the epochs before, newest first: they had not been
acknowledged and moved along. Those of which the notice did arrive in its own epoch are passed over, also when it moved
along all the same (its acknowledgement was lost).

A node may say anything. A notice that names its own epoch, or one that comes after it, describes nothing: lines of
descent never close, so that everybody who follows one comes to its end.
"""

from collections.abc import Mapping, Sequence

import msgspec

from center.availability import due
from center.connectivity.tails import tails
from center.core.replacing import LOST_WITH_THE_OUTBOX
from center.ingest.database import execute, select
from center.ingest.epochs import admit
from wire.bodies import EpochNotice

Notices = Mapping[str, Sequence[EpochNotice]]
MOST_NOTICES = 64
"""Looked at per epoch. So many epochs in a row of which none could be acknowledged, no box has."""
_FIRST = """
SELECT n.epoch, n.json FROM ingest_epoch e CROSS JOIN connectivity_nodeevent n
WHERE e.node = %s AND n.node = e.node AND n.epoch = e.epoch AND n.kind = 'epoch' AND n.seq <
  (SELECT MIN(f.seq) FROM connectivity_nodeevent f WHERE f.node = e.node AND f.epoch = e.epoch) + %s
ORDER BY n.epoch, n.seq
"""
_NOTE = (
    "UPDATE ingest_epoch SET predecessor = %s, board = %s, reason = %s, predecessor_heads = %s "
    "WHERE node = %s AND epoch = %s"
)
_NOTICE = msgspec.json.Decoder(EpochNotice)


def describe(notices: Notices) -> dict[str, EpochNotice | None]:
    """Epoch -> the notice that describes it; None where its own notice cannot be true. `notices`: in order, by epoch.

    The answer depends on the notices alone, not on the order in which they became known.
    """
    told: dict[str, EpochNotice] = {}
    for epoch in sorted(notices):
        if notices[epoch] and not _closes(told, epoch, notices[epoch][0]):
            told[epoch] = notices[epoch][0]
    own = dict(told)
    for epoch in sorted(own):
        owner = own[epoch].predecessor
        for notice in notices[epoch][1:]:
            while owner in own:
                owner = own[owner].predecessor
            if not owner:
                break
            if _closes(told, owner, notice):
                continue
            told.setdefault(owner, notice)
            owner = notice.predecessor
    return {epoch: told.get(epoch) for epoch in {*notices, *told}}


def _closes(told: Mapping[str, EpochNotice], epoch: str, notice: EpochNotice) -> bool:
    """Whether the line of descent would come back to this epoch; what was told so far does not close."""
    at = notice.predecessor
    while at and at != epoch:
        at = told[at].predecessor if at in told else None
    return at == epoch


def note_lineage(node: str, received_ms: int) -> None:
    """Write what a node's notices say of its epochs, all of them anew, in the caller's transaction."""
    notices: dict[str, list[EpochNotice]] = {}
    for epoch, text in select(_FIRST, (node, MOST_NOTICES)):
        notices.setdefault(epoch, []).append(_NOTICE.decode(text.encode()))
    lost = False
    known = dict(select("SELECT epoch, predecessor FROM ingest_epoch WHERE node = %s", (node,)))
    for epoch, notice in sorted(describe(notices).items()):
        if notice is None:
            if known.get(epoch):
                execute(_NOTE, ("", "", "", "{}", node, epoch))
        elif epoch in known or admit(node, epoch, received_ms):
            heads = msgspec.json.encode(notice.predecessor_heads).decode()
            execute(_NOTE, (notice.predecessor or "", notice.board, notice.reason, heads, node, epoch))
            lost = lost or (notice.reason in LOST_WITH_THE_OUTBOX and known.get(epoch) != notice.predecessor)
    if lost:  # what was silence is a time nobody can tell of now
        due.mark({node: min((tail.heard_ms for tail in tails(node)), default=received_ms)})
