"""Files as the guard wants them: written so that a power cut leaves the old one or the new one, read without trust."""

import json
import os
import shutil
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final

from slotguard.machine import PHASES, State

MAX_JSON_BYTES: Final = 64 * 1024
SPARE_BYTES: Final = 256 * 1024
BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


class StrangeFileError(Exception):
    """Something else lies there than should; the text says what."""


def write_durably(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Through a temporary file, fsync, rename, fsync of the folder. Raises OSError."""
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("wb") as stream:
        os.fchmod(stream.fileno(), mode)
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.rename(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make new names in it survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def open_untrusted(folder: Path, *names: str, most_bytes: int) -> int:
    """A descriptor of a plain file below `folder`, which may be another user's: no links on the way, no device, no
    pipe, not larger than `most_bytes`. Raises OSError or StrangeFileError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in names[:-1]:
            inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=handle)
            os.close(handle)
            handle = inner
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        found = os.open(names[-1], flags, dir_fd=handle)
    finally:
        os.close(handle)
    about = os.fstat(found)
    if not stat.S_ISREG(about.st_mode) or about.st_size > most_bytes:
        os.close(found)
        raise StrangeFileError(f"{names[-1]} is no plain file of at most {most_bytes} bytes")
    return found


def read_untrusted(folder: Path, *names: str) -> dict[str, Any]:
    """A small JSON object. Raises OSError or StrangeFileError."""
    handle = open_untrusted(folder, *names, most_bytes=MAX_JSON_BYTES)
    with os.fdopen(handle, "rb") as stream:
        raw = stream.read(MAX_JSON_BYTES + 1)
    try:
        value = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise StrangeFileError(f"{names[-1]} is no JSON: {error}") from error
    if len(raw) > MAX_JSON_BYTES or not isinstance(value, dict):
        raise StrangeFileError(f"{names[-1]} is no small JSON object")
    return value


def keep_spare(path: Path) -> None:
    """Have a file there that can be given up when the disk is full."""
    if path.exists():
        return
    with suppress(OSError):
        write_durably(path, bytes(SPARE_BYTES), 0o600)


def read_state(path: Path) -> State:
    """The state on the disk; idle when there is none, or none that can be read."""
    try:
        value = json.loads(path.read_bytes().decode("utf-8"))
        known = {field.name for field in fields(State)}
        given: dict[str, Any] = {key: each for key, each in value.items() if key in known}
        found = State(**given | {"cameras": tuple(given.get("cameras", ()))})
    except (OSError, ValueError, TypeError, AttributeError):
        return State()
    return found if found.phase in PHASES else State()


def write_state(path: Path, state: State) -> None:
    """Durably; everybody may read it."""
    write_durably(path, _json(asdict(state)))


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def link_target(link: Path) -> str:
    """Where it points; "" when it is none."""
    try:
        return str(link.readlink())
    except OSError:
        return ""


def switch_link(link: Path, target: str) -> None:
    """Point `link` at `target`, at once and for good. Raises OSError."""
    if link_target(link) == target:
        return
    fresh = link.with_name(f"{link.name}.guard")
    with suppress(FileNotFoundError):
        fresh.unlink()
    fresh.symlink_to(target)
    fresh.rename(link)
    sync_folder(link.parent)


def clear(path: Path) -> None:
    """Take a file or a folder away, whatever is in it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def room_bytes(folder: Path) -> int:
    """What may still be written where `folder` lies."""
    about = os.statvfs(folder)
    return about.f_bavail * about.f_frsize


def boot_id() -> str:
    """Of this boot, as the agent has it. Inside the units the kernel's own file is out of sight: systemd tells it."""
    told = os.environ.get("SANDI_BOOT_ID", "")
    if len(told) == 32:
        return "-".join((told[:8], told[8:12], told[12:16], told[16:20], told[20:]))
    return BOOT_ID.read_text(encoding="ascii").strip()
