"""How long what was said stays on the card: until the centre has it, and then some days, by a clock that may be wrong.

A Pi's wall clock may jump by years, so a day is counted in two ways: by the wall clock while the kernel holds it for
synchronised, and by `life`, the time this file has been in use, which never jumps but stands while the box is off.
Whichever ends first ends the wait; a box that never learns the time still forgets.
"""

from typing import Final

from agent.core.clock import EARLIEST_WALL_MS, Stamp
from agent.kiosk.album import Album
from agent.kiosk.store import MOST_TICKETS, KioskStore
from wire.shape import Struct

DAY_S: Final = 86_400
LIFE_NOTE: Final = "life_s"
WRITE_LIFE_S: Final = 3600.0
"""How much of its life a file may forget in a power cut: a commit an hour is nothing to a card."""
_DONE: Final = "(body IS NULL OR acked_life_s IS NOT NULL)"
"""Nothing of the ticket waits here any more."""

_SEALED: Final = "body IS NOT NULL AND acked_life_s IS NOT NULL"
# Of a ticket of the first version nobody noted the acknowledgement: its own time stands in for it.
_SINCE: Final = f"""
SELECT service_request_id, max(coalesce(acked_ms, wall_ms), coalesce((
    SELECT max(at_ms) FROM reply WHERE reply.service_request_id = ticket.service_request_id), 0)) AS since_ms,
    max(coalesce(acked_life_s, -1), coalesce(heard_life_s, -1)) AS since_life_s
FROM ticket WHERE {_DONE}
"""  # noqa: S608


class Limits(Struct, frozen=True):
    """In days after the acknowledgement; of a ticket, after its newest answer when that is later."""

    sealed_days: int = 7
    ticket_days: int = 90


class Keeping:
    """Notes what the centre has, and forgets. `mono_s` counts on in every call."""

    def __init__(self, store: KioskStore, album: Album, limits: Limits, mono_s: float) -> None:
        self._store = store
        self._album = album
        self._limits = limits
        self._life_s = self._written_s = _read_life(store)
        self._mono_s = mono_s

    def acknowledged(self, tickets: list[str], photos: list[str], now: Stamp) -> None:
        """The centre has these."""
        wall_ms = now.wall_ms if _knows_the_time(now) else 0
        life_s = self._live(now)
        with self._store.writing() as db:
            for table, key, ids in (("ticket", "service_request_id", tickets), ("photo", "photo_id", photos)):
                sql = f"UPDATE {table} SET acked_ms = ?, acked_life_s = ? WHERE {key} = ?"  # noqa: S608
                db.executemany(sql, [(wall_ms, life_s, one) for one in ids])

    def heard(self, service_request_id: str, now: Stamp) -> None:
        """The centre answered this ticket: so it has it, and it is kept on from now."""
        life_s = self._live(now)
        wall_ms = now.wall_ms if _knows_the_time(now) else 0
        with self._store.writing() as db:
            sql = (
                "UPDATE ticket SET heard_life_s = ?, acked_ms = coalesce(acked_ms, ?), "
                "acked_life_s = coalesce(acked_life_s, ?) WHERE service_request_id = ?"
            )
            db.execute(sql, (life_s, wall_ms, life_s, service_request_id))

    def forget(self, now: Stamp) -> int:
        """Purge what is old enough; how many bodies, photos and tickets went."""
        life_s = self._live(now)
        self._album.drop_unclaimed(now)
        went = self._forget_sealed(now, life_s) + self._forget_tickets(now, life_s)
        if went:
            self._store.scrub()
        return went

    def _forget_sealed(self, now: Stamp, life_s: int) -> int:
        due, values = _due("acked_ms", "acked_life_s", self._limits.sealed_days, now, life_s)
        sql = f"SELECT photo_id FROM photo WHERE gone = 0 AND acked_life_s IS NOT NULL AND ({due})"  # noqa: S608
        photos = [one for (one,) in self._store.rows(sql, *values)]
        sql = f"SELECT service_request_id FROM ticket WHERE {_SEALED} AND ({due})"  # noqa: S608
        bodies = self._store.rows(sql, *values)
        if photos or bodies:
            with self._store.writing() as db:
                db.executemany("UPDATE photo SET gone = 1 WHERE photo_id = ?", [(one,) for one in photos])
                db.executemany("UPDATE ticket SET body = NULL WHERE service_request_id = ?", bodies)
            self._album.remove(photos)
        return len(photos) + len(bodies)

    def _forget_tickets(self, now: Stamp, life_s: int) -> int:
        due, values = _due("since_ms", "since_life_s", self._limits.ticket_days, now, life_s)
        sql = f"SELECT service_request_id FROM ({_SINCE}) WHERE {due}"  # noqa: S608
        old = set(self._store.rows(sql, *values))
        sql = (
            f"SELECT service_request_id FROM ticket WHERE {_DONE} "  # noqa: S608
            "ORDER BY service_request_id DESC LIMIT -1 OFFSET ?"
        )
        old |= set(self._store.rows(sql, MOST_TICKETS))
        if old:
            with self._store.writing() as db:
                db.executemany("DELETE FROM ticket WHERE service_request_id = ?", list(old))
            self._album.sweep()
        return len(old)

    def _live(self, now: Stamp) -> int:
        """How long this file has been in use, in seconds."""
        mono_s = now.mono_ms / 1000
        self._life_s += max(0.0, mono_s - self._mono_s)
        self._mono_s = mono_s
        if self._life_s - self._written_s >= WRITE_LIFE_S:
            with self._store.writing() as db:
                db.execute("INSERT OR REPLACE INTO note VALUES (?, ?)", (LIFE_NOTE, str(int(self._life_s)).encode()))
            self._written_s = self._life_s
        return int(self._life_s)


def _due(wall: str, life: str, days: int, now: Stamp, life_s: int) -> tuple[str, tuple[int, ...]]:
    """A condition over two columns, and its values."""
    by_life = f"({life} >= 0 AND {life} <= ?)"
    if not _knows_the_time(now):
        return by_life, (life_s - days * DAY_S,)
    by_wall = f"({wall} >= {EARLIEST_WALL_MS} AND {wall} <= ?)"
    return f"{by_life} OR {by_wall}", (life_s - days * DAY_S, now.wall_ms - days * DAY_S * 1000)


def _knows_the_time(now: Stamp) -> bool:
    return now.synced and now.wall_ms >= EARLIEST_WALL_MS


def _read_life(store: KioskStore) -> float:
    for (value,) in store.rows("SELECT value FROM note WHERE name = ?", LIFE_NOTE):
        text = bytes(value).decode("ascii", "replace")
        return float(text) if text.isdigit() else 0.0
    return 0.0
