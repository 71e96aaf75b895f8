"""Writes a card: the one place of provisioning that touches a folder. Every file is the old one or the new one.

Order of writing, so that a card that was pulled half-way never starts a half-written first run:

1. our words leave cmdline.txt: nothing of ours would run now
2. everything below `sandi/`, each through a temporary file and a rename; what no longer belongs there goes
3. config.txt
4. the token, made only now
5. our words enter cmdline.txt
"""

import hashlib
import os
import shutil
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from center.errors import CenterError
from center.files import sync_directory
from center.provision import cmdline, configtxt
from center.provision.render import Rendered
from wire.card import CARD_FILE, FOLDER, MAX_CARD_BYTES, Card, read_card
from wire.errors import WireError

TOKEN: Final = "token"  # noqa: S105
AUTHORITY: Final = "ca.crt"
PREDECESSOR: Final = "predecessor.json"
RELEASE_KEY: Final = "release.pub"
"""The public release key, where the centre knows one: without it a box takes no updates from afar."""
COMMAND_KEYS: Final = "command.pub"
"""The public command keys of the day the card was made. The answer that brings the certificate may bring later ones."""
PACKAGES: Final = "packages"
_OTHERS: Final = frozenset({TOKEN, AUTHORITY, PREDECESSOR, RELEASE_KEY, COMMAND_KEYS})
_MARKS_OF_A_BOOT_PARTITION: Final = ("config.txt", "cmdline.txt", "overlays", "bootcode.bin", "start4.elf", "issue.txt")
_TEMPORARY: Final = ".sandi-new"
_CHUNK: Final = 1024 * 1024


class CardError(CenterError):
    """The folder is not one a card may be written to, or cannot be written."""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder a card goes to. `boot`: it is the boot partition of an image. `card`: what lies there already."""

    folder: Path
    boot: bool
    card: Card | None

    @property
    def sandi(self) -> Path:
        """Where everything of ours lies."""
        return self.folder / FOLDER


def judge(folder: Path, node: str, *, force: bool = False) -> Place:
    """What kind of folder this is.

    Raises:
        CardError: it is neither empty, nor a boot partition, nor a card of this node, and `force` was not asked for.
    """
    if folder.exists() and not folder.is_dir():
        raise CardError(f"{folder} is not a directory", f"{folder} bukan direktori")
    try:
        names = {path.name for path in folder.iterdir()} if folder.exists() else set()
        card = read_card_file(folder / FOLDER / CARD_FILE)
    except OSError as error:
        raise _unreadable(folder, error) from error
    boot = len(names.intersection(_MARKS_OF_A_BOOT_PARTITION)) >= 2
    if force or not names or (card is not None and card.node == node):
        return Place(folder, boot, card)
    if card is not None:
        raise CardError(
            f"{folder} holds a card of {card.node}; --force makes it {node}'s",
            f"{folder} berisi kartu {card.node}; --force menjadikannya milik {node}",
        )
    if not boot:
        raise CardError(
            f"{folder} is neither empty nor the boot partition of a card; choose another, or use --force",
            f"{folder} tidak kosong dan bukan partisi boot kartu; pilih yang lain, atau pakai --force",
        )
    return Place(folder, boot, None)


def read_card_file(path: Path) -> Card | None:
    """`node.toml`; None when there is none or it cannot be understood (a half-written card is written anew)."""
    try:
        with path.open("rb") as file:
            return read_card(tomllib.loads(file.read(MAX_CARD_BYTES).decode("utf-8")))
    except (FileNotFoundError, ValueError, WireError):
        return None


def plan(place: Place, rendered: Rendered) -> tuple[bytes, bytes]:
    """config.txt and cmdline.txt as they will be, from what is there.

    Raises:
        CardError: one of them cannot be edited.
    """
    try:
        config, line = _read(place.folder / "config.txt"), _read(place.folder / "cmdline.txt")
        return configtxt.edit(config, rendered.config_lines), cmdline.edit(line, rendered.add, rendered.take)
    except (configtxt.MarkerError, cmdline.CmdlineError) as error:
        raise CardError(
            f"config.txt or cmdline.txt in {place.folder}: {error}; flash the card again or mend the file",
            f"config.txt atau cmdline.txt di {place.folder}: {error}; tulis ulang kartunya atau perbaiki berkasnya",
        ) from error
    except OSError as error:
        raise _unreadable(place.folder, error) from error


def write(
    place: Place, rendered: Rendered, *, authority: bytes, new_token: Callable[[], str],
    packages: Path | None = None, predecessor: bytes = b"", keys: Mapping[str, bytes] | None = None,
) -> None:  # fmt: skip
    """Write the whole card. `keys`: of RELEASE_KEY and COMMAND_KEYS, those there are.

    Raises:
        CardError: nothing was armed; write it again.
    """
    config, line = plan(place, rendered)
    optional = {PREDECESSOR: predecessor, **(keys or {})}
    others = {AUTHORITY: authority} | {name: content for name, content in optional.items() if content}
    wanted = {**rendered.files, **others}
    if not place.boot:
        wanted |= {"config.txt": config, "cmdline.txt": line}
    try:
        place.sandi.mkdir(parents=True, exist_ok=True)
        if place.boot:
            put(place.folder / "cmdline.txt", cmdline.edit(_read(place.folder / "cmdline.txt"), (), rendered.add))
        for name, content in wanted.items():
            put(place.sandi / name, content)
        copied = _copy_packages(packages, place.sandi / PACKAGES) if packages else _names(place.sandi / PACKAGES)
        _remove_others(place.sandi, {*wanted, *(f"{PACKAGES}/{name}" for name in copied), TOKEN})
        if place.boot:
            put(place.folder / "config.txt", config)
        put(place.sandi / TOKEN, new_token().encode("ascii") + b"\n")
        if place.boot:
            put(place.folder / "cmdline.txt", line)
    except OSError as error:
        raise CardError(
            f"cannot write the card in {place.folder}: {error.strerror or error}; it is not complete, write it again",
            f"kartu di {place.folder} tidak dapat ditulis: {error.strerror or error}; belum lengkap, tulis ulang",
        ) from error


def put(path: Path, content: bytes) -> None:
    """Write one file through a temporary one; nothing when it holds this already."""
    with suppress(FileNotFoundError):
        if path.stat().st_size == len(content) and path.read_bytes() == content:
            return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + _TEMPORARY)
    with temporary.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    if path.suffix == ".sh":
        temporary.chmod(0o755)  # FAT has no modes and shows every file as executable
    temporary.replace(path)
    sync_directory(path.parent)


def _copy_packages(source: Path, target: Path) -> list[str]:
    files = sorted(path for path in source.iterdir() if path.is_file() and path.suffix in {".deb", ".whl"})
    if not files:
        raise CardError(f"there is no .deb and no .whl in {source}", f"tidak ada .deb dan .whl di {source}")
    target.mkdir(parents=True, exist_ok=True)
    for path in files:
        copy = target / path.name
        if copy.exists() and copy.stat().st_size == path.stat().st_size and digest(copy) == digest(path):
            continue
        temporary = copy.with_name(copy.name + _TEMPORARY)
        with path.open("rb") as read, temporary.open("wb") as stream:
            shutil.copyfileobj(read, stream, _CHUNK)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(copy)
    sync_directory(target)
    return [path.name for path in files]


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_of(folder: Path) -> Iterator[str]:
    """Names of all files below a folder, with slashes."""
    for path in sorted(folder.rglob("*")):
        if not path.is_dir():
            yield path.relative_to(folder).as_posix()


def _remove_others(folder: Path, keep: set[str]) -> None:
    for name in list(files_of(folder)):
        if name not in keep:
            (folder / name).unlink()
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            with suppress(OSError):  # not empty
                path.rmdir()


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if not path.name.endswith(_TEMPORARY)] if folder.is_dir() else []


def _read(path: Path) -> bytes:
    most = configtxt.MAX_BYTES
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except FileNotFoundError:
        return b""
    if len(content) > most:
        raise CardError(f"{path} is larger than {most} bytes", f"{path} lebih besar dari {most} byte")
    return content


def _unreadable(folder: Path, error: OSError) -> CardError:
    return CardError(
        f"{folder} cannot be read: {error.strerror or error}", f"{folder} tidak dapat dibaca: {error.strerror or error}"
    )
