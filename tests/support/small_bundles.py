"""Release bundles of a few bytes, good ones and every kind of bad one, for tests that build no real slot."""

import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from center.fleet.bundles import digest_of, make_manifest, sign
from wire.bundletar import END, padding, write_head
from wire.release import CONTEXT, MANIFEST, SIGNATURE

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
FILES: Mapping[str, bytes] = {
    "requirements-agent.lock": b"tomli==2.5.0\n",
    "sandi-0.2.0-py3-none-any.whl": b"wheel" * 500,
}


@cache
def key(which: str = "release") -> Ed25519PrivateKey:
    """The release key of all tests, or another one."""
    return Ed25519PrivateKey.from_private_bytes(which.encode().ljust(32, b"\7")[:32])


def public_pem(which: str = "release") -> bytes:
    return key(which).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def bundle(
    folder: Path, *, version: str = "0.2.0", floor: str = "0.1.0", pythons: tuple[str, ...] = (PYTHON,),
    arch: tuple[str, ...] = (), signer: str = "release", files: Mapping[str, bytes] = FILES,
) -> Path:  # fmt: skip
    """A whole bundle, made with the tools people use."""
    made = folder / f"made-{version}-{signer}-{len(list(folder.iterdir()))}"
    made.mkdir()
    for name, content in files.items():
        (made / name).write_bytes(content)
    (made / MANIFEST).write_bytes(make_manifest(made, version=version, floor=floor, pythons=pythons, arch=arch))
    target = folder / f"{made.name}.sandi"
    sign(made, key(signer), target)
    return target


def by_hand(
    manifest: bytes, files: list[tuple[str, bytes]], *, end: bytes = END, signature: bytes | None = None,
    head: Callable[[str, int], bytes] = write_head,
) -> bytes:  # fmt: skip
    """A bundle of whatever is given, signed all the same: what a release key gone wrong could make."""
    proof = key().sign(CONTEXT + manifest) if signature is None else signature
    parts = [(MANIFEST, manifest), (SIGNATURE, proof)]
    raw = b"".join(write_head(name, len(content)) + content + padding(len(content)) for name, content in parts)
    raw += b"".join(head(name, len(content)) + content + padding(len(content)) for name, content in files)
    return raw + end


__all__ = ["FILES", "PYTHON", "bundle", "by_hand", "digest_of", "key", "public_pem"]
