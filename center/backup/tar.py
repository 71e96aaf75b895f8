"""A tar archive inside gzip, reduced to what a backup needs: regular files with plain names, in one pass.

Python's tarfile obeys links, devices, owners and extension headers of any length; a reader that knows none of them
has nothing to be tricked with. What is written is ordinary ustar, with GNU's number format for files from 8 GiB on.
"""

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final, Protocol

from center.errors import BackupError

_BLOCK: Final = tarfile.BLOCKSIZE
_PIECE: Final = 1024 * 1024
_USTAR_MOST: Final = 8**11 - 1


class Sink(Protocol):
    """Where bytes go."""

    def write(self, data: bytes) -> None:
        """Append."""


class TarWriter:
    """Members one after the other; `level` is gzip's for each: 0 for what is compressed or encrypted already."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._level = 1
        self._gzip = _compressor(1)

    def begin(self, name: str, size_bytes: int, mtime_s: int, *, level: int = 1) -> None:
        """The header of a member; exactly `size_bytes` must follow through `write`, then `end`."""
        if level != self._level:  # gzip streams may follow one another: each has its own level
            self._sink.write(self._gzip.flush())
            self._level, self._gzip = level, _compressor(level)
        self._left = size_bytes
        self._padding = -size_bytes % _BLOCK
        self._put(_header(name, size_bytes, mtime_s))

    def write(self, data: bytes) -> None:
        """A piece of the member's content."""
        self._left -= len(data)
        self._put(data)

    def end(self) -> None:
        """The member is complete."""
        if self._left:
            raise BackupError(
                f"a file changed its size while it was copied ({self._left} bytes); try again",
                f"ukuran sebuah berkas berubah selagi disalin ({self._left} byte); coba lagi",
            )
        self._put(bytes(self._padding))

    def finish(self) -> None:
        """No more members."""
        self._put(bytes(2 * _BLOCK))
        self._sink.write(self._gzip.flush())

    def _put(self, data: bytes) -> None:
        if packed := self._gzip.compress(data):
            self._sink.write(packed)


class TarReader:
    """Iterate over (name, size_bytes); read the member's content with `pieces` before the next one."""

    def __init__(self, source: BinaryIO) -> None:
        self._plain = gzip.GzipFile(fileobj=source, mode="rb")
        self._left = 0
        self._padding = 0

    def __iter__(self) -> Iterator[tuple[str, int]]:
        while True:
            self._take(self._left + self._padding, keep=False)
            self._left = self._padding = 0
            block = self._take(_BLOCK)
            if block == bytes(_BLOCK):
                self._close()
                return
            try:
                info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
            except (tarfile.HeaderError, UnicodeDecodeError, ValueError) as error:
                raise BackupError.damaged(f"a header in it: {error}") from error
            if info.type != tarfile.REGTYPE or info.size < 0:
                raise BackupError.damaged("it holds something else than files")
            self._left, self._padding = info.size, -info.size % _BLOCK
            yield info.name, info.size

    def pieces(self) -> Iterator[bytes]:
        """The content of the present member."""
        while self._left:
            piece = self._take(min(self._left, _PIECE))
            self._left -= len(piece)
            yield piece

    def _close(self) -> None:
        if self._take(_BLOCK) != bytes(_BLOCK) or self._read(1):
            raise BackupError.damaged("something follows its end")

    def _take(self, size: int, *, keep: bool = True) -> bytes:
        """Exactly so many bytes; without `keep` they are only passed over."""
        parts: list[bytes] = []
        while size:
            part = self._read(min(size, _PIECE))
            if not part:
                raise BackupError.damaged("it ends too early")
            size -= len(part)
            if keep:
                parts.append(part)
        return b"".join(parts)

    def _read(self, size: int) -> bytes:
        try:
            return self._plain.read(size)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise BackupError.damaged(str(error)) from error


def _header(name: str, size_bytes: int, mtime_s: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = min(size_bytes, _USTAR_MOST), mtime_s, 0o600
    try:
        block = bytearray(info.tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict"))
    except ValueError as error:
        raise BackupError(
            f"{name} cannot be put into a backup: {error}", f"{name} tidak dapat dimasukkan ke cadangan: {error}"
        ) from error
    if size_bytes > _USTAR_MOST:
        block[124:136] = b"\x80" + size_bytes.to_bytes(11, "big")
        block[148:156] = b" " * 8  # the checksum counts itself as blanks
        block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def _compressor(level: int) -> "zlib._Compress":
    return zlib.compressobj(level, zlib.DEFLATED, 31)
