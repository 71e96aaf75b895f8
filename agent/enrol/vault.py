"""The credential directory: whole versions, of which one counts, and the one before it.

The directory itself belongs to root's parent and cannot be swapped by the user who renews; so what is swapped is a link
inside it. The names the agent's unit has always loaded stay where they are:

    ca.crt -> current/ca.crt    command.pub, node.crt, node.key, seal.pub, sign.key likewise
    current -> v7               switched by one rename
    previous -> v6              kept until the next renewal
    v7/                         ca.crt command.pub node.crt node.key seal.pub sign.key about.json
    installed                   written last: what `sandi-keys.path` watches

A directory of plain files, as `install.sh --credentials` makes it, becomes the first version when it is replaced: each
file gives way to a link to its own copy, so that every moment in between reads the same.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from agent.enrol import openssl
from agent.enrol.errors import OwnTroubleError, disk_trouble
from agent.enrol.openssl import NotGoodError
from agent.files import sync_directory, write_durably
from wire.shape import Struct

# The key last: the agent's unit waits for it.
FILES: Final = ("ca.crt", "command.pub", "node.crt", "seal.pub", "sign.key", "node.key")
COMMAND_KEYS: Final = "command.pub"
"""The one file that may be missing, or empty: a version made before there were commands. Then none is taken."""
CURRENT: Final = "current"
PREVIOUS: Final = "previous"
STAMP: Final = "installed"
STAGE: Final = ".stage"
_MODES: Final = {"ca.crt": 0o644, "command.pub": 0o644, "node.crt": 0o644, "seal.pub": 0o644}
MOST_BYTES: Final = 64 * 1024


class About(Struct, frozen=True):
    """What is written down beside a version. `token`: SHA-256 of the one it was made for."""

    got_at_ms: int = 0
    token: str = ""


class Held(Struct, frozen=True):
    """The credentials that count now."""

    files: Mapping[str, bytes]
    node: str
    expires_at_ms: int
    about: About

    def __repr__(self) -> str:
        return f"Held({self.node})"


class Vault:
    """`directory`: /etc/sandi/credentials."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def held(self) -> Held | None:
        """What the agent would use; None while something of it is missing or is no certificate."""
        try:
            files = self._files()
            facts = openssl.facts(files["node.crt"])
            return Held(files, facts.name, facts.expires_at_ms, self._about())
        except (OSError, NotGoodError):
            return None

    def command_keys(self) -> bytes:
        """The command keys pinned so far; b"" for none."""
        try:
            return self._read(COMMAND_KEYS)
        except OSError:
            return b""

    def _files(self) -> dict[str, bytes]:
        return {name: self.command_keys() if name == COMMAND_KEYS else self._read(name) for name in FILES}

    def complaint(self) -> str:
        """Why a directory that should be readable is not: "" when it is."""
        try:
            next(self.directory.iterdir(), None)
        except FileNotFoundError:
            return "" if self.directory.parent.is_dir() else f"{self.directory.parent} is missing"
        except OSError as error:
            return f"{self.directory}: {error.strerror}"
        return ""

    def stage(self, files: Mapping[str, bytes], about: About) -> Path:
        """Write a version that does not count yet, and return its folder. Raises EnrolError."""
        folder = self.directory / STAGE
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700)
            for name in FILES:
                write_durably(
                    folder / name,
                    files.get(name, b"") if name == COMMAND_KEYS else files[name],
                    _MODES.get(name, 0o600),
                )
            write_durably(folder / "about.json", msgspec.json.encode(about))
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise disk_trouble(error) from error
        return folder

    def discard(self) -> None:
        """The staged version is not wanted."""
        shutil.rmtree(self.directory / STAGE, ignore_errors=True)

    def install(self) -> None:
        """Make the staged version count. Raises EnrolError; then the one before still counts, or the new one does."""
        try:
            self._make_versions()
            before = self._target(CURRENT)
            name = self._free_name()
            (self.directory / STAGE).rename(self.directory / name)
            if before:
                self._link(PREVIOUS, before)
            self._link(CURRENT, name)
            self._make_links()
            self.settle()
        except OSError as error:
            raise disk_trouble(error) from error

    def settle(self) -> None:
        """Finish what a cut left undone behind the switch: links, the stamp, versions nobody needs. Raises OSError."""
        now = self._target(CURRENT)
        if not now:
            return
        self._make_links()
        stamp = self.directory / STAMP
        if not stamp.is_file() or stamp.read_bytes() != now.encode() + b"\n":
            write_durably(stamp, now.encode() + b"\n", 0o644)
        for left in self.directory.iterdir():
            if left.is_dir() and not left.is_symlink() and left.name not in (now, self._target(PREVIOUS)):
                shutil.rmtree(left, ignore_errors=True)

    def back(self) -> bool:
        """Let the version before count again; False when there is none. Raises EnrolError."""
        before, now = self._target(PREVIOUS), self._target(CURRENT)
        if not before or not now:
            return False
        try:
            self._link(CURRENT, before)
            self._link(PREVIOUS, now)
            self.settle()
        except OSError as error:
            raise disk_trouble(error) from error
        return True

    def _make_versions(self) -> None:
        """Plain files become a version of their own, still counting."""
        plain = [
            name
            for name in FILES
            if name != COMMAND_KEYS and (self.directory / name).is_file() and not (self.directory / name).is_symlink()
        ]
        if not plain:
            return
        try:
            files = self._files()
        except FileNotFoundError:
            return  # half of a set: it never worked, and is overwritten
        folder = self.directory / self._free_name()
        part = folder.with_name(".plain")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700)
        for name, content in files.items():
            write_durably(part / name, content, _MODES.get(name, 0o600))
        part.rename(folder)
        self._link(CURRENT, folder.name)
        self._make_links()

    def _make_links(self) -> None:
        for name in FILES:
            goal = f"{CURRENT}/{name}"
            place = self.directory / name
            if name == COMMAND_KEYS and not (self.directory / goal).exists():
                continue  # what was put here by hand stays; a link to nothing would be none the better
            if not place.is_symlink() or str(place.readlink()) != goal:
                self._link(name, goal)

    def _link(self, name: str, goal: str) -> None:
        part = self.directory / f".{name}.link"
        part.unlink(missing_ok=True)
        part.symlink_to(goal)
        part.rename(self.directory / name)
        sync_directory(self.directory)

    def _target(self, name: str) -> str:
        """The version a link names; "" when there is none."""
        try:
            goal = str((self.directory / name).readlink())
        except OSError:
            return ""
        return goal if goal.startswith("v") and goal[1:].isdecimal() and (self.directory / goal).is_dir() else ""

    def _free_name(self) -> str:
        taken = [int(each.name[1:]) for each in self.directory.glob("v*") if each.name[1:].isdecimal()]
        return f"v{max(taken, default=0) + 1}"

    def _read(self, name: str) -> bytes:
        with (self.directory / name).open("rb") as stream:
            raw = stream.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise OwnTroubleError("place", f"{self.directory / name}: more than {MOST_BYTES} bytes")
        return raw

    def _about(self) -> About:
        if not (self.directory / "node.crt").is_symlink():
            return About()  # put here by hand
        try:
            return msgspec.json.decode((self.directory / CURRENT / "about.json").read_bytes()[:4096], type=About)
        except (OSError, msgspec.MsgspecError):
            return About()
