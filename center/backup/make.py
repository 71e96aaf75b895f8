"""Making a backup, also while the centre runs.

0. While it lasts no restore begins, and none may be going on: the files are those of one centre.
1. The database is copied as of one moment into a directory beside the target, checked from end to end.
2. The other files are listed after that: what a row of the copy names was on disk before the row was committed.
3. The archive is written, read back as a whole and compared, and only then takes its name.

Whatever ends it before leaves no file of that name; what a power cut leaves is removed by the next backup.
"""

import fcntl
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import quote

from center.backup import postgresql, sqlite
from center.backup.archive import Planned, read_archive, write_archive
from center.backup.manifest import ALL_PARTS, DATABASE_FILES, FILES, FOLDERS, Engine, Facts, Header, Manifest, Part
from center.backup.stage import refuse_unfinished
from center.config import load_config
from center.errors import BackupError, SetupError
from center.files import exclusive, sync_directory
from center.sole_use import is_set_up, joined

Say = Callable[..., None]
SPARE_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Made:
    """A finished backup."""

    file: Path
    size_bytes: int
    manifest: Manifest


class CheckOnly:
    """A receiver that keeps nothing."""

    def accept(self, header: Header) -> None:
        """Anything."""

    def open(self, name: str) -> nullcontext[BinaryIO | None]:
        """Nowhere."""
        return nullcontext(None)


def make_backup(
    data: Path,
    target: Path,
    *,
    parts: Sequence[Part] = ALL_PARTS,
    passphrase: bytes | None = None,
    force: bool = False,
    say: Say = lambda key, **fields: None,
    percent: Callable[[int, int], None] = lambda done, total: None,
) -> Made:
    """Write a backup of the centre in `data` to `target`.

    Raises:
        BackupError: `target` exists and `force` is not set, there is too little room, or anything cannot be read,
            written, or is damaged. SetupError: there is no centre in `data`, or it is being restored.
    """
    if target.exists() and not force:
        raise BackupError(
            f"{target} exists already; choose another name or add --force",
            f"{target} sudah ada; pilih nama lain atau tambahkan --force",
        )
    try:
        with _whole_centre(data), _room(target) as room:
            url = load_config(data).database.url
            engine: Engine = "postgresql" if url else "sqlite"
            _require_room(room, 2 * _database_bytes(data, url) + sum(one.size_bytes for one in _listed(data, parts)))
            copy = room / DATABASE_FILES[engine]
            say("backup-database")
            facts = _copy(data, url, copy, percent, say)
            planned = [Planned(copy.name, copy, copy.stat().st_size), *_keys(data, parts), *_listed(data, parts)]
            header = _header(engine, parts, planned)
            say("backup-writing", count=len(planned))
            whole = room / "whole"
            with os.fdopen(os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                manifest = write_archive(file, header, planned, facts=facts, passphrase=passphrase, percent=percent)
                os.fsync(file.fileno())
            say("backup-verifying")
            if read_archive(whole, lambda: passphrase or b"", CheckOnly()) != manifest:
                raise BackupError(
                    f"what was written to {target.parent} is not what comes back; check that disk",
                    f"yang ditulis ke {target.parent} tidak sama saat dibaca ulang; periksa disk itu",
                )
            whole.replace(target)
            sync_directory(target.parent)
    except OSError as error:
        raise BackupError(
            f"the backup cannot be written: {error.strerror or error} ({error.filename or target})",
            f"cadangan tidak dapat ditulis: {error.strerror or error} ({error.filename or target})",
        ) from error
    return Made(target, target.stat().st_size, manifest)


def prune(directory: Path, pattern: str, keep: int) -> list[Path]:
    """Remove all but the newest `keep` files of this pattern (their names sort by time); returns the removed."""
    old = sorted(directory.glob(pattern))[:-keep]
    for path in old:
        path.unlink()
    return old


@contextmanager
def _whole_centre(data: Path) -> Iterator[None]:
    """Hold restores off; asked only then whether a whole centre is there, since one may just have ended."""
    with ExitStack() as stack:
        if data.is_dir():
            stack.enter_context(joined(data))
            refuse_unfinished(data)
        if not is_set_up(data):
            raise SetupError(f"there is no centre in {data}", f"tidak ada pusat di {data}")
        yield


@contextmanager
def _room(target: Path) -> Iterator[Path]:
    """A private directory beside the target, for one backup at a time; empty at the beginning, gone at the end."""
    room = target.parent / f".{target.name}.part"
    room.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(room, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(
                f"another backup to {target} is running", f"cadangan lain ke {target} sedang berjalan"
            ) from None
        try:
            for left in room.iterdir():
                left.unlink()
            yield room
        finally:
            shutil.rmtree(room, ignore_errors=True)
    finally:
        os.close(handle)


def _require_room(room: Path, needed: int) -> None:
    """The copy of the database and the archive, as if nothing could be compressed."""
    free = shutil.disk_usage(room).free
    if free < needed + SPARE_BYTES:
        need, have = (needed + SPARE_BYTES) // 10**6, free // 10**6
        raise BackupError(
            f"too little room in {room.parent}: {have} MB free, up to {need} MB needed",
            f"ruang di {room.parent} kurang: tersedia {have} MB, perlu sampai {need} MB",
        )


def _database_bytes(data: Path, url: str) -> int:
    if url:
        return postgresql.size_bytes(url)
    return sum(path.stat().st_size for path in (data / "center.db", data / "center.db-wal") if path.exists())


def _copy(data: Path, url: str, copy: Path, percent: Callable[[int, int], None], say: Say) -> Facts:
    if url:
        return postgresql.copy_database(url, copy)
    sqlite.copy_database(data / "center.db", copy, percent)
    say("backup-checking")
    return sqlite.examine(copy)


def _keys(data: Path, parts: Sequence[Part]) -> list[Planned]:
    """The small files, read at one moment: an enrolment going on waits, or is waited for."""
    if "keys" not in parts:
        return []
    found: list[Planned] = []
    with exclusive(data / "pki" / ".lock"):
        single = [data / name for name, part in FILES.items() if part == "keys"]
        folders = [data / name for name, part in FOLDERS.items() if part == "keys"]
        for path in (*single, *(file for folder in folders for file in _files(folder))):
            if path.exists():
                content = _whole(path)
                found.append(Planned(path.relative_to(data).as_posix(), content, len(content)))
    return found


def _whole(path: Path) -> bytes:
    """What a file holds; the commander's book, which is written to all the time, as of one moment."""
    if path.suffix != ".db":
        return path.read_bytes()
    try:
        with (
            closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=60)) as source,
            closing(sqlite3.connect(":memory:")) as copy,
        ):
            source.backup(copy)
            return copy.serialize()
    except sqlite3.Error as error:
        raise BackupError.damaged(f"{path}: {error}") from error


def _listed(data: Path, parts: Sequence[Part]) -> list[Planned]:
    """The large ones, which never change once they have their name."""
    found: list[Planned] = []
    for folder in (data / name for name, part in FOLDERS.items() if part in parts and part != "keys"):
        for path in _files(folder):
            with suppress(FileNotFoundError):  # its time had come just now
                found.append(Planned(path.relative_to(data).as_posix(), path, path.lstat().st_size))
    return found


def _files(folder: Path) -> Iterator[Path]:
    """Every file below, in order; names that begin with a dot are being written or are locks."""
    for directory, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(directory, name)
            if not name.startswith(".") and not name.endswith("-journal") and path.is_file() and not path.is_symlink():
                yield path


def _header(engine: Engine, parts: Sequence[Part], planned: Sequence[Planned]) -> Header:
    return Header(
        sandi=version("sandi"),
        created_ms=int(time.time() * 1000),
        engine=engine,
        parts=tuple(parts),
        size_bytes=sum(one.size_bytes for one in planned),
        files=len(planned),
    )
