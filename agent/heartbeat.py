"""A sign of life on disk: one preallocated 4 KiB file, written in place every 30 s.

It bounds the moment of a power cut to half a minute and costs one block per beat (a row in the database would cost
two and its journal). The timekeeper leaves a beat out where a commit of the outbox has just said the same. Two slots
are written in turn, each inside one 512-byte sector, so that a cut in the middle of a write leaves the other readable.
"""

import errno
import os
import threading
import zlib
from pathlib import Path
from typing import Final

import msgspec

from agent.core.clock import Stamp
from agent.core.endings import Beat

FILE_BYTES: Final = 4096
SLOT_BYTES: Final = 2048
RECORD_BYTES: Final = 512
PERIOD_S: Final = 30.0
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)


class _Slot(msgspec.Struct):
    count: int
    beat: Beat


class Heartbeat:
    """The one writer of the file. `previous` is what the run before left; the file is made when missing.

    `after` is noted in each beat, see `Beat`. Beats may come from several threads: one that was given up while the disk
    hung goes on beside the next one, or beside the stop marker.
    """

    def __init__(self, path: Path, after: str | None = None) -> None:
        self._path = path
        self.existed = path.exists()
        newest = max(_read_slots(path), key=lambda slot: slot.count, default=None)
        self.previous: Beat | None = newest.beat if newest else None
        self._count = newest.count if newest else 0
        self._after = after
        self._lock = threading.Lock()
        self._stopped = self._filled = False
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            self._fill()
        except OSError as error:
            if error.errno not in _NO_ROOM:  # on a full disk the agent lives on, and each beat tries again
                os.close(self._fd)
                raise

    def beat(self, stamp: Stamp, stop: str = "") -> None:
        """Write one beat; with `stop`, the stop marker, after which no more beats are written.

        OSError when the disk refuses (the caller warns).
        """
        with self._lock:
            if self._stopped:  # a beat that was given up long ago and comes only now
                return
            self._stopped = bool(stop)
            if not self._filled:
                self._fill()
            self._write(
                Beat(stamp.boot, stamp.run, stamp.mono_ms, stamp.wall_ms, stamp.synced, stop[:100], self._after)
            )

    def close(self) -> None:
        """Close the file, unless a write still hangs in it: its number must not become another file's meanwhile."""
        if self._lock.acquire(blocking=False):
            os.close(self._fd)
            self._fd = -1
            self._lock.release()

    def _write(self, beat: Beat) -> None:
        self._count += 1
        payload = msgspec.json.encode(_Slot(self._count, beat))
        line = b"%08x %s\n" % (zlib.crc32(payload), payload)
        if len(line) > RECORD_BYTES:
            raise ValueError(f"a heartbeat of {len(line)} bytes does not fit its sector")
        os.pwrite(self._fd, line.ljust(RECORD_BYTES, b"\0"), (self._count % 2) * SLOT_BYTES)
        os.fdatasync(self._fd)

    def _fill(self) -> None:
        """Real blocks for the whole file, so that a full disk cannot stop the heart; what stands in it stays.

        They are counted, not only the length: a power cut while the file was made leaves its length without them.
        """
        found = os.fstat(self._fd)
        if found.st_size != FILE_BYTES or found.st_blocks * 512 < FILE_BYTES:
            content = os.pread(self._fd, FILE_BYTES, 0).ljust(FILE_BYTES, b"\0")
            if os.pwrite(self._fd, content, 0) != FILE_BYTES:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.ftruncate(self._fd, FILE_BYTES)
            os.fsync(self._fd)
            _sync_folder(self._path.parent)
        self._filled = True


def last_beat(path: Path) -> Beat | None:
    """The latest beat in the file, for reading only."""
    newest = max(_read_slots(path), key=lambda slot: slot.count, default=None)
    return newest.beat if newest else None


def _read_slots(path: Path) -> list[_Slot]:
    try:
        raw = path.read_bytes()[:FILE_BYTES]
    except OSError:
        return []
    return [slot for start in (0, SLOT_BYTES) if (slot := _decode(raw[start : start + RECORD_BYTES])) is not None]


def _decode(sector: bytes) -> _Slot | None:
    checksum, _, payload = sector.rstrip(b"\0").rstrip(b"\n").partition(b" ")
    if checksum != b"%08x" % zlib.crc32(payload):
        return None
    try:
        return msgspec.json.decode(payload, type=_Slot)
    except msgspec.DecodeError:
        return None


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
