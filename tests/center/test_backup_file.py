"""The file of a backup as bytes: what was changed, cut or made up is refused by a sentence, whatever it is."""

import functools
import gzip
import hashlib
import io
import os
import random
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.backup import streams
from center.backup.archive import Planned, read_archive, write_archive
from center.backup.make import CheckOnly
from center.backup.manifest import ALL_PARTS, Facts, Header, Manifest, encode
from center.backup.streams import CHUNK_BYTES, PlainWriter, SealedReader, SealedWriter
from center.backup.tar import TarReader, TarWriter
from center.errors import BackupError

PASSPHRASE = b"a passphrase for tests"
FACTS = Facts(generation="g", nodes=1, records=2, complaints=3, migrations={"ingest": "0001_initial"})
CONTENT = {
    "center.db": random.Random(1).randbytes(70_000) + bytes(30_000),
    "center.toml": b"",
    "secret_key": b"s" * 64,
    "pki/clients/center-ingest-1/client.key": b"key",
    "attachments/kel-3673011001/ab/" + "a" * 64 + ".sealed": b"x" * 512,
    "snapshots/kel-3673011001/cd/" + "c" * 64 + ".jpg": random.Random(2).randbytes(5000),
}


class Kept:
    """A receiver that keeps what it is given."""

    def __init__(self) -> None:
        self.files: dict[str, io.BytesIO] = {}

    def accept(self, header: Header) -> None:
        self.header = header

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        self.files[name] = io.BytesIO()
        yield self.files[name]


def header(**fields: object) -> Header:
    size = sum(map(len, CONTENT.values()))
    known = {"sandi": "0.1.0", "created_ms": 1, "engine": "sqlite", "parts": ALL_PARTS, "size_bytes": size, "files": 6}
    return Header(**{**known, **fields})  # type: ignore[arg-type]


def write(path: Path, passphrase: bytes | None = None, head: Header | None = None) -> Manifest:
    planned = [Planned(name, content, len(content)) for name, content in CONTENT.items()]
    with path.open("wb") as file:
        return write_archive(file, head or header(), planned, facts=FACTS, passphrase=passphrase)


def check(path: Path) -> Manifest:
    return read_archive(path, lambda: PASSPHRASE, CheckOnly())


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, bytes]:
    """A plain and an encrypted backup."""
    path = tmp_path_factory.mktemp("whole") / "backup"
    found = {}
    for sealed in (False, True):
        write(path, PASSPHRASE if sealed else None)
        found[sealed] = path.read_bytes()
    return found


@pytest.fixture(autouse=True, scope="module")
def one_derivation_per_key() -> Iterator[None]:
    """scrypt is slow on purpose; the same header and passphrase give the same key."""
    original = streams._key
    streams._key = functools.cache(original)
    try:
        yield
    finally:
        streams._key = original


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_what_went_in_comes_out(tmp_path: Path, passphrase: bytes | None) -> None:
    written = write(tmp_path / "backup", passphrase)
    kept = Kept()
    assert read_archive(tmp_path / "backup", lambda: PASSPHRASE, kept) == written
    assert {name: file.getvalue() for name, file in kept.files.items()} == CONTENT
    assert {one.path: one.sha256 for one in written.files} == {
        name: hashlib.sha256(content).hexdigest() for name, content in CONTENT.items()
    }


def test_ordinary_tar_opens_a_plain_backup(tmp_path: Path, whole: dict[bool, bytes]) -> None:
    (tmp_path / "backup.tar.gz").write_bytes(whole[False])
    subprocess.run(["tar", "-xzf", "backup.tar.gz"], cwd=tmp_path, check=True, capture_output=True)
    for name, content in CONTENT.items():
        assert (tmp_path / name).read_bytes() == content


def test_an_encrypted_backup_shows_nothing_of_its_content(whole: dict[bool, bytes]) -> None:
    assert b"center.db" in gzip.decompress(whole[False])
    assert not any(word in whole[True] for word in (b"center", b"kel-", b"\x1f\x8b\x08"))
    assert whole[True][:16] == streams.MAGIC


@given(data=st.data(), sealed=st.booleans())
def test_a_changed_bit_anywhere_is_found(
    data: st.DataObject, sealed: bool, whole: dict[bool, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    damaged = bytearray(whole[sealed])
    # Headers, trailers and member boundaries are where a reader is most easily fooled.
    ends = st.integers(0, 120) | st.integers(len(damaged) - 120, len(damaged) - 1)
    place = data.draw(ends | st.integers(0, len(damaged) - 1))
    damaged[place] ^= 1 << data.draw(st.integers(0, 7))
    refused(bytes(damaged), tmp_path_factory)


@given(data=st.data(), sealed=st.booleans())
def test_a_cut_a_gap_a_repetition_and_an_addition_are_found(
    data: st.DataObject, sealed: bool, whole: dict[bool, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = whole[sealed]
    first, second = sorted((data.draw(st.integers(0, len(content))), data.draw(st.integers(0, len(content)))))
    how = data.draw(st.sampled_from(["cut", "gap", "repeat", "more", "swap"]))
    middle = (first + second) // 2
    damaged = {
        "cut": content[:first],
        "gap": content[:first] + content[second:],
        "repeat": content[:second] + content[first:],
        "more": content + content[first:second],
        "swap": content[:first] + content[middle:second] + content[first:middle] + content[second:],
    }[how]
    if damaged != content:
        refused(damaged, tmp_path_factory)


@given(noise=st.binary(max_size=2000), start=st.sampled_from([b"", streams.MAGIC, b"\x1f\x8b\x08"]))
def test_random_bytes_are_refused(noise: bytes, start: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    refused(start + noise, tmp_path_factory)


def refused(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(content)
    with pytest.raises(BackupError):
        check(path)


def test_a_wrong_passphrase_is_said_to_be_that(tmp_path: Path) -> None:
    write(tmp_path / "backup", b"another passphrase")
    with pytest.raises(BackupError, match="passphrase is wrong"):
        check(tmp_path / "backup")


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_chunks_of_an_encrypted_stream_hold_their_place(tmp_path: Path, size: int) -> None:
    path, plain = tmp_path / "stream", random.Random(size).randbytes(size)
    with path.open("wb") as file:
        writer = SealedWriter(file, PASSPHRASE)
        for start in range(0, size, 700_001):
            writer.write(plain[start : start + 700_001])
        writer.finish()

    def read(content: bytes) -> bytes:
        path.write_bytes(content)
        with path.open("rb") as file:
            reader = SealedReader(file, PASSPHRASE)
            found = reader.readall()
            reader.finish()
            assert found is not None
            return found

    sealed = path.read_bytes()
    assert read(sealed) == plain
    start, step = 42, CHUNK_BYTES + 16
    chunks = [sealed[place : place + step] for place in range(start, len(sealed), step)]
    assert len(chunks) == max(1, -(-size // CHUNK_BYTES))
    for wrong in (chunks[:-1], [*chunks, chunks[-1]], [chunks[-1], *chunks[:-1]], chunks[1:], [*chunks, b""][::-1]):
        if b"".join(wrong) != b"".join(chunks):
            with pytest.raises(BackupError):
                read(sealed[:start] + b"".join(wrong))


def crafted(tmp_path: Path, make: Callable[[TarWriter], None]) -> Path:
    """An archive whose checksum is right and whose content somebody made up."""
    path = tmp_path / "crafted"
    with path.open("wb") as file:
        sink = PlainWriter(file)
        tar = TarWriter(sink)
        make(tar)
        tar.finish()
        sink.finish()
    return path


def put(tar: TarWriter, name: str, content: bytes) -> None:
    tar.begin(name, len(content), 0)
    tar.write(content)
    tar.end()


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/passwd", "pki/../../evil", "pki//x", "pki/.hidden", "pki", "pki/", "evil", "snapshots/a/../b",
     "snapshots/\x01", ".restore/complete", "center.db-wal", "sessions.db"],
)  # fmt: skip
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    def make(tar: TarWriter) -> None:
        put(tar, "sandi-backup.json", encode(header()))
        put(tar, name, b"x")

    with pytest.raises(BackupError, match="damaged"):
        check(crafted(tmp_path, make))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE,
                                  tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.CHRTYPE])  # fmt: skip
def test_links_devices_and_extension_headers_are_refused(tmp_path: Path, kind: bytes) -> None:
    def make(tar: TarWriter) -> None:
        put(tar, "sandi-backup.json", encode(header()))
        info = tarfile.TarInfo("pki/ca.key")
        info.type, info.linkname = kind, "/etc/shadow"
        tar._put(info.tobuf(tarfile.USTAR_FORMAT))

    with pytest.raises(BackupError, match="something else than files"):
        check(crafted(tmp_path, make))


def test_more_than_the_header_says_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    def make(tar: TarWriter, head: Header) -> None:
        put(tar, "sandi-backup.json", encode(head))
        put(tar, "secret_key", b"x" * 64)
        put(tar, "center.db", bytes(100_000_000))

    for head in (header(size_bytes=1000), header(files=1), header(parts=("keys",))):
        kept = Kept()
        with pytest.raises(BackupError):
            read_archive(crafted(tmp_path, lambda tar, head=head: make(tar, head)), lambda: b"", kept)
        assert list(kept.files) == ["secret_key"]


def test_a_format_of_the_future_is_named(tmp_path: Path) -> None:
    def make(tar: TarWriter) -> None:
        put(tar, "sandi-backup.json", b'{"format": 7, "unknown": []}')

    with pytest.raises(BackupError, match="format 7, this version of Sandi knows 1"):
        check(crafted(tmp_path, make))


def test_a_manifest_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    real = write(tmp_path / "backup")
    other = Manifest(header=real.header, facts=FACTS, files=real.files[:-1])
    for manifest in (encode(other), b"{}", b"[" * 100_000, None):

        def make(tar: TarWriter, manifest: bytes | None = manifest) -> None:
            put(tar, "sandi-backup.json", encode(real.header))
            for name, content in CONTENT.items():
                put(tar, name, content)
            if manifest is not None:
                put(tar, "manifest.json", manifest)

        with pytest.raises(BackupError, match="damaged"):
            check(crafted(tmp_path, make))


def test_a_file_of_more_than_8_gib_has_a_header_that_tar_understands(tmp_path: Path) -> None:
    """Only the header: ustar's own number field ends there, and a city's database may not."""
    size = 9 * 1024**3
    blocks: list[bytes] = []

    class Collect:
        def write(self, data: bytes) -> None:
            blocks.append(data)

    tar = TarWriter(Collect())
    tar.begin("center.db", size, 0)
    tar._sink.write(tar._gzip.flush())
    block = gzip.decompress(b"".join(blocks))
    assert tarfile.TarInfo.frombuf(block, "utf-8", "strict").size == size
    assert next(iter(TarReader(io.BytesIO(gzip.compress(block))))) == ("center.db", size)
    (tmp_path / "head.tar").write_bytes(block)
    listed = subprocess.run(["tar", "-tvf", "head.tar"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert str(size) in listed.stdout


def test_a_file_that_shrinks_while_it_is_read_ends_the_backup(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x" * 100)
    tar = TarWriter(io.BytesIO())  # type: ignore[arg-type]
    tar.begin("center.db", 101, 0)
    tar.write(source.read_bytes())
    with pytest.raises(BackupError, match="changed its size"):
        tar.end()


def test_a_link_among_the_files_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    (tmp_path / "link").symlink_to("secret")
    planned = [Planned("center.db", tmp_path / "link", 1)]
    with (tmp_path / "backup").open("wb") as file, pytest.raises(OSError, match="symbolic links"):
        write_archive(file, header(), planned, facts=FACTS, passphrase=None)


def test_a_picture_whose_time_has_come_meanwhile_is_named_as_missing(tmp_path: Path) -> None:
    gone = f"snapshots/kel-3673011001/ab/{'a' * 64}.jpg"
    planned = [Planned(gone, tmp_path / "gone", 10)]
    with (tmp_path / "backup").open("wb") as file:
        manifest = write_archive(file, header(), planned, facts=FACTS, passphrase=None)
    assert manifest.missing == (gone,) and check(tmp_path / "backup") == manifest


def test_what_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(BackupError, match="cannot read"):
            check(path)
    (tmp_path / "empty").touch()
    with pytest.raises(BackupError, match="too short"):
        check(tmp_path / "empty")
    assert os.listdir(tmp_path) == ["empty"]  # noqa: PTH208
