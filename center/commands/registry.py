"""Commands about the registry's files: export, import with a preview, outlines, and who changed what."""

from pathlib import Path
from typing import Any

import click

from center.commands.common import language, say
from center.phrases import phrase

_TABLES = ("sites", "providers", "upstreams", "links", "people")
_OUTLINES = "geojson"


@click.command()
@click.argument("table", type=click.Choice((*_TABLES, _OUTLINES)), default="sites")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A file; otherwise standard output.")
def export(table: str, out: Path | None) -> None:
    """Write one table of the registry as CSV, or the sites with their outlines as GeoJSON."""
    from center.accounts.audit import note
    from center.core.registry_csv import write_csv
    from center.core.registry_outlines import registry_geojson
    from center.core.registry_tables import TABLES
    from center.sites.registry import cli_user
    from center.sites.registry_rows import derived, load

    snapshot = load()
    rows = snapshot.tables["sites" if table == _OUTLINES else table]
    if table == _OUTLINES:
        text = registry_geojson(snapshot, {})
    else:
        text = write_csv(TABLES[table], [{**row, **derived(table, row)} for row in rows.values()])
        if TABLES[table].personal:
            note(cli_user(), "export_person", table, str(len(rows)))
    if out is None:
        click.echo(text.removeprefix("\ufeff"), nl=False)
    else:
        _write(out, text)
        say("registry-exported", count=len(rows), file=out)


@click.command("import")
@click.argument("table", type=click.Choice(_TABLES))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--since", default="", help='Since when lines are so: "2026-11-10 08:00", or always; otherwise now.')
@click.option("--yes", is_flag=True, help="Do it; without, only show what would change.")
def import_csv(table: str, file: Path, since: str, yes: bool) -> None:
    """Take a CSV file into one table of the registry, all of it or nothing."""
    _take(table, file, yes, since=since)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--property", "code_property", default="", help="The property that holds the site's code.")
@click.option("--others", is_flag=True, help="Pass over features that are no sites of ours.")
@click.option("--yes", is_flag=True, help="Do it; without, only show what would change.")
def geojson(file: Path, code_property: str, others: bool, yes: bool) -> None:
    """Take the sites' outlines from a GeoJSON file; sites without a position get the middle of theirs."""
    from center.sites.importing import OUTLINES

    _take(OUTLINES, file, yes, code_property, others=others)


@click.command()
@click.argument("code", default="")
@click.option("-n", "count", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many at most.")
def history(code: str, count: int) -> None:
    """Who changed what in the registry, newest first; with CODE only what concerns it."""
    from django.db.models import Q

    from center.sites.models import RegistryChange
    from center.web.templatetags.sandi import moment

    rows = RegistryChange.objects.order_by("-id")
    if code:
        rows = rows.filter(Q(key=code) | Q(key__startswith=f"{code}/") | Q(key__endswith=f"/{code}"))
    for row in rows[:count]:
        change = f"{row.before} -> {row.after}"
        click.echo(f"{moment(row.at_ms)}  {row.by} ({row.how})  {row.table} {row.key}  {change}")


def _take(table: str, file: Path, yes: bool, code_property: str = "", *, others: bool = False, since: str = "") -> None:
    from django.utils import translation

    from center.sites.importing import confirm, plan_of, prepare
    from center.sites.registry import RegistryError, cli_user
    from center.sites.registry_rows import load
    from center.web.registry_since import since_posted

    content = _read(file, table)
    with translation.override(language()):
        try:
            prepared = prepare(table, file.name, content, code_property, others=others)
            plan = plan_of(prepared)(load())
            if plan.problems:
                raise RegistryError(plan.problems)
            dated = since_posted(table, {"since": since})
        except RegistryError as error:
            _show_problems(error)
            raise
        for change in plan.changes:
            click.echo(_line(change))
        counts = {
            "new": sum(change.before is None for change in plan.changes),
            "changed": sum(change.before is not None for change in plan.changes),
        }
        if yes:
            confirm(prepared, cli_user(), plan.digest, dated)
        if plan.same:
            say("registry-same", count=plan.same)
        say("registry-done" if yes else "registry-preview", **counts)


def _line(change: Any) -> str:
    from center.web.registry_words import label, shown

    if change.before is None:
        return f"{phrase(language(), 'registry-new')}: {change.table} {change.key}"
    told = [
        f"{label(change.table, name)}: {shown(change.table, name, change.before[name])} -> "
        f"{shown(change.table, name, change.after[name])}"
        for name in change.fields
    ]
    return f"{change.table} {change.key}  {'; '.join(told)}"


def _show_problems(error: Any) -> None:
    """All but the first, which ends the command as its one sentence."""
    from center.sites.words import problem_text

    for problem in error.problems[1:]:
        click.echo(problem_text(problem, language()), err=True)


def _read(file: Path, table: str) -> bytes:
    """The file, one byte more than its table's limit at most."""
    from center.errors import CenterError
    from center.sites.importing import size_limit

    try:
        with file.open("rb") as opened:
            return opened.read(size_limit(table) + 1)
    except OSError as error:
        raise CenterError(
            f"{file} cannot be read: {error.strerror}", f"{file} tidak dapat dibaca: {error.strerror}"
        ) from None


def _write(file: Path, text: str) -> None:
    from center.errors import CenterError

    try:
        file.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise CenterError(
            f"{file} cannot be written: {error.strerror}", f"{file} tidak dapat ditulis: {error.strerror}"
        ) from None
