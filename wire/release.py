"""A release bundle: the one file a box is updated from, and its signed manifest.

The bundle is an uncompressed tar: `manifest.json`, `manifest.sig` (Ed25519 over its exact bytes, 64 raw bytes, by the
offline release key), then the files it names, in its order. Nothing of it is used before the signature and then the
size and SHA-256 of each file agree; nothing is ever installed from an index.
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from wire import strictjson
from wire.afar import VersionText
from wire.commands import Sha256
from wire.errors import WireError

MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"
MAX_MANIFEST_BYTES: Final = 256 * 1024
MAX_BUNDLE_BYTES: Final = 512 * 1024 * 1024
RELEASE_PATH: Final = "/v1/release/"
"""GET on the enrolment listener, followed by the bundle's SHA-256; answers `Range: bytes=N-`."""
CONTEXT: Final = b"sandi-release-v1\0"
"""Put before the manifest's bytes when they are signed."""

FileName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+!-]{0,199}$(?!\n)")]


class BundleFile(Struct, frozen=True):
    """One file of the bundle; no folders."""

    name: FileName
    size_bytes: Annotated[int, Meta(ge=1, le=MAX_BUNDLE_BYTES)]
    sha256: Sha256


class Manifest(Struct, frozen=True):
    """`floor`: the oldest version that may change to this one. `pythons`: minor versions there are wheels for.

    `arch`: machine names (`uname -m`); empty: any. `built_ms`: Unix time, a remark.
    """

    version: VersionText
    floor: VersionText
    pythons: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^3\.[0-9]{1,2}$(?!\n)")], ...], Meta(min_length=1, max_length=8)
    ]
    files: Annotated[tuple[BundleFile, ...], Meta(min_length=1, max_length=400)]
    arch: Annotated[tuple[Annotated[str, Meta(max_length=20)], ...], Meta(max_length=8)] = ()
    built_ms: int = 0
    format: Annotated[int, Meta(ge=1, le=1)] = 1


def parse_manifest(payload: bytes) -> Manifest:
    """Raises WireError."""
    if len(payload) > MAX_MANIFEST_BYTES:
        raise WireError("too_large", f"a manifest of {len(payload)} bytes; {MAX_MANIFEST_BYTES} at most")
    manifest = strictjson.decode(payload, msgspec.json.Decoder(Manifest))
    names = [file.name for file in manifest.files]
    if len(set(names)) != len(names) or {MANIFEST, SIGNATURE} & set(names):
        raise WireError("schema", "a file is named twice")
    return manifest
