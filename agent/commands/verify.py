"""The command keys this node trusts: those a signed command brought, else those its card or its enrolment pinned.

What a command brought counts over the credentials it was brought over. Credentials with other keys are later: they came
with a certificate, and the authority vouches for them; a box that slept through a change of keys hears of it there.
"""

import hashlib
from pathlib import Path
from typing import Final

from agent.names import KEYS_FOLDER
from wire.errors import WireError
from wire.keys import FILE_NAME, MAX_FILE_BYTES, parse_keys
from wire.shape import Struct

KEYS_FILE: Final = "keys"
_OVER: Final = "# over "


class Pinned(Struct, frozen=True):
    """Key id -> public key, with the file they stand in; `fault` says why a file that is there is of no use."""

    keys: dict[str, bytes]
    source: str = ""
    fault: str = ""


def brought(data_dir: Path) -> Path:
    """Where the command `keys` writes."""
    return data_dir / KEYS_FOLDER / KEYS_FILE


def over(credentials: Path) -> str:
    """The first line of what the command `keys` writes: which credentials it is written over."""
    return f"{_OVER}{_digest(credentials)}\n"


def pinned(credentials: Path, data_dir: Path) -> Pinned:
    """The keys as they stand on the disk now. A damaged file of the data folder gives way to the credentials'."""
    fault = ""
    for path in (brought(data_dir), credentials / FILE_NAME):
        try:
            text = _text(path)
            keys = parse_keys(text)
        except FileNotFoundError:
            continue
        except (OSError, ValueError, WireError) as error:
            fault = fault or f"{path}: {error}"
            continue
        if keys and not (path.parent != credentials and _is_overtaken(text, credentials)):
            return Pinned(keys, str(path), fault)
    return Pinned({}, "", fault)


def _digest(credentials: Path) -> str:
    try:
        return hashlib.sha256(_text(credentials / FILE_NAME).encode()).hexdigest()
    except (OSError, ValueError):
        return ""


def _is_overtaken(text: str, credentials: Path) -> bool:
    """Whether the credentials brought other keys since a command wrote this."""
    if not text.startswith(_OVER) or text.startswith(over(credentials)):
        return False
    try:
        return bool(parse_keys(_text(credentials / FILE_NAME)))
    except (OSError, ValueError, WireError):
        return False


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES + 1).decode("ascii")
