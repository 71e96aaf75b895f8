"""The registry's tables as CSV files: one format, read strictly, written so that reading changes nothing. Pure.

UTF-8 with or without a mark at its beginning, comma or semicolon (the header shows which), one header line with the
names of `center.core.registry_tables` in any order. Columns that are not there leave their fields as they are. A text
that a spreadsheet would take for a formula is written behind an apostrophe, which reading takes away again.
"""

import csv
import difflib
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from center.core.registry_fields import MAX_SHOWN, FieldError, read_value, write_value
from center.core.registry_plan import MAX_PROBLEMS, Problem, Row
from center.core.registry_tables import NUMBERS, Table, Value, Values

MAX_BYTES: Final = 1_000_000
"""Ten times a registry of 1,000 sites with addresses and notes."""
MAX_ROWS: Final = 3_000
MAX_CELL: Final = 5_000
"""Longer than any field: an unclosed quotation mark is found within a page of text, not at the file's end."""
_FORMULA: Final = re.compile(r"'*[=+\-@\uff1d\uff0b\uff0d\uff20]")
"""What spreadsheets (and their full-width forms) begin a formula with, OWASP "CSV injection"; with the apostrophes
before it, so that an apostrophe that belongs to the text is told from ours."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a file says; `problems` are of the file and of single cells. Rows with a bad cell are not among `rows`."""

    rows: tuple[Row, ...] = ()
    problems: tuple[Problem, ...] = ()


def write_csv(table: Table, rows: Iterable[Values]) -> str:
    """The file of these rows, with the mark that tells spreadsheets it is UTF-8. `derived` columns stand last."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow((*table.names, *table.derived))
    for values in rows:
        cells = [write_value(field, values[field.name]) for field in table.fields]
        numbers = [field.kind in NUMBERS for field in table.fields]
        derived = [str(values[name]) for name in table.derived]
        writer.writerow([
            *(cell if number else harmless(cell) for cell, number in zip(cells, numbers, strict=True)),
            *map(harmless, derived),
        ])  # fmt: skip
    return "\ufeff" + out.getvalue()


def harmless(text: str) -> str:
    """The text so that no spreadsheet calculates it."""
    return "'" + text if _FORMULA.match(text) else text


def read_csv(table: Table, content: bytes) -> Read:
    """Rows of a file, or what is wrong with it. Never raises."""
    try:
        text = _decoded(content)
        lines = _lines(text)
        header = next(lines, None)
        if header is None:
            raise _FileError(Problem("empty_file"))
        names = _header(table, header[1])
        return _rows(table, names, lines)
    except _FileError as error:
        return Read(problems=error.problems)


class _FileError(Exception):
    def __init__(self, *problems: Problem) -> None:
        super().__init__(problems)
        self.problems = problems


def _decoded(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise _FileError(Problem("file_too_big", right=str(MAX_BYTES // 1000)))
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise _FileError(Problem("spreadsheet_file"))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _FileError(Problem("no_utf8", content.count(b"\n", 0, error.start) + 1)) from None
    if "\0" in text:
        raise _FileError(Problem("no_text", text.count("\n", 0, text.index("\0")) + 1))
    return text


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the number of the line each begins in; empty lines are passed over.

    The csv module has a limit of its own for the size of a field, 131,072 characters for the whole process: ours is
    smaller and is asked after it.
    """
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise _FileError(Problem("bad_quotes", line)) from None
        if any(len(cell) > MAX_CELL for cell in cells):
            raise _FileError(Problem("bad_quotes", line))
        if any(cell.strip() for cell in cells):
            yield line, cells


def _header(table: Table, cells: list[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    while names and not names[-1]:  # a spreadsheet's empty columns on the right
        names.pop()
    known = (*table.names, *table.derived)
    problems = [_unknown_column(name, known) for name in names if name not in known]
    problems += [Problem("column_twice", 1, name) for name in dict.fromkeys(names) if names.count(name) > 1]
    problems += [Problem("column_missing", 1, name) for name in table.key if name not in names]
    if problems:
        raise _FileError(*problems[:MAX_PROBLEMS])
    return names


def _unknown_column(name: str, known: tuple[str, ...]) -> Problem:
    near = difflib.get_close_matches(name[:MAX_SHOWN], known, n=1)
    return Problem("column_unknown", 1, name[:MAX_SHOWN], right=near[0] if near else ", ".join(known))


def _rows(table: Table, names: list[str], lines: Iterator[tuple[int, list[str]]]) -> Read:
    rows: list[Row] = []
    problems: list[Problem] = []
    for count, (line, cells) in enumerate(lines, 1):
        if count > MAX_ROWS:
            raise _FileError(Problem("too_many_rows", line, right=str(MAX_ROWS)))
        if len(problems) >= MAX_PROBLEMS:
            break
        filled = cells[: len(names)]
        if len(filled) < len(names) or any(cell.strip() for cell in cells[len(names) :]):
            problems.append(Problem("cells", line, value=str(len(cells)), right=str(len(names))))
            continue
        row, found = _row(table, dict(zip(names, filled, strict=True)), line)
        problems += found
        rows += [row] if row else []
    return Read(tuple(rows), tuple(problems[:MAX_PROBLEMS]))


def _row(table: Table, cells: dict[str, str], line: int) -> tuple[Row | None, list[Problem]]:
    values: dict[str, Value] = {}
    problems: list[Problem] = []
    for field in table.fields:
        if field.name not in cells:
            continue
        text = cells[field.name].strip()
        # Some spreadsheets write the apostrophe that hides a formula, some do not; both come back as it was.
        text = text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text
        try:
            values[field.name] = read_value(field, text)
        except FieldError as error:
            problems.append(Problem(error.what, line, field.name, text[:MAX_SHOWN], error.right))
    return (None if problems else Row(values, line)), problems
