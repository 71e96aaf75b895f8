"""Remembering that a damaged outbox was put aside, so that it is still said after a restart.

How long ago counts the agent's running time (`life`, see `upkeep`): a wall clock may jump, and a box that lay in a
drawer should still say it when it comes back.
"""

import msgspec

from agent.core.clock import Stamp
from agent.outbox import lanes
from agent.outbox.database import Database
from agent.outbox.errors import OutboxError
from wire.shape import Struct

NOTE = "damaged"
SHOWN_MS = 24 * 3_600_000


class _Stored(msgspec.Struct):
    detail: str
    wall_ms: int
    life_ms: int


class Damage(Struct, frozen=True):
    """What was wrong, the wall clock then, and the boot-time then as this boot counts it (may be negative)."""

    detail: str
    wall_ms: int
    at_ms: int

    def shown(self, now_ms: int) -> bool:
        """Whether it is recent enough to be a warning."""
        return now_ms - self.at_ms < SHOWN_MS


def remember(db: Database, detail: str, stamp: Stamp) -> None:
    """Note it in a new file, in the caller's transaction: its life begins now."""
    stored = _Stored(detail[:200], stamp.wall_ms, life_ms=0)
    lanes.set_note(db, NOTE, msgspec.json.encode(stored).decode())


def recall(db: Database, now_ms: int) -> Damage | None:
    """What this file remembers. Nothing when the memory itself is damaged: it is a remark, no reason to stop."""
    try:
        note = lanes.note(db, NOTE)
        stored = msgspec.json.decode(note, type=_Stored) if note is not None else None
        life_ms = lanes.life_ms(db)
    except (OutboxError, msgspec.DecodeError):
        return None
    return Damage(stored.detail, stored.wall_ms, now_ms - (life_ms - stored.life_ms)) if stored else None
