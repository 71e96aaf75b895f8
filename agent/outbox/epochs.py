"""Epochs: the outbox's identity, and what happens to records that must move into a new one.

An epoch begins with the file, when the centre reports `epoch_conflict` (same identity, other content: a cloned card),
and when the card is found in another board. What has not been acknowledged is offered again under the new epoch:

* Complaint, attachment, health keep their numbers; a sealed blob's header is rewritten. Complaints that were already
  acknowledged are offered as well: the centre knows them by `service_request_id`, and a lost one is worse.
* Events are numbered on behind the `epoch` event, which is therefore the first of the new epoch.
* Pictures are given up: their signed record names the old epoch.
* Numbers that the new epoch does not use are entered into the ledger with count 0; given-up pictures with theirs.
* Entries of the ledger that had not arrived yet name the epoch before: their numbers are its numbers.

A card that was moved because its board died loses nothing this way. If it was cloned, both boards send what the
original had not sent yet: complaints are recognised by their own id, the rest is stored under both epochs, and the
centre's `clone` incident says so. To drop it instead would lose records in the far more frequent first case.
"""

import os
from itertools import islice
from pathlib import Path
from typing import cast

import msgspec

from agent.core.clock import Stamp
from agent.core.reasons import BLOB, CORRUPT, OLD_NUMBERS
from agent.outbox import files, lanes, ledger, schema
from agent.outbox.database import Database
from agent.outbox.draft import Draft
from agent.outbox.held import BadRowError, Held, file_hash, from_row, marked, renumbered
from wire.attachment import pack, unpack
from wire.bodies import EpochNotice, encode_body
from wire.errors import WireError
from wire.messages import StreamName
from wire.ranges import Ranges
from wire.shape import Struct, field, replace
from wire.topics import STREAMS

CHUNK_ROWS = 200


def new_name() -> str:
    """A name no other outbox has: 64 random bits."""
    return os.urandom(8).hex()


class Birth(Struct, frozen=True):
    """A new epoch: its name, its board, why, and the predecessor with the heads it is known to have reached."""

    epoch: str
    board: str
    reason: str
    predecessor: str | None = None
    heads: dict[str, int] = field(default_factory=dict)


def announce(draft: Draft, birth: Birth, at: Stamp) -> None:
    """Write down the epoch's identity and file its `epoch` event."""
    lanes.set_note(draft.db, "epoch", birth.epoch)
    lanes.set_note(draft.db, "board", birth.board)
    known = {cast(StreamName, stream): head for stream, head in birth.heads.items() if stream in STREAMS}
    notice = EpochNotice(birth.predecessor, known, birth.board[:500], birth.reason[:500])
    draft.append("event", "epoch", encode_body(notice), at)


def predecessor(db: Database) -> str | None:
    """The epoch before, as the file's first event names it; None when there was none, or that event is gone."""
    for row in db.rows(schema.ONE["event"], (1,)):
        try:
            body = bytes(from_row("event", row, Path()).record.body)
            return msgspec.json.decode(body, type=EpochNotice).predecessor
        except (BadRowError, msgspec.DecodeError):
            return None
    return None


def renew(draft: Draft, birth: Birth, folder: Path, at: Stamp) -> None:
    """Move everything unacknowledged into the new epoch, in the caller's transaction, as the prose above says.

    `birth.heads` are the present heads, `birth.predecessor` the present epoch.
    """
    heads = birth.heads
    draft.db.execute("DELETE FROM acked")
    _reopen_complaints(draft)
    unused = {stream: draft.lane(stream).done for stream in STREAMS if stream != "event"}
    pictures = _give_up_pictures(draft, folder)
    unreadable = _rewrite_blobs(draft, birth.epoch, folder)
    waiting = draft.lane("event").not_done(1, heads["event"])
    draft.mark_done("event", Ranges.from_pairs([(1, heads["event"])]))
    announce(draft, birth, at)
    damaged = _move_events(draft, waiting, heads["event"], birth.predecessor or "", folder)
    now = (at.wall_ms, at.wall_ms)
    old_events = Ranges.from_pairs([(1, heads["event"])])
    draft.gap("event", old_events, count=damaged, span=now, why=OLD_NUMBERS, at=at)
    for stream, numbers in unused.items():
        draft.gap(stream, numbers, count=0, span=now, why=OLD_NUMBERS, at=at)
    health = draft.lane("health")
    if health.watermark < health.thinned_to:
        thinned = (health.watermark + 1, health.thinned_to, 0)
        draft.declare("health", thinned, span=now, why=OLD_NUMBERS, at=at)
    draft.gap("snapshot", pictures, span=now, why=birth.reason, at=at)
    for seq, blob in unreadable.items():
        code = BLOB if blob else CORRUPT
        ledger.bury(draft, "attachment", seq, blob, code=code, epoch=birth.predecessor or "", stamp=at)
    for stream in STREAMS:
        draft.save(stream)


def rewritten_blob(content: bytes, seq: int, epoch: str) -> bytes | None:
    """A sealed blob whose header names another identity; None when it has no header of ours."""
    try:
        blob = unpack(content)
        record = msgspec.structs.replace(blob.record, seq=seq, epoch=epoch)
        return pack(msgspec.json.encode(record), blob.sealed)
    except WireError:
        return None


def _reopen_complaints(draft: Draft) -> None:
    """Every complaint whose row is still here waits again."""
    present = Ranges.of(int(str(seq)) for (seq,) in draft.db.rows(schema.NUMBERS["complaint"]))
    lane = draft.lane("complaint")
    draft.memory.lanes["complaint"] = replace(lane, done=present.missing(1, lane.head))


def _give_up_pictures(draft: Draft, folder: Path) -> Ranges:
    lane = draft.lane("snapshot")
    rows = draft.db.rows(schema.WEIGHTS["snapshot"], (1, lane.head))
    weights = [(int(str(seq)), int(str(size)), Path(str(file)).name) for seq, size, _, _, file in rows]
    draft.delete("snapshot", weights, folder)
    given_up = lane.not_done(1, lane.head)
    draft.mark_done("snapshot", given_up)
    return given_up


def _rewrite_blobs(draft: Draft, epoch: str, folder: Path) -> dict[int, Held | None]:
    """Rewrite the headers of waiting blobs; returns those which cannot be, None where even the row is damaged."""
    unreadable: dict[int, Held | None] = {}
    lane = draft.lane("attachment")
    for row in list(draft.db.rows(schema.AFTER["attachment"], (0,))):
        seq = int(str(row[0]))
        if lane.done.contains(seq):
            continue
        try:
            held = from_row("attachment", row, folder)
        except BadRowError:
            unreadable[seq] = None
            continue
        content = rewritten_blob(files.read_if_possible(held.path) or b"", seq, epoch) if held.path else None
        if content is None or held.path is None:
            unreadable[seq] = held
            continue
        path = folder / file_name("attachment", epoch, seq)
        files.write(path, content)
        values = (marked("attachment", file_hash(content)), len(content), path.name, seq)
        draft.db.execute(schema.REPLACE_FILE["attachment"], values)
        lane = replace(lane, size_bytes=lane.size_bytes + len(content) - held.size_bytes)
        draft.doomed_files.append(held.path)
    draft.memory.lanes["attachment"] = lane
    return unreadable


def _move_events(draft: Draft, waiting: Ranges, last: int, epoch: str, folder: Path) -> int:
    """Number waiting events of `epoch` on behind the head, drop the others; returns how many were damaged."""
    damaged = 0
    at = 0
    while True:
        rows = list(islice(draft.db.rows(schema.AFTER["event"], (at,)), CHUNK_ROWS))
        rows = [row for row in rows if int(str(row[0])) <= last]
        if not rows:
            return damaged
        at = int(str(rows[-1][0]))
        draft.delete("event", ((int(str(row[0])), int(str(row[9])), None) for row in rows), folder)
        for row in rows:
            if not waiting.contains(int(str(row[0]))):
                continue
            try:
                held = ledger.bound(from_row("event", row, folder), epoch)
                draft.insert("event", renumbered(held, draft.lane("event").head + 1))
            except BadRowError:
                damaged += 1


def file_name(stream: str, epoch: str, seq: int) -> str:
    """How the file of a record is called."""
    return f"{stream}-{epoch}-{seq}"
