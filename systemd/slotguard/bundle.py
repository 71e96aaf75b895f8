"""A release bundle from a stranger's folder to wheels in root's own: nothing is used before it is proven.

1. The file is copied into a folder of root's while its SHA-256 is counted: what is looked at later is the copy, which
   nobody else can change. Another hash than was asked for: refused.
2. The first two files are manifest and signature. The signature over the manifest's exact bytes is verified with
   /etc/sandi/release.pub by the system's openssl, before a byte of the manifest is read for its meaning.
3. The manifest says whether this box may have it: format, Python, processor, floor, downgrade.
4. Only then the files are taken out: exactly those it names, in its order, each of its size and SHA-256.
"""

import hashlib
import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from slotguard.bundletar import BLOCK, END, BundleTarError, Head, padding, read_head
from slotguard.versions import is_readable, order

MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"
CONTEXT: Final = b"sandi-release-v1\0"
MAX_MANIFEST_BYTES: Final = 256 * 1024
MAX_BUNDLE_BYTES: Final = 512 * 1024 * 1024
MOST_FILES: Final = 400
SIGNATURE_BYTES: Final = 64
_CHUNK_BYTES: Final = 1024 * 1024
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]{0,99}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_VERSION: Final = re.compile(r"[0-9A-Za-z.+!-]{1,40}")
_OPENSSL_S: Final = 30


class RefusedError(Exception):
    """The bundle is not taken. `code`: a stable word; `detail` is for people."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail[:500]


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a manifest."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the release key vouches for."""

    version: str
    floor: str
    pythons: tuple[str, ...]
    arch: tuple[str, ...]
    files: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """What the bundle has to fit: this machine's Python (3.11) and processor, and the version in use."""

    python: str
    arch: str
    running: str


def copied(source: BinaryIO, target: Path, digest: str, size_bytes: int) -> None:
    """Copy the bundle, and believe it only when it is the one that was asked for. Raises RefusedError or OSError."""
    counted, so_far = hashlib.sha256(), 0
    with target.open("wb") as stream:
        while block := source.read(min(_CHUNK_BYTES, size_bytes + 1 - so_far)):
            so_far += len(block)
            counted.update(block)
            stream.write(block)
        stream.flush()
        os.fsync(stream.fileno())
    if so_far != size_bytes:
        raise RefusedError("size", f"{so_far} bytes or more; {size_bytes} were announced")
    if counted.hexdigest() != digest:
        raise RefusedError("hash", "the file is not the one that was asked for")


def opened(bundle: BinaryIO, key: Path, scratch: Path) -> tuple[Manifest, bytes]:
    """The verified manifest and its bytes; `bundle` then stands before the first file. Raises RefusedError."""
    raw = _small(bundle, MANIFEST, MAX_MANIFEST_BYTES)
    signature = _small(bundle, SIGNATURE, SIGNATURE_BYTES)
    verify(raw, signature, key, scratch)
    return manifest_of(raw), raw


def verify(raw: bytes, signature: bytes, key: Path, scratch: Path) -> None:
    """Raises RefusedError `no_key` or `signature`."""
    if not key.is_file():
        raise RefusedError("no_key", f"{key} is missing: this box takes no releases")
    if len(signature) != SIGNATURE_BYTES:
        raise RefusedError("signature", "no signature of 64 bytes")
    message, proof = scratch / "signed", scratch / "signature"
    message.write_bytes(CONTEXT + raw)
    proof.write_bytes(signature)
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", str(key), "-rawin"]
    try:
        done = subprocess.run(
            [*command, "-in", str(message), "-sigfile", str(proof)],
            check=False, capture_output=True, stdin=subprocess.DEVNULL, timeout=_OPENSSL_S,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RefusedError("signature", f"openssl cannot be asked: {error}") from error
    if done.returncode != 0:
        raise RefusedError("signature", "not signed by the release key of this box")


def manifest_of(raw: bytes) -> Manifest:
    """Raises RefusedError `manifest`."""
    try:
        value = json.loads(raw.decode("utf-8"))
        return _manifest(value)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise RefusedError("manifest", f"{type(error).__name__}: {error}"[:200]) from error


def _manifest(value: dict[str, Any]) -> Manifest:
    if value.get("format", 1) != 1:
        raise ValueError("another format")
    files = tuple(_part(each) for each in value["files"])
    names = {each.name for each in files}
    if not 1 <= len(files) <= MOST_FILES or len(names) != len(files) or names & {MANIFEST, SIGNATURE}:
        raise ValueError("files named twice, or too many")
    found = Manifest(
        _text(value["version"], _VERSION), _text(value["floor"], _VERSION), tuple(map(str, value["pythons"])),
        tuple(map(str, value.get("arch", ()))), files,
    )  # fmt: skip
    if not (is_readable(found.version) and is_readable(found.floor)):
        raise ValueError("a version that cannot be compared")
    return found


def _part(value: dict[str, Any]) -> Part:
    size = value["size_bytes"]
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= MAX_BUNDLE_BYTES:
        raise ValueError("a size that is not allowed")
    return Part(_text(value["name"], _NAME), size, _text(value["sha256"], _DIGEST))


def _text(value: object, shape: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise ValueError(f"{value!r:.60} is not allowed")
    return value


def check_fit(manifest: Manifest, box: Box, version: str, *, forced: bool) -> None:
    """Raises RefusedError: version, python, arch, floor, downgrade."""
    if manifest.version != version:
        raise RefusedError("version", f"the bundle is {manifest.version}, asked for was {version}")
    if box.python not in manifest.pythons:
        raise RefusedError("python", f"for Python {', '.join(manifest.pythons)}; this box has {box.python}")
    if manifest.arch and box.arch not in manifest.arch:
        raise RefusedError("arch", f"for {', '.join(manifest.arch)}; this box is {box.arch}")
    if order(box.running) < order(manifest.floor):
        raise RefusedError("floor", f"needs {manifest.floor} first; this box runs {box.running}")
    if order(manifest.version) < order(box.running) and not forced:
        raise RefusedError("downgrade", f"{manifest.version} is older than {box.running}, and it was not forced")


def unpacked(bundle: BinaryIO, manifest: Manifest, folder: Path) -> None:
    """Take the files out, exactly those of the manifest. Raises RefusedError or OSError."""
    for part in manifest.files:
        head = _head(bundle)
        if head is None or (head.name, head.size_bytes) != (part.name, part.size_bytes):
            raise RefusedError("bundle", f"{part.name} is not where the manifest says")
        _take_out(bundle, part, folder / part.name)
        _skip_padding(bundle, head)
    if bundle.read(len(END)) != END or bundle.read(1):
        raise RefusedError("bundle", "more in it than the manifest names, or cut off")


def _take_out(bundle: BinaryIO, part: Part, target: Path) -> None:
    counted, left = hashlib.sha256(), part.size_bytes
    with target.open("xb") as stream:
        while left:
            block = bundle.read(min(_CHUNK_BYTES, left))
            if not block:
                raise RefusedError("bundle", f"cut off in {part.name}")
            counted.update(block)
            stream.write(block)
            left -= len(block)
    if counted.hexdigest() != part.sha256:
        raise RefusedError("file", f"{part.name} is not the one the manifest names")


def _small(bundle: BinaryIO, name: str, most_bytes: int) -> bytes:
    head = _head(bundle)
    if head is None or head.name != name or head.size_bytes > most_bytes:
        raise RefusedError("bundle", f"does not begin with {MANIFEST} and {SIGNATURE}")
    content = bundle.read(head.size_bytes)
    if len(content) != head.size_bytes:
        raise RefusedError("bundle", f"cut off in {name}")
    _skip_padding(bundle, head)
    return content


def _head(bundle: BinaryIO) -> Head | None:
    try:
        return read_head(bundle.read(BLOCK))
    except BundleTarError as error:
        raise RefusedError("bundle", str(error)) from error


def _skip_padding(bundle: BinaryIO, head: Head) -> None:
    want = padding(head.size_bytes)
    if bundle.read(len(want)) != want:
        raise RefusedError("bundle", f"{head.name}: something behind it, or cut off")
