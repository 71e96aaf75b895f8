"""Commands about files of other channels: taking complaints in, and taking an import back."""

import os
import time
from pathlib import Path
from typing import Any, TextIO

import click

from center.commands.common import acted, data_option, say
from center.open311.terms import FILE_CHANNELS
from center.phrases import phrase


@click.command("import")
@data_option
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--channel", type=click.Choice(FILE_CHANNELS), required=True, help="Where the file comes from.")
@click.option(
    "--codes", type=click.Path(path_type=Path), help="Write codes and PINs of new ones there (for you alone)."
)
@click.option("--partial", is_flag=True, help="Take the good rows although others have problems.")
@click.option("--yes", is_flag=True, help="Do it; without, only show what would happen.")
def import_complaints(data: object, file: Path, *, channel: str, codes: Path | None, partial: bool, yes: bool) -> None:
    """Take complaints of another channel in: CSV or JSON lines, each external id once."""
    from center.database import open_database
    from center.open311.bridge import known_count, problems_of
    from center.open311.bridge_file import read_file

    open_database()
    read = read_file(_content(file))
    problems = [*read.problems, *problems_of(channel, read.rows)]
    _show(problems)
    bad = {problem.line for problem in problems}
    rows = [row for row in read.rows if row.line not in bad]
    if 0 in bad or (problems and not partial):
        raise _refused(len(problems))
    if not yes:
        known = known_count(channel, rows)
        say("complaints-preview", new=len(rows) - known, known=known, bad=len(bad))
        return
    _take(channel, rows, codes, len(bad))


@click.command("import-undo")
@data_option
@click.argument("number")
def undo_import(data: object, number: str) -> None:
    """Archive what an import brought and nobody has worked on."""
    from center.database import open_database
    from center.errors import CenterError
    from center.open311.bridge import take_back

    open_database()
    done, left = take_back(number, actor=acted("complaints-import-undo", number))
    if not done and not left:
        raise CenterError(f"there is no import {number}", f"tidak ada impor {number}")
    say("complaints-undone", done=done, left=left)


def _take(channel: str, rows: list[Any], codes: Path | None, bad: int) -> None:
    from center.open311.bridge import Outcome, new_number, take

    outcome = Outcome(new_number(channel, time.time()))
    actor = acted("complaints-import", channel, outcome.number)
    told = _opened(codes) if codes else None
    try:
        for row, entered in take(channel, rows, actor=actor, outcome=outcome):
            if told:
                told.write(f"{_cell(row.cells['external_id'])},{entered.code},{entered.pin}\n")
                told.flush()
    finally:
        if told:
            told.close()
    _show(outcome.problems)
    say(
        "complaints-taken", new=len(outcome.new), known=outcome.known, bad=bad + len(outcome.problems),
        number=outcome.number,
    )  # fmt: skip


def _show(problems: list[Any]) -> None:
    """One line each, on standard error; never what stands in a cell."""
    for problem in problems:
        words = _word(f"row-{problem.what}")
        where = ":".join(str(part) for part in (problem.line or "", problem.column) if part)
        click.echo(f"{where}: {words}" if where else words, err=True)


def _word(key: str) -> str:
    from center.commands.common import language

    return phrase(language(), key)


def _refused(count: int) -> Exception:
    from center.errors import CenterError

    return CenterError(
        f"{count} problems, nothing was taken in; mend the file, or take the good rows with --partial",
        f"{count} masalah, tidak ada yang diambil; perbaiki berkasnya, atau ambil baris yang baik dengan --partial",
    )


def _cell(text: str) -> str:
    """As a CSV cell that no spreadsheet calculates."""
    from center.core.registry_csv import harmless

    quoted = harmless(text).replace('"', '""')
    return f'"{quoted}"'


def _opened(path: Path) -> TextIO:
    """A new file for its owner alone."""
    from center.errors import CenterError

    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise CenterError(
            f"{path} cannot be made: {error.strerror}", f"{path} tidak dapat dibuat: {error.strerror}"
        ) from None
    told = os.fdopen(descriptor, "w", encoding="utf-8", newline="")
    told.write("external_id,code,pin\n")
    return told


def _content(file: Path) -> bytes:
    """The file, one byte more than is taken at most."""
    from center.errors import CenterError
    from center.open311.bridge_file import MAX_BYTES

    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise CenterError(
            f"{file} cannot be read: {error.strerror}", f"{file} tidak dapat dibaca: {error.strerror}"
        ) from None
