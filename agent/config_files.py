"""Reads what a node's configuration is made of: the card, what was pushed over it, and the override beside the card.

All processes of the box come here, so that they see the same. Who may not look into the agent's folder (the cameras,
the kiosk, a technician) reads the copy the agent leaves beside `run_dir` for its group.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from agent.configuration.problems import ConfigError, Problem
from agent.core import overlay
from agent.names import CONFIG_FOLDER
from wire.shape import Struct

MAX_FILE_BYTES: Final = (
    64 * 1024
)  # a hundred cameras fit ten times; a log file or a disk image given by mistake does not
PUSHED: Final = "pushed.toml"
GOOD: Final = "last-good.toml"
OVERRIDE: Final = "override.toml"
DATA_DIR: Final = "/var/lib/sandi"
RUN_DIR: Final = "/run/sandi"
COPIES: Final = ("technicians.json", "kiosk.json", "camera.json")
"""One for each group of `[control]`; a process can read one of them at most."""
Tables = Mapping[str, Any]


class Summary(Struct, frozen=True):
    """What the agent keeps of the layers: the digest of the effective tables, who decides what, and what is damaged."""

    digest: str = ""
    pushed: bool = False
    damaged: bool = False
    overrides: tuple[str, ...] = ()


class Layers(Struct, frozen=True):
    """The tables of each layer, and the files they came from (for messages). `in_place`: something was pushed, be it
    that it says nothing."""

    card: Tables
    pushed: Tables
    override: Tables
    path: Path
    pushed_path: Path
    override_path: Path
    damaged: bool = False
    in_place: bool = False

    @property
    def tables(self) -> dict[str, Any]:
        return overlay.effective(self.card, self.pushed, self.override)

    def summary(self) -> Summary:
        digest, keys = overlay.digest(self.tables), overlay.keys_of(self.override) if self.override else ()
        return Summary(digest, self.in_place, self.damaged, keys)

    def origin(self, key: str) -> Path:
        """The file a mistake at this key path stands in, as far as one decides."""
        for tables, file in ((self.override, self.override_path), (self.pushed, self.pushed_path)):
            if _holds(tables, key):
                return file
        return self.path


class Copy(Struct, frozen=True):
    """What the agent leaves for a group. `card`: the file its override lies beside."""

    card: str
    pushed: dict[str, Any] | None
    override: dict[str, Any]


def layers(path: Path, *, pushed: bool = True) -> Layers:
    """Everything that decides for the configuration file `path`. ConfigError for a card or an override without sense.

    Pushed tables that cannot be read any more count as none, and as `damaged`: the box must live. `pushed` False:
    without them.
    """
    card = table_of(text_of(path), path)
    copy = None if pushed else Copy("", None, {})
    folder = data_dir(card, path) / CONFIG_FOLDER
    tables: Tables | None = None
    damaged = False
    if pushed:
        try:
            tables, damaged = _pushed(folder)
        except PermissionError:
            copy = _copy(card, path)
            tables = copy.pushed if copy is not None else None
    beside = path.absolute().parent / OVERRIDE
    override: Tables = {}
    if beside.exists():
        override = table_of(text_of(beside), beside)
    elif copy is not None and copy.card != str(path.absolute()):
        override = copy.override  # a copy of the card in a folder of its own, as systemd hands it over
    return Layers(card, tables or {}, override, path, folder / PUSHED, beside, damaged, tables is not None)


def data_dir(card: Tables, path: Path) -> Path:
    """Where the agent keeps its things, by a card that was not judged yet."""
    return _place(card, path, "data_dir", DATA_DIR)


def run_dir(card: Tables, path: Path) -> Path:
    """Where its sockets are, likewise."""
    return _place(card, path, "run_dir", RUN_DIR)


def copies_in(run_dir: Path) -> Path:
    """Where the copies lie. Not inside `run_dir`, which is hidden from who may read a copy and nothing else there."""
    return run_dir.with_name(f"{run_dir.name}-config")


def text_of(path: Path) -> str:
    """The file as text. ConfigError when it is absent, unreadable, too large or not UTF-8."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        code = "absent" if isinstance(error, FileNotFoundError) else "unreadable"
        raise ConfigError(path, (Problem("", code, {"detail": error.strerror or str(error)}),)) from error
    if len(raw) > MAX_FILE_BYTES:
        raise ConfigError(path, (Problem("", "too_large", {"limit": str(MAX_FILE_BYTES // 1024)}),))
    try:
        return raw.decode("utf-8-sig")  # Notepad's mark in front is no mistake of the technician's
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(path, (Problem("", "not_utf8", {"line": str(line)}),)) from error


def table_of(text: str, path: Path) -> dict[str, Any]:
    """The text as tables. ConfigError when it is no TOML."""
    import tomli

    try:
        return tomli.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(path, (Problem("", "syntax", {"detail": str(error) or "nesting"}),)) from error


def _pushed(folder: Path) -> tuple[Tables | None, bool]:
    """The pushed tables, else the last good ones, else None; whether the first could not be used. PermissionError."""
    damaged = False
    for name in (PUSHED, GOOD):
        try:
            return table_of(_bytes_as_text(folder / name), folder / name), damaged
        except PermissionError:
            raise
        except (FileNotFoundError, NotADirectoryError):
            if not damaged:
                return None, False
        except (ConfigError, OSError):
            damaged = True
    return None, damaged


def _bytes_as_text(path: Path) -> str:
    with path.open("rb"):  # says of a missing file and of a forbidden one what `text_of` puts into words
        return text_of(path)


def _copy(card: Tables, path: Path) -> Copy | None:
    folder = copies_in(run_dir(card, path))
    for name in COPIES:
        try:
            with (folder / name).open("rb") as file:
                return msgspec.json.decode(file.read(2 * MAX_FILE_BYTES), type=Copy)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
    return None


def _place(card: Tables, path: Path, key: str, usual: str) -> Path:
    node = card.get("node")
    named = node.get(key, usual) if isinstance(node, Mapping) else usual
    if not isinstance(named, str) or "\0" in named:
        named = usual
    return path.absolute().parent / named


def _holds(tables: Tables, key: str) -> bool:
    found: Any = tables
    for name in key.split("[", maxsplit=1)[0].split("."):
        if not isinstance(found, Mapping):
            return True
        if name not in found:
            return False
        found = found[name]
    return bool(key)
