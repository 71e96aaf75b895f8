"""`sandi-center security`: who was turned away at the doors, for people and for scripts."""

import json
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from center.commands.common import data_option, say, word
from center.turned_away import TurnedAway, turned_away


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON list, times in UTC milliseconds.")
@data_option
def security(as_json: bool, data: Path) -> int:
    """Show who was turned away at the broker and at the enrolment. Exit code 1 when anybody was in the last day.

    A box whose certificate was revoked and which keeps trying is named by the address it last came in from. Works
    while the centre runs; the broker's count is written every ten seconds.
    """
    from center.database import open_database

    open_database()
    now_ms = int(time.time() * 1000)
    rows = turned_away(data)
    alarming = [row for row in rows if row.alarming(now_ms)]
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=2))
        return 1 if alarming else 0
    for row in rows:
        click.echo(_line(row))
    for node in sorted({node for row in alarming for node in row.revoked}):
        last = max((row for row in alarming if node in row.revoked), key=lambda row: row.last_ms)
        say("security-revoked", node=node, at=_moment(last.last_ms), who=last.who)
    say("security-found" if alarming else "security-quiet", count=sum(row.count for row in alarming))
    return 1 if alarming else 0


def _line(row: TurnedAway) -> str:
    who = row.who or word("security-unknown")
    nodes = f"  [{word('security-nodes', nodes=', '.join(row.nodes))}]" if row.nodes else ""
    reason = word(f"security-{row.door}-{row.reason}") if row.door == "broker" else row.reason
    times = f"{_moment(row.first_ms)} .. {_moment(row.last_ms)}"
    return f"{row.door:<6}  {who:<20}  {row.count:>6}x  {times}  {reason}{nodes}"


def _moment(at_ms: int) -> str:
    from django.utils import timezone

    return timezone.localtime(datetime.fromtimestamp(at_ms / 1000, UTC)).strftime("%Y-%m-%d %H:%M")
