"""The files of the outage journal: `data_dir/journal/000012-<id>.jsonl`, the newest with the highest number.

Each line is on the disk before anybody goes on (fsync at begin, at each step and at the end; an outage has a handful).
A line that does not fit on the disk is taken back whole, so that the next one does not stick to its stump. Bounds: one
file, all files together, their number, and their age where the clock can be trusted; the oldest give way, and the one
being written never does.
"""

import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from agent.core.journal import (
    MAX_FILE_BYTES,
    End,
    Entry,
    Header,
    JournalError,
    Recorded,
    end_line,
    entry_line,
    header_line,
    parse,
)
from agent.files import sync_directory
from wire.shape import Struct

log = logging.getLogger("agent.outages")

MOST_BYTES: Final = 256 * 1024
"""Of one file. A line is about 4 kB: sixty steps, which an outage of hours does not have."""
MOST_FILES: Final = 200
MOST_TOTAL_BYTES: Final = 4 * 1024 * 1024
MOST_AGE_S: Final = 400 * 86_400
"""A year and a month: last year's rainy season can still be looked at."""
_END_BYTES: Final = 2048
"""The last line and some of what is before it: its texts are of at most 200 characters."""
_NAME: Final = re.compile(r"(\d{6,9})-([0-9a-z-]{1,64})\.jsonl")


class Book(Struct):
    """The journal of one outage, open for more lines. Methods block; OSError when the disk refuses."""

    path: Path
    size_bytes: int

    def entry(self, entry: Entry) -> bool:
        """Write one evaluation; False when the file is full."""
        line = entry_line(entry)
        if self.size_bytes + len(line) > MOST_BYTES:
            return False
        self.append(line)
        return True

    def end(self, end: End) -> None:
        """Write the last line, for which there is always room."""
        self.append(end_line(end))

    def append(self, line: bytes) -> None:
        """Write one line, or nothing."""
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o640)
        try:
            os.ftruncate(handle, self.size_bytes)
            os.lseek(handle, 0, os.SEEK_END)
            try:
                _write(handle, line)
                os.fsync(handle)
            except OSError:
                os.ftruncate(handle, self.size_bytes)
                raise
            self.size_bytes += len(line)
        finally:
            os.close(handle)


class Journals:
    """All journals of this node, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, header: Header, wall_s: float | None) -> Book:
        """A new file with this header. `wall_s`: the time now, None while the clock is not to be trusted."""
        self.folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        self._make_room(wall_s)
        number = max((found for found, _ in numbered(self.folder)), default=0) + 1
        book = Book(self.folder / f"{number:06d}-{header.id}.jsonl", 0)
        try:
            book.append(header_line(header))
            sync_directory(self.folder)
        except OSError:
            book.path.unlink(missing_ok=True)
            raise
        return book

    def unfinished(self) -> Iterator[tuple[Book, Recorded]]:
        """What an earlier run left without an end, oldest first."""
        for _, path in numbered(self.folder):
            try:
                if _has_end(path):
                    continue
                raw = read_bytes(path)
                raw = raw[: raw.rfind(b"\n") + 1]  # a torn last line gives way to the end
                found = parse(raw)
            except (OSError, JournalError) as error:
                log.warning("journal-unreadable", extra={"file": path.name, "detail": str(error)})
                continue
            if found.end is None:
                yield Book(path, len(raw)), found

    def _make_room(self, wall_s: float | None) -> None:
        paths = [path for _, path in numbered(self.folder)]
        stats = {path: path.stat() for path in paths}
        total = sum(stat.st_size for stat in stats.values())
        left = len(paths)
        for path in paths:
            old = wall_s is not None and wall_s - stats[path].st_mtime > MOST_AGE_S
            if not old and left < MOST_FILES and total + MOST_BYTES <= MOST_TOTAL_BYTES:
                return
            path.unlink(missing_ok=True)
            left, total = left - 1, total - stats[path].st_size


def numbered(folder: Path) -> list[tuple[int, Path]]:
    """The journals in a folder by number, oldest first; none where there is no folder. Raises PermissionError."""
    try:
        paths = list(folder.iterdir())
    except FileNotFoundError:
        return []
    found = [(int(match[1]), path) for path in paths if (match := _NAME.fullmatch(path.name)) is not None]
    return sorted(found)


def read(path: Path) -> Recorded:
    """One journal. Raises OSError, JournalError."""
    return parse(read_bytes(path))


def read_bytes(path: Path) -> bytes:
    """At most one byte more than a journal may have."""
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES + 1)


def _has_end(path: Path) -> bool:
    """Whether the last line is the end: so are nearly all, and four megabytes are not parsed at each start."""
    with path.open("rb") as file:
        file.seek(-min(_END_BYTES, file.seek(0, os.SEEK_END)), os.SEEK_END)
        tail = file.read(_END_BYTES)
    return tail.endswith(b"}\n") and tail[:-1].rpartition(b"\n")[2].startswith(b'{"end_ms":')


def _write(handle: int, line: bytes) -> None:
    rest = memoryview(line)
    while rest:
        rest = rest[os.write(handle, rest) :]
