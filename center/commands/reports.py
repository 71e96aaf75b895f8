"""Commands about reports: a month or a day as a file, publishing, evidence packs, the key."""

import time
from contextlib import AbstractContextManager
from pathlib import Path

import click

from center.commands.common import data_option, language, say
from center.errors import CenterError

FORMS = ("json", "csv", "html", "pdf")


class BadPeriodError(CenterError):
    """What was asked for is no month and no day."""


@click.group()
@data_option
def report(data: object) -> None:
    """Availability reports: show, publish, amend; evidence packs for providers."""
    from center.database import open_database

    open_database()


@report.command()
@click.argument("period")
@click.option("--format", "form", type=click.Choice(FORMS), help="Write a file instead of the summary.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The file (default: by its name, here).")
@click.option("--version", "version", type=int, help="An older published version of the month.")
def show(period: str, form: str | None, out: Path | None, version: int | None) -> None:
    """A month (2026-11) or a day (2026-11-23): its summary, or the whole of it as a file."""
    from center.reports.formats import FORMATS
    from center.reports.periods import day_shown, day_title, month_shown, month_title

    number, is_month = _period(period)
    now_ms = time.time_ns() // 1_000_000
    with _language():
        shown = month_shown(number, now_ms, None, version) if is_month else day_shown(number, now_ms)
        if shown is None:
            raise BadPeriodError(f"no version {version} of {period}", f"tidak ada versi {version} dari {period}")
        title = month_title(number) if is_month else day_title(number)
        if form is None:
            _summary(shown.document, title, shown.version)
            return
        target = out or Path(f"sandi-{number}.{FORMATS[form].suffix}")
        target.write_bytes(FORMATS[form].render(shown.document, title))
    say("report-written", file=target)


@report.command()
@click.argument("month")
@click.option("--by", default="", help="Who publishes it (default: the user of this shell).")
def freeze(month: str, by: str) -> None:
    """Publish a month: from then on it changes only by an amendment."""
    from center.reports.frozen import freeze as publish

    done = publish(_month(month), _who(by))
    say("report-published", month=month, version=done.version, digest=done.digest)


@report.command()
@click.argument("month")
@click.option("--reason", required=True, help="Why; it is published with the amendment.")
@click.option("--by", default="", help="Who publishes it (default: the user of this shell).")
def amend(month: str, reason: str, by: str) -> None:
    """Publish what has changed since, with its reason."""
    from center.reports.frozen import amend as publish

    done = publish(_month(month), _who(by), reason)
    say("report-published", month=month, version=done.version, digest=done.digest)


@report.command()
@click.argument("month")
def verify(month: str) -> None:
    """Check the signatures of a published month, and whether an amendment is due. Exit code 1 when either fails."""
    from center.reports.frozen import pending, published

    versions = published(_month(month))
    if not versions:
        say("report-unpublished", month=month)
        raise SystemExit(1)
    for one in versions:
        click.echo(f"{one.version}  {one.digest}  {'OK' if one.good else 'BAD'}")
    changes = pending(_month(month))
    for change in changes:
        click.echo(f"{change.kind} {change.key} {change.what}: {change.before} -> {change.after}")
    if changes or not all(one.good for one in versions):
        raise SystemExit(1)


@report.command()
@click.argument("month")
@click.argument("provider")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The file (default: by its name, here).")
def evidence(month: str, provider: str, out: Path | None) -> None:
    """The signed evidence pack of a provider, which it can check offline."""
    from django.conf import settings

    from center.reports.keys import load_key
    from center.reports.pack.build import build_pack
    from center.reports.periods import month_shown

    number = _month(month)
    shown = month_shown(number, time.time_ns() // 1_000_000)
    assert shown is not None  # no version was asked for
    target = out or Path(f"sandi-evidence-{number}-{provider}.zip")
    target.write_bytes(build_pack(shown.document, provider, load_key(settings.DATA_DIR), shown.version, shown.digest))
    say("report-written", file=target)


@report.command()
@click.option("--rotate", is_flag=True, help="Make a new key; the old public half stays for what it signed.")
def key(rotate: bool) -> None:
    """Print the public key of reports and evidence packs: what the city publishes."""
    from django.conf import settings

    from center.reports.keys import load_key, rotate_key

    click.echo((rotate_key if rotate else load_key)(settings.DATA_DIR).public)


def _summary(document: dict[str, object], title: str, version: int) -> None:
    from center.reports.drawing import context

    said = context(document, title)
    click.echo(title if not version else f"{title} (v{version})")
    click.echo(f"  {said['city_pct']}  ({said['city_worst']} .. {said['city_best']}; {said['city_coverage']})")
    for sheet in said["sheets_said"]:
        click.echo(f"  {sheet['name']}: {sheet['sentence']}")


def _language() -> AbstractContextManager[None]:
    from django.utils import translation

    return translation.override(language())


def _period(text: str) -> tuple[int, bool]:
    """202611, True of 2026-11; 20261123, False of 2026-11-23."""
    from center.core.days import DayError, bounds, month

    digits = text.replace("-", "")
    try:
        if digits.isdecimal() and len(digits) == 6:
            month(int(digits))
            return int(digits), True
        if digits.isdecimal() and len(digits) == 8:
            bounds(int(digits))
            return int(digits), False
    except DayError:
        pass
    raise BadPeriodError(
        f"{text!r} is no month and no day; write 2026-11 or 2026-11-23",
        f"{text!r} bukan bulan dan bukan hari; tulis 2026-11 atau 2026-11-23",
    )


def _month(text: str) -> int:
    number, is_month = _period(text)
    if not is_month:
        raise BadPeriodError(f"{text} is a day; write a month, 2026-11", f"{text} adalah hari; tulis bulan, 2026-11")
    return number


def _who(by: str) -> str:
    import getpass

    return by or f"cli:{getpass.getuser()}"
