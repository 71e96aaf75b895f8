"""What this node knows of remote commands, one small file each in `data_dir/commands`: it survives whatever ends us.

Every method touches the disk and belongs into one thread (the outbox's). A file is either the old one or the new one.
A damaged file is put aside as `*.damaged`; where its name still says whose it was, the command counts as failed: it is
not begun a second time.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from agent.files import write_durably
from wire import strictjson
from wire.afar import FINAL, CommandNotice, Scalar, State
from wire.errors import WireError
from wire.messages import Millis, Name, Seq, WallMillis
from wire.shape import Struct, field, replace

MOST_FINALS: Final = 200
"""Finished commands that are remembered, of those that look and of those that change something. Those a copy could
still repeat are remembered beyond that."""
MOST_ENTRIES: Final = 1000
"""Nothing new is taken beyond it: twice 200, and all that one session's nonce and a quarter of an hour protect."""
MAX_FILE_BYTES: Final = 256 * 1024
"""A configuration of 32,000 characters as JSON twice over, with room."""
MOST_DAMAGED: Final = 20
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SUFFIX: Final = ".json"


class Entry(Struct, frozen=True, omit_defaults=True):
    """One command. Fields of a newer version are passed over: that one may have been rolled back.

    `number` counts commands in their order; `body` is what was signed, until the command is over.
    `boot`, `mono_ms`, `wall_ms`: when it was accepted, or refused at once. `starts`: how often it was taken up again.
    `parts`, `printed_bytes`: how much of its output is told. `told`: its end stands in the outbox.
    """

    id: Name
    name: Name
    number: Seq
    leaf: Literal["command", "config"]
    state: State
    boot: Name
    mono_ms: Millis
    wall_ms: WallMillis
    nonce: Annotated[str, Meta(max_length=64)] = ""
    expires_ms: WallMillis = 0
    key_id: Annotated[str, Meta(max_length=64)] = ""
    body: Annotated[str, Meta(max_length=MAX_FILE_BYTES)] = ""
    memo: Mapping[str, Scalar] = field(default_factory=dict)
    starts: Annotated[int, Meta(ge=0)] = 0
    parts: Annotated[int, Meta(ge=0)] = 0
    printed_bytes: Annotated[int, Meta(ge=0)] = 0
    code: Annotated[str, Meta(max_length=40)] = ""
    detail: Annotated[str, Meta(max_length=500)] = ""
    result: Mapping[str, Scalar] = field(default_factory=dict)
    ended_wall_ms: WallMillis = 0
    told: bool = False

    @property
    def over(self) -> bool:
        return self.state in FINAL

    def notice(self, progress_pct: int = 0) -> CommandNotice:
        """What the centre is told of it as it stands."""
        return CommandNotice(self.id, self.name, self.state, self.code, self.detail, progress_pct, dict(self.result))


_DECODER: Final = msgspec.json.Decoder(Entry)


class CommandStore:
    """`entries` by id, oldest first; `open` fills it. OSError where the disk does not take or give.

    Others may look at the entries from their own thread: at a tuple of them, which is made in one go.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entries: dict[str, Entry] = {}
        self.damaged: list[str] = []
        """Names of the files that were put aside at the last `open`."""

    def open(self) -> None:
        """Read all of them. A command whose file is damaged is `failed`, code `damaged`, and still to be told."""
        self.folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        found: list[Entry] = []
        self.damaged = []
        for path in sorted(self.folder.iterdir()):
            if path.name.endswith(".part"):
                path.unlink(missing_ok=True)
            elif path.suffix == _SUFFIX:
                entry = self._read(path)
                if entry is not None:
                    found.append(entry)
        self.entries = {entry.id: entry for entry in sorted(found, key=lambda entry: (entry.number, entry.id))}
        for entry in self._lost():
            self.write(entry)
        self._forget_damaged()

    @property
    def next_number(self) -> int:
        return max((entry.number for entry in tuple(self.entries.values())), default=0) + 1

    def write(self, entry: Entry) -> None:
        """Keep this, durably."""
        write_durably(self.folder / file_name(entry.id), msgspec.json.encode(entry), 0o640)
        self.entries[entry.id] = entry

    def forget(self, ids: list[str]) -> None:
        """Let go of these."""
        for ident in ids:
            (self.folder / file_name(ident)).unlink(missing_ok=True)
            self.entries.pop(ident, None)

    def _read(self, path: Path) -> Entry | None:
        try:
            with path.open("rb") as file:
                raw = file.read(MAX_FILE_BYTES + 1)
            if len(raw) > MAX_FILE_BYTES:
                raise WireError("too_large", f"more than {MAX_FILE_BYTES} bytes")
            entry = strictjson.decode(raw, _DECODER)
            if file_name(entry.id) != path.name:
                raise WireError("schema", "it names another command than its file")
        except WireError:
            path.rename(path.with_name(f"{path.name}.damaged"))
            self.damaged.append(path.name)
            return None
        return entry

    def _lost(self) -> Iterator[Entry]:
        """In place of each damaged file whose name is that of its command: that it failed, to be told."""
        for name in self.damaged:
            ident = name.removesuffix(_SUFFIX)
            if _PLAIN.fullmatch(ident) and not ident.startswith(_HASHED):
                yield replace(_BLANK, id=ident, number=self.next_number)

    def _forget_damaged(self) -> None:
        damaged = sorted(self.folder.glob("*.damaged"), key=lambda path: path.stat().st_mtime_ns)
        for path in damaged[:-MOST_DAMAGED]:
            path.unlink(missing_ok=True)


_HASHED: Final = "x-"
_BLANK: Final = Entry(
    "-", "unreadable", 1, "command", "failed", "-", 0, 0, code="damaged", detail="its file on the card was damaged"
)


def file_name(ident: str) -> str:
    """Of the command with this id, whatever characters that has."""
    if _PLAIN.fullmatch(ident) and not ident.startswith(_HASHED):
        return f"{ident}{_SUFFIX}"
    return f"{_HASHED}{hashlib.blake2b(ident.encode(), digest_size=16).hexdigest()}{_SUFFIX}"
