"""`sandi-center audit`: is any record missing that nobody can explain? For people and for scripts."""

import json
import time

import click

from center.commands.common import data_option, language, say
from center.phrases import phrase


@click.command()
@click.option("--node", default="", metavar="NODE", help="Only this node.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list, times in UTC milliseconds.")
@data_option
def audit(node: str, as_json: bool, data: object) -> int:
    """Show which records are missing and why. Exit code 1 when any is missing without explanation.

    Reads what the running worker has found; works while the centre runs.
    """
    from center.database import open_database

    open_database()
    from dataclasses import asdict

    from center.connectivity.findings import findings

    found = findings(node)
    faults = sum(row.count for row in found if row.kind == "fault")
    if as_json:
        click.echo(json.dumps([asdict(row) for row in found], indent=2))
        return 1 if faults else 0
    for row in found:
        numbers = ", ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in row.ranges[:5])
        more = " ..." if len(row.ranges) > 5 else ""
        kind = phrase(language(), f"audit-{row.kind}")
        click.echo(f"{row.node}  {row.stream}  {row.count}  {kind}  [{row.epoch}: {numbers}{more}]")
    _tell_tails(node)
    say("audit-faults" if faults else "audit-intact", count=faults)
    return 1 if faults else 0


def _tell_tails(node: str) -> None:
    """The stretches of which only a lost card could have told."""
    from center.connectivity.tails import all_tails, tails

    for name, some in ({node: tails(node)} if node else all_tails()).items():
        for tail in some:
            since, until = (
                time.strftime("%Y-%m-%d %H:%M", time.localtime(at / 1000)) for at in (tail.heard_ms, tail.born_ms)
            )
            say("audit-tail", node=name, since=since, until=until)
