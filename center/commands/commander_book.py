"""What the commands about the commander share: its book, the present moment, times as text."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from center.errors import CenterError

if TYPE_CHECKING:
    from center.commander.book import Book


@contextmanager
def book_of(data: Path) -> Iterator["Book"]:
    """The commander's book, for the length of a command. Raises CenterError."""
    from center.commander.book import Book
    from center.commander.keys import FOLDER

    try:
        there = (data / FOLDER / "keys").is_dir()
    except OSError:
        there = False
    if not there:
        raise CenterError(
            f"there is no commander in {data}, or this user may not look; run this as the commander's user (sudo -u "
            f"sandi-commander ...), or make a centre: sandi-center init --data {data}",
            f"tidak ada komandan di {data}, atau pengguna ini tidak boleh melihat; jalankan sebagai pengguna komandan "
            f"(sudo -u sandi-commander ...), atau buat pusat: sandi-center init --data {data}",
        )
    book = Book(data / FOLDER)
    try:
        yield book
    finally:
        book.close()


def now_ms() -> int:
    """Unix time."""
    return time.time_ns() // 1_000_000


def utc(at_ms: int) -> str:
    """A moment as text."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
