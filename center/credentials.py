"""What the authority hands out: a certificate's facts, and directories of files that appear whole or not at all."""

import base64
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from center.files import sync_directory, write_atomic


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate that was signed. `serial` is lower-case hexadecimal, as `openssl x509 -serial` shows it."""

    name: str
    serial: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class IssuedNode(Issued):
    """A node's new identity: where its files are and the public half of its signing key (base64)."""

    directory: Path
    sign_key: str


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """Files with which one of the centre's processes connects to the broker."""

    name: str
    directory: Path

    @property
    def ca(self) -> Path:
        """The authority's certificate."""
        return self.directory / "ca.crt"

    @property
    def certificate(self) -> Path:
        """The client's certificate."""
        return self.directory / "client.crt"

    @property
    def key(self) -> Path:
        """The client's key, readable by its owner alone."""
        return self.directory / "client.key"


def replace_directory(directory: Path, files: dict[str, tuple[bytes, int]]) -> None:
    """Put a whole directory in place: either the old one or the new one, never a key beside another's certificate."""
    temporary = Path(tempfile.mkdtemp(dir=directory.parent, prefix=f".{directory.name}."))
    retired = temporary.with_name(temporary.name + ".old")
    try:
        if os.geteuid() == 0:
            owner = directory.parent.stat()
            os.chown(temporary, owner.st_uid, owner.st_gid)
        for name, (content, mode) in files.items():
            write_atomic(temporary / name, content, mode)
        if directory.exists() and any(directory.iterdir()):
            directory.replace(retired)
        temporary.replace(directory)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(retired, ignore_errors=True)
    sync_directory(directory.parent)


def kept_sign_key(directory: Path) -> Ed25519PrivateKey | None:
    """The signing key that is in a credential directory already, if it is a whole one."""
    try:
        seed = base64.b64decode((directory / "sign.key").read_bytes())
        return Ed25519PrivateKey.from_private_bytes(seed)
    except (OSError, ValueError):
        return None
