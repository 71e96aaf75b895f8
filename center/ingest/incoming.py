"""Files of pictures and blobs on their way in: none stays that no row speaks of.

A file is written before its row, because a row without its file would be a lie. The order:

1. A note in `incoming/` says which files may come.
2. Epochs are admitted, and only the files of records that are new, or known with this very content, are written.
3. The transaction makes the rows, each only while its file is there (`blobs.require`).
4. The files that no row speaks of go, then the note.

Whoever dies in between leaves the note, and the next session of any ingest process settles it. Another process may be
between 2 and 3 with the same file then. Both take the writers' turn: either its row is there before the file would
go, or it finds the file gone and does its group again.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Literal

import msgspec

from center.files import PRIVATE, write_atomic
from center.ingest import blobs
from center.ingest.database import select, write
from center.ingest.decode import Parcel, blob_path
from center.ingest.epochs import admit

FOLDER = "incoming"


class Expected(msgspec.Struct, frozen=True):
    """The identity of a record that has a file."""

    node: str
    epoch: str
    stream: str
    seq: int
    hash: str
    wall_ms: int | None = None
    """Absent in the notes of a version before pictures lay by date."""

    @property
    def path(self) -> PurePosixPath:
        """Its file, relative to the data directory."""
        return blob_path(self.stream, self.node, self.hash, self.wall_ms)


_DECODER = msgspec.json.Decoder(list[Expected])
_LANE = "node = %s AND epoch = %s AND stream = %s"


def announce(data_dir: Path, parcels: Sequence[Parcel]) -> Path:
    """Note durably which files may come; the note. The same parcels again give the same one."""
    content = msgspec.json.encode([_expected(parcel) for parcel in parcels])
    note = data_dir / FOLDER / f"{hashlib.blake2b(content, digest_size=16).hexdigest()}.json"
    blobs.make_folders(data_dir, note.parent)
    write_atomic(note, content, PRIVATE)
    return note


def keep(data_dir: Path, parcels: Sequence[Parcel]) -> None:
    """Write the files of those that are going to be stored."""
    wanted = write(lambda: [parcel.file for parcel in parcels if _is_wanted(data_dir, parcel)]) if parcels else ()
    for file in wanted:
        if file is not None:
            blobs.keep(data_dir, file)


def settle(data_dir: Path, note: Path, parcels: Sequence[Parcel] = ()) -> None:
    """Take away what the note names and no row speaks of, then the note. `parcels`: of one's own note, what is in it.

    Another process that begins a session may have settled that note already, maybe before its files were there.
    """
    try:
        expected = [_expected(parcel) for parcel in parcels] or _DECODER.decode(note.read_bytes())
    except FileNotFoundError:
        return  # another process has settled it
    except msgspec.DecodeError:
        expected = []  # a note is written in one piece: this is a damaged disk's
    unclaimed = [one for one in expected if not _is_claimed(one)]
    if unclaimed:
        write(lambda: _remove(data_dir, unclaimed))
    note.unlink(missing_ok=True)


def settle_all(data_dir: Path) -> None:
    """Settle every note there is: as many as groups were cut short; at the begin of a session."""
    for note in (data_dir / FOLDER).glob("*"):
        if note.name.startswith("."):
            note.unlink(missing_ok=True)  # of an interrupted `announce`: nothing was written after it
        else:
            settle(data_dir, note)


def _remove(data_dir: Path, expected: Sequence[Expected]) -> None:
    for one in expected:
        if not _is_claimed(one):
            blobs.remove(data_dir, one.path)


def _is_wanted(data_dir: Path, parcel: Parcel) -> bool:
    if not admit(parcel.node, parcel.epoch, parcel.received_ms):
        return False
    one = _expected(parcel)
    standing = _standing(one)
    return standing == "unknown" or (standing == "ours" and not _is_settled(data_dir, one))


def _is_settled(data_dir: Path, one: Expected) -> bool:
    """A picture that is known and needs no file: it lies where pictures lay before, or it was deleted since."""
    if one.stream != "snapshot":
        return False
    if (data_dir / blob_path(one.stream, one.node, one.hash)).exists():
        return True
    deleted = "SELECT 1 FROM cctv_deletion WHERE node = %s AND epoch = %s AND seq = %s"
    return bool(select(deleted, (one.node, one.epoch, one.seq)))


def _is_claimed(expected: Expected) -> bool:
    return _standing(expected) in {"ours", "rowless"}


def _standing(one: Expected) -> Literal["ours", "others", "rowless", "unknown"]:
    """What the database has under this identity. `rowless`: it was stored, as a row since gone or in quarantine."""
    lane = (one.node, one.epoch, one.stream)
    rows = select(f"SELECT hash FROM ingest_rawrecord WHERE {_LANE} AND seq = %s", (*lane, one.seq))  # noqa: S608
    if rows:
        return "ours" if rows[0][0] == one.hash else "others"
    span = f"SELECT 1 FROM ingest_span WHERE {_LANE} AND first <= %s AND last >= %s"  # noqa: S608
    return "rowless" if select(span, (*lane, one.seq, one.seq)) else "unknown"


def _expected(parcel: Parcel) -> Expected:
    (record,) = parcel.records
    return Expected(parcel.node, parcel.epoch, parcel.stream, record.seq, record.hash, record.wall_ms)
