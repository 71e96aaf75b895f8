"""The command keys this node trusts: those a signed command brought, else those its card or its enrolment pinned."""

from pathlib import Path
from typing import Final

from agent.names import KEYS_FOLDER
from wire.errors import WireError
from wire.keys import FILE_NAME, MAX_FILE_BYTES, parse_keys
from wire.shape import Struct

KEYS_FILE: Final = "keys"


class Pinned(Struct, frozen=True):
    """Key id -> public key, with the file they stand in; `fault` says why a file that is there is of no use."""

    keys: dict[str, bytes]
    source: str = ""
    fault: str = ""


def brought(data_dir: Path) -> Path:
    """Where the command `keys` writes."""
    return data_dir / KEYS_FOLDER / KEYS_FILE


def pinned(credentials: Path, data_dir: Path) -> Pinned:
    """The keys as they stand on the disk now. A damaged file of the data folder gives way to the credentials'."""
    fault = ""
    for path in (brought(data_dir), credentials / FILE_NAME):
        try:
            keys = parse_keys(_text(path))
        except FileNotFoundError:
            continue
        except (OSError, ValueError, WireError) as error:
            fault = fault or f"{path}: {error}"
            continue
        if keys:
            return Pinned(keys, str(path), fault)
    return Pinned({}, "", fault)


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES + 1).decode("ascii")
