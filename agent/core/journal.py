"""The node's own record of an outage: JSON lines, each with all that its verdict rested on, so that it can be redone.

One file per outage. First line: who, which boot and run, when. Then one line per step, and one at the end:

    {"journal": 1, "id": ..., "node": ..., "boot": ..., "run": ..., "version": ..., "onset_ms": ..., "found_ms": ...,
     "mono_ms": ..., "wall_ms": ..., "synced": true}
    {"mono_ms": ..., "since_ms": ..., "kind": "begun", "code": "L4", "confidence": 0.95, "items": [...],
     "because": [0, 3]}
    {"end_ms": ..., "how": "seen", "code": "L4", "mono_ms": ..., "wall_ms": ..., "synced": true, ...}

`items` are `core.evidence.to_plain` of every evidence there was, in the order they were judged in; `because` says which
of them the verdict rests on. Reading is strict, but for two things a cut of the power leaves: the last line may be
torn, and the end may be missing. A torn line elsewhere (a disk that was full) is passed over and counted.
"""

import json
from typing import Any, Final, Literal

from agent.core.evidence import Evidence, EvidenceError, from_plain, to_plain
from wire.shape import Struct, asdict, field

VERSION: Final = 1
MAX_FILE_BYTES: Final = 512 * 1024
"""What is read of a file at most; what is written stays below half of it."""
MAX_ITEMS: Final = 400
How = Literal["seen", "restart"]


class JournalError(Exception):
    """This is no journal of an outage, or one this version cannot read."""


class Header(Struct, frozen=True):
    """Times named `_ms` are boot-times of `boot`, but for `wall_ms`, read together with `mono_ms`."""

    id: str
    node: str
    boot: str
    run: str
    version: str
    onset_ms: int
    found_ms: int
    mono_ms: int
    wall_ms: int
    synced: bool


class Entry(Struct, frozen=True):
    """One evaluation at `mono_ms`: the verdict given then, since when it held, and what it was given on."""

    mono_ms: int
    since_ms: int
    kind: str
    code: str
    confidence: float
    items: tuple[Evidence, ...]
    because: tuple[int, ...] = ()
    also: tuple[str, ...] = ()


class End(Struct, frozen=True):
    """`mono_ms` and `wall_ms` are of the moment of writing, in `boot`; `end_ms` is of the outage's own boot.

    `omitted`: steps that found no room. `sent`, `lost`: pings to the centre during the outage.
    """

    end_ms: int
    how: How
    code: str
    confidence: float
    boot: str
    mono_ms: int
    wall_ms: int
    synced: bool
    sent: int = 0
    lost: int = 0
    omitted: int = 0


class Recorded(Struct, frozen=True):
    """A journal as read. `torn` lines could not be read; the last line of a file does not count as one."""

    header: Header
    entries: tuple[Entry, ...] = ()
    end: End | None = None
    torn: int = 0


class _Lines(Struct):
    entries: list[Entry] = field(default_factory=list)
    end: End | None = None
    torn: int = 0


def header_line(header: Header) -> bytes:
    return _line({"journal": VERSION, **asdict(header)})


def entry_line(entry: Entry) -> bytes:
    raw: dict[str, object] = {
        "mono_ms": entry.mono_ms,
        "since_ms": entry.since_ms,
        "kind": entry.kind,
        "code": entry.code,
        "confidence": entry.confidence,
        "items": [to_plain(item) for item in entry.items],
    }
    if entry.because:
        raw["because"] = list(entry.because)
    if entry.also:
        raw["also"] = list(entry.also)
    return _line(raw)


def end_line(end: End) -> bytes:
    return _line(asdict(end))


def parse(raw: bytes) -> Recorded:
    """A journal's bytes. JournalError when it is none."""
    if len(raw) > MAX_FILE_BYTES:
        raise JournalError(f"longer than {MAX_FILE_BYTES} bytes")
    first, *rest = raw.split(b"\n")
    try:
        header = _header(_table(first))
    except JournalError as error:
        raise JournalError(f"its first line: {error}") from error
    found = _Lines()
    for number, line in enumerate(rest, 1):
        if not line:
            continue
        try:
            _take(found, _table(line))
        except JournalError:
            # the last one, without its newline, was cut off in the middle of being written
            found.torn += number < len(rest)
    return Recorded(header, tuple(found.entries), found.end, found.torn)


def _take(found: _Lines, table: dict[str, Any]) -> None:
    if "end_ms" in table:
        found.end = _end(table)
    else:
        found.entries.append(_entry(table))


def _line(raw: dict[str, object]) -> bytes:
    return json.dumps(raw, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _table(line: bytes) -> dict[str, Any]:
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise JournalError("it is not JSON") from error
    if not isinstance(raw, dict):
        raise JournalError("it is not a table")
    return raw


def _header(table: dict[str, Any]) -> Header:
    if table.get("journal") != VERSION:
        raise JournalError("it is no journal of an outage")
    ident, node, boot, run, version = (_text(table, name) for name in ("id", "node", "boot", "run", "version"))
    onset_ms, found_ms, mono_ms, wall_ms = (
        _whole(table, name) for name in ("onset_ms", "found_ms", "mono_ms", "wall_ms")
    )
    synced = table.get("synced") is True
    return Header(ident, node, boot, run, version, onset_ms, found_ms, mono_ms, wall_ms, synced)


def _entry(table: dict[str, Any]) -> Entry:
    items = table.get("items")
    if not isinstance(items, list) or len(items) > MAX_ITEMS:
        raise JournalError("its items are no list of evidence")
    try:
        evidence = tuple(from_plain(item) for item in items)
    except EvidenceError as error:
        raise JournalError(str(error)) from error
    because = table.get("because", [])
    if not isinstance(because, list) or not all(type(at) is int and 0 <= at < len(evidence) for at in because):
        raise JournalError("it rests on evidence that is not there")
    others = table.get("also", [])
    if not isinstance(others, list) or not all(isinstance(code, str) for code in others):
        raise JournalError("its other faults are no codes")
    return Entry(
        _whole(table, "mono_ms"),
        _whole(table, "since_ms"),
        _text(table, "kind"),
        _text(table, "code"),
        _share(table),
        evidence,
        tuple(because),
        tuple(others),
    )


def _end(table: dict[str, Any]) -> End:
    how = table.get("how")
    if how not in ("seen", "restart"):
        raise JournalError("it does not say how it ended")
    times = {name: _whole(table, name) for name in ("end_ms", "mono_ms", "wall_ms")}
    counts = {name: _whole(table, name) if name in table else 0 for name in ("sent", "lost", "omitted")}
    return End(
        how=how,
        code=_text(table, "code"),
        confidence=_share(table),
        boot=_text(table, "boot"),
        synced=table.get("synced") is True,
        **times,
        **counts,
    )


def _text(table: dict[str, Any], name: str) -> str:
    value = table.get(name)
    if not isinstance(value, str) or not value or len(value) > 200:
        raise JournalError(f"{name} must be a short text")
    return value


def _whole(table: dict[str, Any], name: str) -> int:
    value = table.get(name)
    if type(value) is not int or not -(2**53) < value < 2**53:
        raise JournalError(f"{name} must be a whole number")
    return value


def _share(table: dict[str, Any]) -> float:
    value = table.get("confidence")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise JournalError("confidence must be a number from 0 to 1")
    return float(value)
