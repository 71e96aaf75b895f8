"""Making, signing and proving release bundles (`wire.release`), wherever they come from. No database here.

A bundle is begun as a folder: the files and their `manifest.json`. Who holds the release key signs it, on a machine
without a network; what comes out is one file that everybody can prove with the public key.
"""

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from center.errors import CenterError
from wire.bundletar import BLOCK, END, BundleTarError, Head, padding, read_head, write_head
from wire.errors import WireError
from wire.release import (
    CONTEXT,
    MANIFEST,
    MAX_BUNDLE_BYTES,
    MAX_MANIFEST_BYTES,
    SIGNATURE,
    BundleFile,
    Manifest,
    parse_manifest,
)

SUFFIX: Final = ".sandi"
_CHUNK_BYTES: Final = 1024 * 1024
_SIGNATURE_BYTES: Final = 64
MOST_NAME: Final = 100
"""What a tar header holds."""


class BundleError(CenterError):
    """A bundle, or a key for one, is not as it must be."""


def make_manifest(
    folder: Path, *, version: str, floor: str, pythons: Sequence[str], arch: Sequence[str] = (), built_ms: int = 0
) -> bytes:
    """The manifest of all files in `folder`, in the order of their names. Raises BundleError."""
    files = tuple(
        BundleFile(path.name, path.stat().st_size, digest_of(path))
        for path in sorted(folder.iterdir())
        if path.name != MANIFEST
    )
    if long := [each.name for each in files if len(each.name) > MOST_NAME]:
        raise BundleError(
            f"{long[0]}: a name of more than {MOST_NAME} characters", f"{long[0]}: nama lebih dari {MOST_NAME} huruf"
        )
    raw = msgspec.json.encode(Manifest(version, floor, tuple(pythons), files, tuple(arch), built_ms))
    _checked(raw)
    return raw


def sign(folder: Path, key: Ed25519PrivateKey, target: Path) -> str:
    """Make the bundle of a folder with its manifest; the SHA-256 of the file. Raises BundleError or OSError."""
    raw = (folder / MANIFEST).read_bytes()
    manifest = _checked(raw)
    if {path.name for path in folder.iterdir()} != {MANIFEST, *(each.name for each in manifest.files)}:
        raise BundleError(
            f"{folder} does not hold exactly the files its manifest names; make it again with scripts/release",
            f"{folder} tidak berisi tepat berkas dalam manifestnya; buat lagi dengan scripts/release",
        )
    temporary = target.with_name(f".{target.name}.part")
    try:
        with temporary.open("wb") as stream:
            _write(stream, folder, raw, key.sign(CONTEXT + raw), manifest)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.rename(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    return digest_of(target)


def _write(stream: BinaryIO, folder: Path, raw: bytes, signature: bytes, manifest: Manifest) -> None:
    for name, content in ((MANIFEST, raw), (SIGNATURE, signature)):
        stream.write(write_head(name, len(content)) + content + padding(len(content)))
    for each in manifest.files:
        content = (folder / each.name).read_bytes()
        if len(content) != each.size_bytes or hashlib.sha256(content).hexdigest() != each.sha256:
            raise BundleError(
                f"{each.name} has changed since the manifest was made; make it again with scripts/release",
                f"{each.name} berubah sejak manifest dibuat; buat lagi dengan scripts/release",
            )
        stream.write(write_head(each.name, len(content)) + content + padding(len(content)))
    stream.write(END)


def prove(path: Path, public: Ed25519PublicKey) -> tuple[Manifest, bytes]:
    """The manifest of a bundle whose signature and every file are as they must be, and its bytes.

    Raises BundleError or OSError.
    """
    try:
        with path.open("rb") as stream:
            return _proven(stream, public)
    except (BundleTarError, WireError) as error:
        raise BundleError(f"{path} is no release bundle: {error}", f"{path} bukan bundel rilis: {error}") from error
    except InvalidSignature as error:
        raise BundleError(
            f"{path} is not signed by this release key", f"{path} tidak ditandatangani dengan kunci rilis ini"
        ) from error


def _proven(stream: BinaryIO, public: Ed25519PublicKey) -> tuple[Manifest, bytes]:
    if os.fstat(stream.fileno()).st_size > MAX_BUNDLE_BYTES:
        raise BundleTarError("too large")
    raw = _small(stream, MANIFEST, MAX_MANIFEST_BYTES)
    public.verify(_small(stream, SIGNATURE, _SIGNATURE_BYTES), CONTEXT + raw)
    manifest = parse_manifest(raw)
    for each in manifest.files:
        head = read_head(stream.read(BLOCK))
        if head is None or head != Head(each.name, each.size_bytes):
            raise BundleTarError(f"{each.name} is not where the manifest says")
        if _digest(stream, each.size_bytes) != each.sha256:
            raise BundleTarError(f"{each.name} is not the one the manifest names")
        _pad(stream, each.size_bytes)
    if stream.read() != END:
        raise BundleTarError("more in it than the manifest names, or cut off")
    return manifest, raw


def _small(stream: BinaryIO, name: str, most_bytes: int) -> bytes:
    head = read_head(stream.read(BLOCK))
    if head is None or head.name != name or head.size_bytes > most_bytes:
        raise BundleTarError(f"it does not begin with {MANIFEST} and {SIGNATURE}")
    content = stream.read(head.size_bytes)
    _pad(stream, head.size_bytes)
    return content


def _pad(stream: BinaryIO, size_bytes: int) -> None:
    want = padding(size_bytes)
    if stream.read(len(want)) != want:
        raise BundleTarError("something behind a file, or cut off")


def _digest(stream: BinaryIO, size_bytes: int) -> str:
    counted = hashlib.sha256()
    while size_bytes and (block := stream.read(min(_CHUNK_BYTES, size_bytes))):
        counted.update(block)
        size_bytes -= len(block)
    return counted.hexdigest()


def digest_of(path: Path) -> str:
    """SHA-256 of a file. Raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _checked(raw: bytes) -> Manifest:
    try:
        return parse_manifest(raw)
    except WireError as error:
        raise BundleError(f"not a manifest: {error}", f"bukan manifest: {error}") from error


def new_key(folder: Path, password: str) -> tuple[Path, Path]:
    """Write release.key (for its owner alone, encrypted when there is a password) and release.pub; never over others.

    Raises OSError (FileExistsError).
    """
    key = Ed25519PrivateKey.generate()
    kind = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    secret, public = folder / "release.key", folder / "release.pub"
    for path, content, mode in (
        (secret, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, kind), 0o600),
        (public, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), 0o644),
    ):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as stream:
            os.fchmod(stream.fileno(), mode)
            stream.write(content)
            os.fsync(stream.fileno())
    return secret, public


def private_key(path: Path, password: str) -> Ed25519PrivateKey:
    """Raises BundleError or OSError."""
    try:
        key = load_pem_private_key(path.read_bytes(), password.encode() if password else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BundleError(
            f"{path} cannot be read as a release key; is the password right?",
            f"{path} tidak dapat dibaca sebagai kunci rilis; apakah kata sandinya benar?",
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BundleError(f"{path} is no Ed25519 key", f"{path} bukan kunci Ed25519")
    return key


def public_key(path: Path) -> Ed25519PublicKey:
    """Raises BundleError or OSError."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BundleError(f"{path} is no public release key", f"{path} bukan kunci publik rilis") from error
    if not isinstance(key, Ed25519PublicKey):
        raise BundleError(f"{path} is no Ed25519 key", f"{path} bukan kunci Ed25519")
    return key
