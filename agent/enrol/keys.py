"""The keys that wait for their certificate: on the disk before the first request, kept until it is in place.

A box that lost the answer, or its power, asks again with the same key and gets the same certificate. A folder is either
whole or not there; one made for another node is thrown away.

    state/pending/   node, node.key (P-256, PEM), sign.key (Ed25519 seed, base64; on a first enrolment)
"""

import base64
import os
import shutil
from pathlib import Path
from typing import Final

from agent.enrol import openssl
from agent.enrol.errors import OwnTroubleError, disk_trouble
from agent.enrol.openssl import NotGoodError
from agent.files import sync_directory, write_durably
from agent.signing import SEED_BYTES, Signer
from wire.shape import Struct

FIRST: Final = "pending"
NEXT: Final = "renewal"


class Keys(Struct, frozen=True):
    """Key in PEM, its fingerprint, and the signing seed."""

    key: bytes
    fingerprint: str
    seed: bytes

    def __repr__(self) -> str:
        return f"Keys({self.fingerprint[:16]})"


def kept_or_new(folder: Path, node: str, seed: bytes | None = None) -> Keys:
    """The keys in `folder`, or new ones for this node. `seed`: a signing key to keep. Raises EnrolError."""
    found = kept(folder, node)
    if found is not None and (seed is None or seed == found.seed):
        return found
    made = openssl.new_key()
    keys = Keys(made, openssl.fingerprint(made), seed or os.urandom(SEED_BYTES))
    try:
        _store(folder, node, keys)
    except OSError as error:
        raise disk_trouble(error) from error
    return keys


def kept(folder: Path, node: str) -> Keys | None:
    """The keys in `folder`, if they are whole and this node's."""
    try:
        if (folder / "node").read_text(encoding="ascii").strip() != node:
            return None
        key = (folder / "node.key").read_bytes()
        return Keys(key, openssl.fingerprint(key), seed_of((folder / "sign.key").read_bytes()))
    except (OSError, UnicodeDecodeError, ValueError, NotGoodError):
        return None


def forget(folder: Path) -> None:
    """The certificate is in place."""
    shutil.rmtree(folder, ignore_errors=True)


def seed_of(text: bytes) -> bytes:
    """The seed in a sign.key file. Raises ValueError."""
    seed = base64.b64decode(text.strip(), validate=True)
    if len(seed) != SEED_BYTES:
        raise ValueError(f"a seed of {len(seed)} bytes")
    return seed


def seed_text(seed: bytes) -> bytes:
    return base64.b64encode(seed) + b"\n"


def sign_public(seed: bytes) -> str:
    """The public half of a signing key, base64."""
    try:
        return base64.b64encode(Signer(seed).public).decode("ascii")
    except RuntimeError as error:
        raise OwnTroubleError("sodium", str(error)) from error


def _store(folder: Path, node: str, keys: Keys) -> None:
    made = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(mode=0o700, parents=True)
    try:
        write_durably(made / "node.key", keys.key)
        write_durably(made / "sign.key", seed_text(keys.seed))
        write_durably(made / "node", node.encode("ascii") + b"\n")
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)
    except OSError:
        shutil.rmtree(made, ignore_errors=True)
        raise
    sync_directory(folder.parent)
