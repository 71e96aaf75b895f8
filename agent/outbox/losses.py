"""Pictures given up before they were sent stay links of their camera's chain (`core.chain`): a note in the database.

It changes in the transaction that deletes the pictures' rows, or adds the row of a picture that tells of them. So
whatever is cut in between, it says exactly what became of the rows. A picture whose record cannot be read any more is
only in the ledger.
"""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from agent.core.chain import Link, Losses, drop_carrier, lose
from agent.outbox import lanes
from agent.outbox.database import Database
from agent.outbox.draft import Draft
from agent.outbox.errors import OutboxError
from wire.errors import WireError

STREAM = "snapshot"
NOTE = "picture-losses"
RECORD_BYTES = 16 * 1024
"""A record lies at the beginning of its file, and has less than this."""


def read(db: Database) -> Losses:
    """What is known; nothing when the note is damaged: the links it had are missing then, which whoever verifies the
    chain sees."""
    try:
        noted = lanes.note(db, NOTE)
        return msgspec.json.decode(noted, type=Losses) if noted else Losses()
    except msgspec.DecodeError:
        return Losses()
    except OutboxError as error:
        if error.code != "corrupt":
            raise
        return Losses()


def write(draft: Draft, losses: Losses) -> None:
    """In the caller's transaction."""
    lanes.set_note(draft.db, NOTE, msgspec.json.encode(losses).decode())


def give_up(draft: Draft, pictures: Iterable[tuple[int, Path | None]]) -> None:
    """These pictures (number, file) will not be sent. Their files must still be there."""
    known = losses = read(draft.db)
    epoch = lanes.note(draft.db, "epoch") or ""
    for seq, file in pictures:
        found = _link(file, epoch, seq) if file is not None else None
        losses = lose(losses, epoch, *found) if found else drop_carrier(losses, epoch, seq)
    if losses != known:
        write(draft, losses)


def _link(file: Path, epoch: str, seq: int) -> tuple[str, Link] | None:
    from wire.snapshot import record_of  # a node without cameras does not load it

    with suppress(OSError, ValueError, WireError):
        with file.open("rb") as stream:
            record = record_of(stream.read(RECORD_BYTES))
        if (record.epoch, record.seq) == (epoch, seq):
            return record.camera, Link(seq, record.sha256, record.previous_sha256)
    return None
