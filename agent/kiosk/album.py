"""The sealed photos of this kiosk: rows in `kiosk.db`, bytes in files beside it, each written durably before its row.

A photo belongs to nobody until a submission names it. Synchronous; the kiosk's thread calls it.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from agent.core.clock import Stamp
from agent.files import sync_directory, write_durably
from agent.kiosk.store import KioskStore, StoreError
from wire.shape import Struct

FOLDER: Final = "kiosk-photos"
UNCLAIMED_S: Final = 3600.0
"""A photo nobody handed in with anything: longer than anybody stands at a kiosk."""
MOST_UNCLAIMED: Final = 48
"""Sixteen visits' worth. Who takes photo after photo and hands none in fills no card: the oldest of them go."""


class Photo(Struct, frozen=True):
    """One row. (epoch, seq) as in a ticket; `sha256` is of the sealed bytes."""

    photo_id: str
    service_request_id: str | None
    number: int
    sha256: str
    key_id: str
    size_bytes: int
    stamp: bytes
    epoch: str | None = None
    seq: int | None = None


_NAMES: Final = Photo.__struct_fields__
_COLUMNS: Final = ", ".join(_NAMES)


class Album:
    """The photos in a store. Its folder is made with the first photo."""

    def __init__(self, store: KioskStore) -> None:
        self._store = store
        self.folder = store.path.parent / FOLDER

    def keep(self, sealed: bytes, key_id: str, stamp: Stamp) -> str:
        """On the disk on return; the photo's id. StoreError when the disk does not take it."""
        photo_id = os.urandom(16).hex()
        digest = hashlib.sha256(sealed).hexdigest()
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            write_durably(self._path(photo_id), sealed)
            sync_directory(self.folder.parent)
        except OSError as error:
            raise StoreError(f"{self.folder}: {error.strerror or error}") from error
        photo = Photo(photo_id, None, 0, digest, key_id, len(sealed), msgspec.json.encode(stamp))
        with self._store.writing() as db:
            values = tuple(getattr(photo, name) for name in _NAMES)
            db.execute(f"INSERT INTO photo ({_COLUMNS}) VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608
            sql = (
                "SELECT photo_id FROM photo WHERE service_request_id IS NULL AND gone = 0 "
                "ORDER BY rowid DESC LIMIT -1 OFFSET ?"
            )
            oldest = db.execute(sql, (MOST_UNCLAIMED,)).fetchall()
            db.executemany("DELETE FROM photo WHERE photo_id = ?", oldest)
        self.remove(one for (one,) in oldest)
        return photo_id

    def sealed(self, photo: Photo) -> bytes | None:
        """Its bytes; None when the file is gone or damaged."""
        try:
            found = self._path(photo.photo_id).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"{self.folder}: {error.strerror or error}") from error
        return found if hashlib.sha256(found).hexdigest() == photo.sha256 else None

    def undelivered(self) -> list[Photo]:
        """Photos of handed-in complaints of which nobody has said yet that the centre has them."""
        sql = (
            f"SELECT {_COLUMNS} FROM photo WHERE service_request_id IS NOT NULL AND acked_life_s IS NULL "  # noqa: S608
            "AND gone = 0 ORDER BY service_request_id, number"
        )
        return [Photo(*row) for row in self._store.rows(sql)]

    def place(self, photo_id: str, epoch: str, seq: int) -> None:
        """The outbox has it there; as for a ticket, another that stood there does no more."""
        with self._store.writing() as db:
            sql = "UPDATE photo SET epoch = NULL, seq = NULL WHERE epoch = ? AND seq = ? AND photo_id <> ?"
            db.execute(sql, (epoch, seq, photo_id))
            db.execute("UPDATE photo SET epoch = ?, seq = ? WHERE photo_id = ?", (epoch, seq, photo_id))

    def damaged(self, photo_id: str) -> None:
        """Its bytes cannot be read any more: there is nothing left to send."""
        with self._store.writing() as db:
            db.execute("UPDATE photo SET gone = 1 WHERE photo_id = ?", (photo_id,))

    def drop_unclaimed(self, now: Stamp) -> None:
        """Photos of another boot, or of an hour ago, that no submission named."""
        rows = self._store.rows("SELECT photo_id, stamp FROM photo WHERE service_request_id IS NULL AND gone = 0")
        old: list[str] = []
        for photo_id, raw in rows:
            made = msgspec.json.decode(raw, type=Stamp)
            if made.boot != now.boot or now.mono_ms - made.mono_ms > UNCLAIMED_S * 1000:
                old.append(photo_id)
        with self._store.writing() as db:
            db.executemany("DELETE FROM photo WHERE photo_id = ?", [(one,) for one in old])
        self.remove(old)

    def sweep(self) -> None:
        """Remove files no row speaks of: something was cut between file and row, or between row and file.

        StoreError when the disk does not let them go."""
        if not self.folder.is_dir():
            return
        known = {f"{one}.sealed" for (one,) in self._store.rows("SELECT photo_id FROM photo WHERE gone = 0")}
        try:
            for path in self.folder.iterdir():
                if path.name not in known:
                    path.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"{self.folder}: {error.strerror or error}") from error

    def remove(self, photo_ids: Iterable[str]) -> None:
        """Remove their files; what cannot be removed now is swept at the next start."""
        for photo_id in photo_ids:
            try:
                self._path(photo_id).unlink(missing_ok=True)
            except OSError:
                continue

    def _path(self, photo_id: str) -> Path:
        return self.folder / f"{photo_id}.sealed"
