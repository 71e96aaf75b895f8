"""The outermost layer of a backup's file: whole and unchanged to the last bit, or refused. Optionally encrypted.

Plain: a gzip stream, so that `tar -xzf` opens it anywhere. It ends with an empty gzip member that carries the SHA-256
of everything before it in its extra field, which other programs skip: a changed bit is found wherever it is.

Encrypted (begins with MAGIC):

    MAGIC(16)  log2 n, r, p (1 byte each)  salt(16)  prefix(7)
    chunks: AES-256-GCM over 1 MiB of plain text each, the last one shorter (or empty)

The key is scrypt(passphrase, salt). A chunk's nonce is prefix + its number (4 bytes) + 1 for the last one, else 0;
the header is authenticated with every chunk. So chunks can neither be changed, left out, repeated, put in another
order, nor cut off at the end: this is the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizar 2015).
"""

import hashlib
import io
import os
import secrets
import struct
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from center.errors import BackupError

MAGIC: Final = b"SANDI BACKUP 1 E"
CHUNK_BYTES: Final = 1024 * 1024
LOG2_N, BLOCK, PARALLEL = 16, 8, 1
"""scrypt with 64 MiB and about 0.2 s per guess."""
_TAG = 16
_HEADER = struct.Struct(">16sBBB16s7s")
_SYNC_BYTES = 8 * 1024 * 1024
"""Written and synced in portions: much unsynced data would hold up the fsync of ingest's commits."""
_TRAILER_HEAD = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff" + struct.pack("<H2sH", 36, b"Sd", 32)
_TRAILER_TAIL = b"\x03\0" + bytes(8)
TRAILER_BYTES: Final = len(_TRAILER_HEAD) + 32 + len(_TRAILER_TAIL)


class PlainWriter:
    """Passes bytes on to the file; `finish` adds the digest and syncs."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._unsynced = 0

    def write(self, data: bytes) -> None:
        """Append."""
        self._digest.update(data)
        self._put(data)

    def finish(self) -> None:
        """Nothing follows."""
        self._put(_TRAILER_HEAD + self._digest.digest() + _TRAILER_TAIL)
        self._sync()

    def _put(self, data: bytes) -> None:
        self._file.write(data)
        self._unsynced += len(data)
        if self._unsynced >= _SYNC_BYTES:
            self._sync()

    def _sync(self) -> None:
        self._file.flush()
        os.fdatasync(self._file.fileno())
        self._unsynced = 0


class SealedWriter(PlainWriter):
    """The same, encrypted with a passphrase."""

    def __init__(self, file: BinaryIO, passphrase: bytes) -> None:
        super().__init__(file)
        self._header = _HEADER.pack(
            MAGIC, LOG2_N, BLOCK, PARALLEL, secrets.token_bytes(16), prefix := secrets.token_bytes(7)
        )
        self._chunks = _Chunks(self._header, prefix, _key(self._header, passphrase))
        self._pending = bytearray()
        self._put(self._header)

    def write(self, data: bytes) -> None:
        """Append; whole chunks go out as soon as it is known that they are not the last."""
        self._pending += data
        while len(self._pending) > CHUNK_BYTES:
            self._put(self._chunks.seal(bytes(self._pending[:CHUNK_BYTES]), last=False))
            del self._pending[:CHUNK_BYTES]

    def finish(self) -> None:
        """Nothing follows."""
        self._put(self._chunks.seal(bytes(self._pending), last=True))
        self._sync()


class PlainReader(io.RawIOBase):
    """Reads what PlainWriter wrote, up to the digest; `finish` says whether all of it was as written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = os.fstat(file.fileno()).st_size - TRAILER_BYTES
        self._digest = hashlib.sha256()
        if self._left <= 0:
            raise BackupError.damaged("it is too short")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._file.read(min(len(buffer), self._left))
        self._digest.update(data)
        self._left -= len(data)
        buffer[: len(data)] = data
        return len(data)

    def finish(self) -> None:
        """Call at the end. BackupError when something is left over or was changed."""
        while self.read(CHUNK_BYTES):
            pass
        if self._file.read() != _TRAILER_HEAD + self._digest.digest() + _TRAILER_TAIL:
            raise BackupError.damaged("its checksum does not fit")


class SealedReader(io.RawIOBase):
    """Reads what SealedWriter wrote. No byte comes out of it that was not authenticated."""

    def __init__(self, file: BinaryIO, passphrase: bytes) -> None:
        self._file = file
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size:
            raise BackupError.damaged("it is too short")
        self._chunks = _Chunks(header, _HEADER.unpack(header)[5], _key(header, passphrase))
        self._ahead = file.read(CHUNK_BYTES + _TAG)
        self._plain = b""
        self._ended = False
        self._first = True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._plain and not self._ended:
            self._next()
        taken = self._plain[: len(buffer)]
        self._plain = self._plain[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)

    def finish(self) -> None:
        """Call at the end. BackupError when something is left over."""
        while self.read(CHUNK_BYTES):
            pass

    def _next(self) -> None:
        sealed, self._ahead = self._ahead, self._file.read(CHUNK_BYTES + _TAG)
        self._ended = not self._ahead
        try:
            self._plain = self._chunks.open(sealed, last=self._ended)
        except InvalidTag:
            if self._first:
                raise BackupError(
                    "the passphrase is wrong, or the beginning of the backup is damaged",
                    "frasa sandi salah, atau awal cadangan rusak",
                ) from None
            raise BackupError.damaged("a part of it was changed, moved or cut off") from None
        self._first = False


class _Chunks:
    """Numbers the chunks, so that each has its own nonce and its own place."""

    def __init__(self, header: bytes, prefix: bytes, key: bytes) -> None:
        self._header, self._prefix = header, prefix
        self._cipher = AESGCM(key)
        self._number = 0

    def seal(self, plain: bytes, *, last: bool) -> bytes:
        return self._cipher.encrypt(self._nonce(last), plain, self._header)

    def open(self, sealed: bytes, *, last: bool) -> bytes:
        return self._cipher.decrypt(self._nonce(last), sealed, self._header)

    def _nonce(self, last: bool) -> bytes:
        nonce = self._prefix + struct.pack(">IB", self._number, last)
        self._number += 1
        return nonce


def is_sealed(file: BinaryIO) -> bool:
    """Whether a passphrase is needed; the file is at its beginning again afterwards."""
    start = file.read(len(MAGIC))
    file.seek(0)
    return start == MAGIC


def _key(header: bytes, passphrase: bytes) -> bytes:
    _magic, log2_n, block, parallel, salt, _prefix = _HEADER.unpack(header)
    if (log2_n, block, parallel) != (LOG2_N, BLOCK, PARALLEL):  # another strength would be another format
        raise BackupError.damaged("its header is not one of this version")
    return Scrypt(salt=salt, length=32, n=2**log2_n, r=block, p=parallel).derive(passphrase)
