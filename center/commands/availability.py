"""`sandi-center outages` and `sandi-center availability`: what the centre concluded, for people and for scripts."""

import json
import time
from dataclasses import asdict
from datetime import UTC, datetime, timedelta, timezone

import click

from center.commands.common import data_option, language, say
from center.core import days
from center.core.days import DayError
from center.core.facts import Seconds
from center.phrases import phrase

JAKARTA = timezone(timedelta(milliseconds=days.OFFSET_MS))
DEFAULT_DAYS = 7
DATE = click.DateTime(("%Y-%m-%d",))


@click.command()
@click.argument("node", required=False, default="")
@click.option("--since", type=DATE, metavar="YYYY-MM-DD", help="From this day on (default: the last seven days).")
@click.option("--open", "lasting", is_flag=True, help="Only those that last.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list, times in UTC milliseconds.")
@data_option
def outages(node: str, since: datetime | None, lasting: bool, as_json: bool, data: object) -> None:
    """List outages (of NODE, or of all) as the centre has concluded them, with cause, party and revision."""
    from center.database import open_database

    open_database()
    from center.availability import reading

    now_ms = int(time.time() * 1000)
    from_ms = now_ms - DEFAULT_DAYS * days.DAY_MS if since is None else days.bounds(_number(since)).start_ms
    rows = reading.outages([node] if node else None, from_ms, now_ms, open=True if lasting else None)
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=2))
        return
    for row in rows:
        until = phrase(language(), "outage-lasts") if row.end_ms is None else _local(row.end_ms)
        blamed = f"{row.cause} ({row.party})" + (f" < {row.parent}" if row.parent else "")
        click.echo(f"{row.node}  {_local(row.start_ms)} - {until}  {blamed}  [{row.id}.{row.revision}]")
    if not rows:
        say("no-outages")


@click.group(invoke_without_command=True)
@click.option("--month", default="", metavar="YYYY-MM", help="The month (default: this one).")
@click.option("--node", default="", metavar="NODE", help="Only this node.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list of seconds and percentages.")
@data_option
@click.pass_context
def availability(context: click.Context, month: str, node: str, as_json: bool, data: object) -> None:
    """Show each node's month: availability, its bounds, and how much of the time is known.

    Worked out of whole seconds; no percentage is ever averaged.
    """
    if context.invoked_subcommand is not None:
        return
    from center.database import open_database

    open_database()
    from center.availability import reading

    first, last = _month(month)
    found: dict[str, list[Seconds]] = {}
    for day in reading.days([node] if node else None, first, last):
        found.setdefault(day.node, []).append(day)
    figures = {name: reading.Figures.of(rows) for name, rows in found.items()}
    if as_json:
        click.echo(json.dumps([_plain(name, one) for name, one in figures.items()], indent=2))
        return
    for name, one in figures.items():
        if not one.enough or one.pct is None:
            click.echo(f"{name}  {phrase(language(), 'not-enough-data', coverage=_pct(one.coverage_pct))}")
            continue
        bounds = phrase(language(), "availability-bounds", worst=_pct(one.worst_pct), best=_pct(one.best_pct))
        click.echo(f"{name}  {_pct(one.pct)} %  {bounds}")
    if not figures:
        say("no-days")


@availability.command("recompute")
@click.option("--since", type=DATE, metavar="YYYY-MM-DD", help="From this day on (default: from the first).")
@click.option("--node", default="", metavar="NODE", help="Only this node.")
@data_option
def recompute(since: datetime | None, node: str, data: object) -> None:
    """Have outages and days worked out again from the facts: the running worker does it, and what was right stays."""
    from center.database import open_database

    open_database()
    from django.db import transaction

    from center.availability import due
    from center.ingest.models import Epoch

    known = Epoch.objects.filter(node=node) if node else Epoch.objects.all()
    nodes = sorted(set(known.values_list("node", flat=True)))
    with transaction.atomic():
        due.mark_nodes(nodes, 0 if since is None else days.bounds(_number(since)).start_ms)
    say("recompute-due", count=len(nodes))


def _number(date: datetime) -> int:
    return date.year * 10_000 + date.month * 100 + date.day


def _month(text: str) -> tuple[int, int]:
    try:
        if not text:
            return days.month(days.month_of(days.day_of(int(time.time() * 1000))))
        return days.month(int(datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).strftime("%Y%m")))
    except (ValueError, DayError) as error:
        raise click.BadParameter("write the month like 2026-11", param_hint="--month") from error


def _local(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, JAKARTA).strftime("%Y-%m-%d %H:%M:%S")


def _pct(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _plain(node: str, one: object) -> dict[str, object]:
    names = ("up_s", "down_s", "unknown_s", "maintenance_s", "causes")
    shown = ("pct", "coverage_pct", "worst_pct", "best_pct", "enough")
    return {"node": node, **{name: getattr(one, name) for name in (*names, *shown)}}
