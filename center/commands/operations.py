"""`sandi-center operations`: what was asked of boxes, how it went; approve, cancel, pause, resume."""

import json
from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import Any

import click

from center.commands import asking
from center.commands.common import acted, data_option, say, word
from center.errors import CenterError

_JSON = click.option("--json", "as_json", is_flag=True, help="JSON, times in UTC milliseconds.")
_STATES = ("open", "waiting", "running", "paused", "done", "aborted", "cancelled", "lapsed")


@click.group()
def operations() -> None:
    """What was asked of boxes from afar."""


def _with_database(command: Callable[..., int | None]) -> Callable[..., int | None]:
    @wraps(command)
    def prepared(**values: Any) -> int | None:
        from center.database import open_database

        open_database()
        return command(**values)

    return prepared


@operations.command("list")
@click.option("--node", default="", help="Only those that are about this box.")
@click.option("--state", type=click.Choice(_STATES), default=None, help="Only those; open: all that are not over.")
@click.option("-n", "count", type=click.IntRange(1, 500), default=30, show_default=True, help="How many at most.")
@_JSON
@data_option
@_with_database
def list_operations(data: Path, node: str, state: str | None, count: int, as_json: bool) -> None:
    """List operations, the newest first."""
    from center.operations import orders

    rows = orders.operations(count, node, state or "")
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=2))
        return
    for row in rows:
        click.echo(asking.operation_line(row))
    if not rows:
        say("operation-none")


@operations.command("show")
@click.argument("operation")
@click.option("--output", "printing", is_flag=True, help="Also what the boxes printed.")
@_JSON
@data_option
@_with_database
def show(data: Path, operation: str, printing: bool, as_json: bool) -> None:
    """Show one operation with its boxes."""
    from center.operations import orders

    row = _found(operation)
    found = orders.targets(operation)
    texts = {one.id: orders.output(one.id) for one in found} if printing else {}
    if as_json:
        rows = [{**asdict(one), **({"output": texts[one.id].text} if printing else {})} for one in found]
        click.echo(json.dumps({"operation": asdict(row), "targets": rows}, indent=2))
        return
    click.echo(asking.operation_line(row))
    for key, value in row.arguments.items():
        click.echo(f"  {key} = {asking.safe_line(str(value))}")
    if row.note:
        click.echo(f"  {asking.safe_line(row.note)}")
    if row.waves > 1:
        click.echo(f"  {word('operation-wave', wave=row.wave, waves=row.waves)}")
    for one in found:
        click.echo(f"  {asking.target_line(one)}")
        if printing:
            text = asking.safe(texts[one.id].text) or word("operation-output-gone")
            click.echo("\n".join(f"    {line}" for line in text.splitlines()))
    click.echo("\n".join(asking.summary(row)))


@operations.command("approve")
@click.argument("operation")
@click.option("--as", "person", required=True, metavar="NAME", help="Who approves, as the commander knows them.")
@click.option("--otp", is_flag=True, help="Read the one-time code as a line of standard input.")
@data_option
@_with_database
def approve(data: Path, operation: str, person: str, otp: bool) -> None:
    """Approve a grave order as the second person."""
    from center.commander.frames import Approve

    row = _found(operation)
    if row.state != "waiting":
        state = word(f"operation-state-{row.state}")
        raise CenterError(f"it does not wait for anybody: {state}", f"operasi ini tidak menunggu siapa pun: {state}")
    click.echo(asking.operation_line(row), err=True)
    code = asking.one_time_code(person, otp)
    asking.ask(data, Approve(operation, person, code))
    acted("operation-approve", f"operation:{operation}", person)
    say("operation-approved")


def _stopping(what: str, help_text: str) -> click.Command:
    @operations.command(what, help=help_text)
    @click.argument("operation")
    @data_option
    @_with_database
    def stop(data: Path, operation: str) -> None:
        from center.commander.frames import Stop
        from center.commands.common import own_name

        _found(operation)
        asking.ask(data, Stop(operation, what, own_name()))
        acted("operation-stop", f"operation:{operation}", what)
        say(f"operation-stopped-{what}")

    return stop


cancel = _stopping("cancel", "Send nothing more, for good. What a box has begun it brings to its end.")
pause = _stopping("pause", "Let the next wave wait.")
resume = _stopping("resume", "Go on with the next wave.")


def _found(operation: str) -> Any:
    """Raises CenterError."""
    from center.operations import orders

    row = orders.operation(operation)
    if row is None:
        raise CenterError(
            f"there is no operation {operation}; see: sandi-center operations list",
            f"tidak ada operasi {operation}; lihat: sandi-center operations list",
        )
    return row
