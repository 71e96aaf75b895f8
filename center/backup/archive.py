"""Writing and reading the file as a whole: header, the centre's files, manifest. Nothing read is believed unchecked."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from center.backup.manifest import (
    HEADER_NAME,
    MANIFEST_NAME,
    MAX_HEADER_BYTES,
    MAX_MANIFEST_BYTES,
    Facts,
    File,
    Header,
    Manifest,
    decode_header,
    decode_manifest,
    encode,
    part_of,
)
from center.backup.streams import PlainReader, PlainWriter, SealedReader, SealedWriter, is_sealed
from center.backup.tar import TarReader, TarWriter
from center.errors import BackupError

_PIECE: Final = 1024 * 1024
Percent = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Planned:
    """One file to go in: under which name, and from where (or what, when it is small and must be of one moment)."""

    name: str
    source: Path | bytes
    size_bytes: int


class Receiver(Protocol):
    """Where the files of an archive go while it is read."""

    def accept(self, header: Header) -> None:
        """Called first; raise BackupError to stop here."""

    def open(self, name: str) -> AbstractContextManager[BinaryIO | None]:
        """For one file's content."""


def write_archive(
    file: BinaryIO,
    header: Header,
    planned: Iterable[Planned],
    *,
    facts: Facts,
    passphrase: bytes | None,
    percent: Percent = lambda done, total: None,
) -> Manifest:
    """Write a whole backup to an open file and sync it; returns the manifest that is its last member."""
    sink = PlainWriter(file) if passphrase is None else SealedWriter(file, passphrase)
    tar = TarWriter(sink)
    _put_small(tar, HEADER_NAME, encode(header), header)
    files: list[File] = []
    missing: list[str] = []
    done = 0
    for one in planned:
        try:
            files.append(_put(tar, one))
        except FileNotFoundError:
            if part_of(one.name) != "pictures":
                raise
            missing.append(one.name)
        done += one.size_bytes
        percent(done, header.size_bytes)
    manifest = Manifest(header=header, facts=facts, missing=tuple(missing), files=tuple(files))
    _put_small(tar, MANIFEST_NAME, encode(manifest), header)
    tar.finish()
    sink.finish()
    return manifest


def read_archive(path: Path, passphrase: Callable[[], bytes], receiver: Receiver) -> Manifest:
    """Read a backup from end to end, giving each file to `receiver`; `passphrase` is called when it is encrypted.

    Only when this returns is the backup whole: what was received before must be thrown away otherwise.

    Raises:
        BackupError: it cannot be opened, is damaged, or holds something else than a centre's files.
    """
    try:
        with path.open("rb") as file:
            source = SealedReader(file, passphrase()) if is_sealed(file) else PlainReader(file)
            manifest = _Reading(TarReader(source), receiver).run()  # type: ignore[arg-type]
            source.finish()
            return manifest
    except OSError as error:
        if error.filename is not None and Path(str(error.filename)) != path:
            raise
        raise BackupError(
            f"cannot read {path}: {error.strerror or error}", f"tidak dapat membaca {path}: {error.strerror or error}"
        ) from error


class _Reading:
    """One pass over an archive: the header first, the manifest last, in between what the manifest must confirm."""

    def __init__(self, tar: TarReader, receiver: Receiver) -> None:
        self._tar = tar
        self._receiver = receiver
        self._header: Header | None = None
        self._manifest: Manifest | None = None
        self._files: dict[str, File] = {}
        self._size_bytes = 0

    def run(self) -> Manifest:
        for name, size_bytes in self._tar:
            if self._manifest is not None:
                raise BackupError.damaged("something follows its manifest")
            if self._header is None:
                self._header = self._begin(name, size_bytes)
            elif name == MANIFEST_NAME:
                self._manifest = decode_manifest(self._small(size_bytes, MAX_MANIFEST_BYTES))
            else:
                self._take(name, size_bytes, self._header)
        if self._manifest is None:
            raise BackupError.damaged("it has no manifest")
        listed = {one.path: one for one in self._manifest.files}
        if self._manifest.header != self._header or listed != self._files or len(listed) != len(self._manifest.files):
            raise BackupError.damaged("its files are not those of its manifest")
        return self._manifest

    def _begin(self, name: str, size_bytes: int) -> Header:
        if name != HEADER_NAME:
            raise BackupError.damaged(f"it begins with {name[:80]!r}")
        header = decode_header(self._small(size_bytes, MAX_HEADER_BYTES))
        self._receiver.accept(header)
        return header

    def _take(self, name: str, size_bytes: int, header: Header) -> None:
        part = part_of(name)
        self._size_bytes += size_bytes
        if part not in header.parts or name in self._files:
            raise BackupError.damaged(f"{name} does not belong in it, or is in it twice")
        if self._size_bytes > header.size_bytes or len(self._files) >= header.files:
            raise BackupError.damaged("it holds more than its header says")
        digest = hashlib.sha256()
        with self._receiver.open(name) as output:
            for piece in self._tar.pieces():
                digest.update(piece)
                if output is not None:
                    output.write(piece)
        self._files[name] = File(name, size_bytes, digest.hexdigest())

    def _small(self, size_bytes: int, most: int) -> bytes:
        if size_bytes > most:
            raise BackupError.damaged("its header or manifest is too large")
        return b"".join(self._tar.pieces())


def _put_small(tar: TarWriter, name: str, content: bytes, header: Header) -> None:
    tar.begin(name, len(content), header.created_ms // 1000)
    tar.write(content)
    tar.end()


def _put(tar: TarWriter, one: Planned) -> File:
    part = part_of(one.name)
    level = 0 if part in {"pictures", "attachments"} else 1
    digest = hashlib.sha256()
    if isinstance(one.source, bytes):
        tar.begin(one.name, len(one.source), 0, level=level)
        tar.write(one.source)
        tar.end()
        return File(one.name, len(one.source), hashlib.sha256(one.source).hexdigest())
    handle = os.open(one.source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_size > one.size_bytes:
            raise BackupError(
                f"{one.source} is no file or has grown; nothing of the centre's does that",
                f"{one.source} bukan berkas atau bertambah besar; berkas pusat tidak pernah begitu",
            )
        tar.begin(one.name, found.st_size, int(found.st_mtime), level=level)
        left = found.st_size
        while left and (piece := file.read(min(left, _PIECE))):
            digest.update(piece)
            tar.write(piece)
            left -= len(piece)
        tar.end()
    return File(one.name, found.st_size, digest.hexdigest())
