"""Secrets of channels: one file each under DATA/alerts-secrets, for the service alone, never in the database."""

import re
from pathlib import Path

from center.errors import ConfigError
from center.files import PRIVATE, is_shared, make_directory, write_atomic

FOLDER = "alerts-secrets"
MAX_BYTES = 4096
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def write_secret(data: Path, name: str, content: bytes) -> Path:
    """Keep it, readable for the centre's own user only.

    Raises:
        ConfigError: it is empty, too long, or no single line of text.
    """
    text = _text(content)
    if not text or not _NAME.fullmatch(name):
        raise ConfigError(
            f"a secret is one line of text of at most {MAX_BYTES} bytes",
            f"rahasia harus satu baris teks, paling banyak {MAX_BYTES} byte",
        )
    make_directory(data / FOLDER, 0o700)
    path = data / FOLDER / name
    write_atomic(path, text.encode(), 0o640 if is_shared() else PRIVATE)
    return path


def read_secret(data: Path, name: str) -> str | None:
    """The secret; None when there is none, or none that can be read."""
    if not _NAME.fullmatch(name):
        return None
    try:
        with (data / FOLDER / name).open("rb") as stream:
            return _text(stream.read(MAX_BYTES + 1))
    except OSError:
        return None


def forget_secret(data: Path, name: str) -> bool:
    """Remove it; whether there was one."""
    if not _NAME.fullmatch(name):
        return False
    try:
        (data / FOLDER / name).unlink()
    except FileNotFoundError:
        return False
    return True


def _text(content: bytes) -> str | None:
    """One line without control characters: it goes into addresses and header lines."""
    try:
        text = content.decode().strip()
    except UnicodeDecodeError:
        return None
    return text if len(content) <= MAX_BYTES and text.isprintable() else None
