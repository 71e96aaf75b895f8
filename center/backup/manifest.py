"""What a backup says about itself: the header before everything else, the manifest with every file's hash at the end.

The header is enough to refuse a format that is not ours and a machine with too little room. The manifest comes last
because the files are hashed while they are copied, once.
"""

import re
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from center.errors import BackupError

FORMAT: Final = 1
HEADER_NAME: Final = "sandi-backup.json"
MANIFEST_NAME: Final = "manifest.json"
MAX_HEADER_BYTES: Final = 64 * 1024
MAX_MANIFEST_BYTES: Final = 512 * 1024 * 1024
"""About three million pictures."""

Engine = Literal["sqlite", "postgresql"]
Part = Literal["database", "keys", "attachments", "pictures"]
ALL_PARTS: Final[tuple[Part, ...]] = ("database", "keys", "attachments", "pictures")

DATABASE_FILES: Final[dict[Engine, str]] = {"sqlite": "center.db", "postgresql": "center.pgdump"}
FOLDERS: Final[dict[str, Part]] = {
    "pki": "keys",
    "keys": "keys",
    "commander": "keys",
    "alerts-secrets": "keys",
    "site-facts": "keys",
    "attachments": "attachments",
    "pictures": "pictures",
    "snapshots": "pictures",
}
FILES: Final[dict[str, Part]] = {
    "center.db": "database",
    "center.pgdump": "database",
    "center.toml": "keys",
    "secret_key": "keys",
}
_STEP = re.compile(r"[^./\x00-\x1f\x7f][^/\x00-\x1f\x7f]{0,199}")
"""One name of a path: anything a person may have called a file, but nothing hidden and no way upwards."""

Size = Annotated[int, Meta(ge=0, le=1 << 62)]


class Header(Struct, frozen=True, kw_only=True):
    """`size_bytes`: all files together, unpacked, at most; `files`: how many at most. Time in ms since 1970, UTC."""

    format: int = FORMAT
    sandi: str
    created_ms: Size
    engine: Engine
    parts: tuple[Part, ...]
    size_bytes: Size
    files: Size


class File(Struct, frozen=True):
    """One file as it must come out."""

    path: str
    size_bytes: Size
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Facts(Struct, frozen=True, kw_only=True):
    """What the database held. `migrations`: the newest step of each application."""

    generation: str
    nodes: int
    records: int
    complaints: int
    migrations: dict[str, str]


class Manifest(Struct, frozen=True, kw_only=True):
    """`missing`: pictures that were deleted while the backup was made (their time had come)."""

    header: Header
    facts: Facts
    missing: tuple[str, ...] = ()
    files: tuple[File, ...]


class _Version(Struct):
    format: int


T = TypeVar("T", Header, Manifest)


def encode(value: Header | Manifest) -> bytes:
    """As it stands in the archive."""
    return msgspec.json.format(msgspec.json.encode(value), indent=1)


def decode_header(data: bytes) -> Header:
    """BackupError when it is damaged, or of a format this version does not know."""
    try:
        version = msgspec.json.decode(data, type=_Version).format
    except msgspec.MsgspecError as error:
        raise BackupError.damaged(str(error)) from error
    if version != FORMAT:
        raise BackupError(
            f"the backup has format {version}, this version of Sandi knows {FORMAT}; restore it with a newer version",
            f"cadangan berformat {version}, versi Sandi ini mengenal {FORMAT}; pulihkan dengan versi yang lebih baru",
        )
    return _decode(data, Header)


def decode_manifest(data: bytes) -> Manifest:
    """BackupError when it is damaged."""
    return _decode(data, Manifest)


def _decode(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.MsgspecError as error:
        raise BackupError.damaged(str(error)) from error


def part_of(path: str) -> Part:
    """Which part a file belongs to; BackupError for every path that is not one of a centre's."""
    first, *rest = path.split("/")
    known = FOLDERS.get(first) if rest else FILES.get(first)
    if known is None or len(path) > 255 or not all(_STEP.fullmatch(step) for step in rest):
        raise BackupError.damaged(f"it holds {path[:80]!r}, which is no file of a centre")
    return known
