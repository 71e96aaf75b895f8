"""Files of other channels (an export of RABEG, a list of 112): rows of CSV or JSON lines, read strictly. Pure.

CSV: UTF-8, comma or semicolon, one header line with names of COLUMNS in any order. JSON lines: one object a line, the
same names, texts. `external_id` and `text` are required; an empty cell is a cell that is not there.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

from center.open311.moments import read_moment

MAX_BYTES: Final = 20_000_000
MAX_ROWS: Final = 20_000
"""Two years of RABEG; more is several files."""
MAX_PROBLEMS: Final = 100
LIMITS: Final = {
    "external_id": 128, "at": 40, "category": 16, "subject": 32, "area": 16, "text": 4000, "name": 100, "contact": 100,
    "identity": 16, "address": 300, "rt_rw": 12, "class": 16,
}  # fmt: skip
COLUMNS: Final = tuple(LIMITS)
_LOCAL: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)", re.ASCII)
_WIB: Final = timezone(timedelta(hours=7))


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong where: `line` of the file (0: of the file itself), a column's name or "", and a code (its phrase
    is `row-CODE`)."""

    line: int
    column: str
    what: str


@dataclass(frozen=True, slots=True, repr=False)
class Line:
    """One row: its line in the file and its cells, the empty ones left out. Its repr tells nothing of them."""

    line: int
    cells: Mapping[str, str]
    at_ms: int = 0


@dataclass(frozen=True, slots=True, repr=False)
class Read:
    """What a file says. A row with a problem is not among `rows`."""

    rows: tuple[Line, ...] = ()
    problems: tuple[Problem, ...] = ()


class _FileError(Exception):
    def __init__(self, what: str, line: int = 0, column: str = "") -> None:
        super().__init__(what)
        self.problem = Problem(line, column, what)


def read_file(content: bytes) -> Read:
    """The rows of a file and what is wrong with it. Never raises."""
    rows: list[Line] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    try:
        for line, cells in _lines(content):
            found = _check(line, cells)
            name = cells.get("external_id", "")
            if name and name in seen:
                found.append(Problem(line, "external_id", "twice"))
            seen.setdefault(name, line)
            problems += found
            if not found:
                rows.append(Line(line, cells, read_at(cells.get("at", "")) or 0))
            if len(rows) > MAX_ROWS:
                raise _FileError("too_many_rows")
            if len(problems) >= MAX_PROBLEMS:
                break
    except _FileError as error:
        problems.append(error.problem)
    return Read(tuple(rows), tuple(problems))


def read_at(text: str) -> int | None:
    """Milliseconds since 1970: a moment with its zone, or one of WIB without ("2026-11-23 08:15")."""
    found = _LOCAL.fullmatch(text)
    if found is None:
        return read_moment(text)
    try:
        return int(datetime.fromisoformat(f"{found[1]}T{found[2]}").replace(tzinfo=_WIB).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _lines(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    if len(content) > MAX_BYTES:
        raise _FileError("file_too_big")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _FileError("no_utf8") from None
    if "\0" in text:
        raise _FileError("nul")
    return _objects(text) if text.lstrip().startswith("{") else _table(text)


def _objects(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """JSON lines. Only a line feed ends a line: other line ends may stand within a text."""
    for line, raw in enumerate(text.split("\n"), 1):
        if not raw.strip():
            continue
        try:
            found = json.loads(raw, object_pairs_hook=_once)
        except (ValueError, RecursionError):
            raise _FileError("no_json", line) from None
        if not isinstance(found, dict):
            raise _FileError("no_json", line)
        for name, value in found.items():
            if name not in COLUMNS:
                raise _FileError("unknown_column", line, name[:40])
            if value is not None and not isinstance(value, str):
                raise _FileError("no_text", line, name)
        yield line, {name: value.strip() for name, value in found.items() if value and value.strip()}


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _table(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;", key=head.count), strict=True)
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        _check_header(names)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(names):
                raise _FileError("cells", reader.line_num)
            found = {name: cell.strip() for name, cell in zip(names, cells, strict=True) if cell.strip()}
            yield reader.line_num, found
    except csv.Error:
        raise _FileError("no_csv", reader.line_num) from None


def _check_header(names: list[str]) -> None:
    for name in names:
        if name not in COLUMNS:
            raise _FileError("unknown_column", 1, name[:40])
    if len(set(names)) != len(names):
        raise _FileError("twice", 1)
    for name in ("external_id", "text"):
        if name not in names:
            raise _FileError("missing_column", 1, name)


def _check(line: int, cells: Mapping[str, str]) -> list[Problem]:
    problems = [Problem(line, name, "required") for name in ("external_id", "text") if name not in cells]
    problems += [Problem(line, name, "too_long") for name, cell in cells.items() if len(cell) > LIMITS[name]]
    if "at" in cells and read_at(cells["at"]) is None:
        problems.append(Problem(line, "at", "no_moment"))
    return problems
