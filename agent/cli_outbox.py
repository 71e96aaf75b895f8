"""`sandi outbox`: what waits on this box, per stream; `--ledger` what was given up, `--dead` what could not be sent.

Works with the agent dead, too. No view shows contents: a citizen's words are sealed, and stay where they are.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast

import click
import msgspec

from agent import cli_words as words
from agent.cli import EXIT_NOT_RUNNING, EXIT_OK
from agent.cli_daemon import CommandError, question, told
from agent.messages import Messages
from agent.names import MOST_ROWS

View = Literal["outbox", "outbox_ledger", "outbox_dead"]
"""The operation of the control socket that answers, and which table is shown."""


def outbox(config_path: Path, messages: Messages, *, as_json: bool, view: View = "outbox") -> int:
    """Exit 0, or 3 when the agent does not run: what is shown then comes from its files."""
    try:
        reply = question(config_path, messages, view)
    except CommandError as error:
        return told(error, as_json=as_json)
    running, figures = reply.answer is not None, reply.answer
    if figures is None:
        from agent.cli_dead import rows_left

        figures = rows_left(reply.config.node.data_dir, view, MOST_ROWS)
    if as_json:
        click.echo(msgspec.json.encode({"running": running, "node": reply.config.node.id, **(figures or {})}))
    else:
        if not running:
            click.echo(messages.text("cli.not_running"))
        if figures is None:
            click.echo(messages.text("cli.outbox.unreadable", path=reply.config.node.data_dir))
        else:
            {"outbox": show, "outbox_ledger": show_ledger, "outbox_dead": show_dead}[view](messages, figures)
    return EXIT_OK if running else EXIT_NOT_RUNNING


def show(messages: Messages, figures: Mapping[str, object]) -> None:
    """The table of streams, and lines about the disk and about what went wrong."""
    out = words.console()
    say = messages.text
    numbers = (say("cli.outbox.pending"), say("cli.outbox.oldest"), say("cli.outbox.head"), say("cli.outbox.size"))
    made = words.table(say("cli.outbox.stream"), *numbers, numbers=numbers)
    streams = cast("dict[str, dict[str, Any]]", figures.get("streams", {}))
    for name, stream in streams.items():
        oldest = str(stream["oldest_held"]) if stream["pending"] else "-"
        made.add_row(
            say(f"stream.{name}"), str(stream["pending"]), oldest, str(stream["head"]), words.size(stream["size_bytes"])
        )
    out.print(made)
    sizes = {name: words.size(figures.get(f"{name}_bytes")) for name in ("file", "free", "reserve", "reserve_target")}
    out.print(say("cli.outbox.disk", file=sizes["file"], free=sizes["free"], dead=figures.get("dead", 0)))
    if figures.get("reserve_target_bytes"):
        out.print(say("cli.outbox.reserve", held=sizes["reserve"], target=sizes["reserve_target"]))
    _show_losses(messages, figures)
    if figures.get("quarantined_files"):
        out.print(say("cli.outbox.quarantined", count=figures["quarantined_files"]))


def show_ledger(messages: Messages, figures: Mapping[str, object]) -> None:
    """What was given up, newest first."""
    say = messages.text
    rows = cast("list[dict[str, Any]]", figures.get("ledger", []))
    if not rows:
        click.echo(say("cli.outbox.ledger_empty"))
        return
    count = say("cli.outbox.count")
    made = words.table(
        say("cli.outbox.stream"), say("cli.outbox.numbers"), count, say("cli.outbox.reason"), say("cli.outbox.told"),
        numbers=(count,),
    )  # fmt: skip
    for row in rows:
        told_yet = say("cli.outbox.yes" if row["acknowledged"] else "cli.outbox.no")
        span = f"{row['first']}-{row['last']}"
        made.add_row(
            say(f"stream.{row['stream']}"), span, str(row["count"]), _reason(messages, row["reason"]), told_yet
        )
    words.console().print(made)


def show_dead(messages: Messages, figures: Mapping[str, object]) -> None:
    """What the centre refused and what was damaged, newest first, without contents."""
    say = messages.text
    rows = cast("list[dict[str, Any]]", figures.get("dead", []))
    if not rows:
        click.echo(say("cli.outbox.dead_empty"))
        return
    number = say("cli.outbox.number")
    made = words.table(
        say("cli.outbox.stream"), number, say("cli.outbox.kind"), say("cli.outbox.reason"), numbers=(number,)
    )
    for row in rows:
        kind = words.clean(row["kind"]) or "-"
        made.add_row(say(f"stream.{row['stream']}"), str(row["seq"]), kind, _reason(messages, row["code"]))
    words.console().print(made)


def _reason(messages: Messages, reason: str) -> str:
    """A reason of `agent.core.reasons` in words; one without words as it is."""
    known, _, code = reason.partition(": ")
    template = f"cli.outbox.reason.{known}"
    if messages.optional(template) is None:
        return words.clean(reason)
    return words.clean(messages.text(template, code=code))


def _show_losses(messages: Messages, figures: Mapping[str, object]) -> None:
    out, say = words.console(), messages.text
    given_up = cast("dict[str, int]", figures.get("given_up") or {})
    if any(given_up.values()):
        counts = ", ".join(f"{say(f'stream.{stream}')} {count}" for stream, count in given_up.items() if count)
        out.print(say("cli.outbox.given_up", counts=counts))
    if figures.get("giving_up"):
        out.print(say("cli.outbox.giving_up"))
    damaged = cast("dict[str, Any] | None", figures.get("damaged"))
    if damaged:
        since = words.duration(messages, damaged["life_s"])
        out.print(say("cli.outbox.damaged", time=since, detail=words.clean(damaged["detail"])))
