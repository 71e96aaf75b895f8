"""`sandi outbox`: what waits on this box, per stream. Works with the agent dead, too."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import click
import msgspec

from agent import cli_words as words
from agent.cli import EXIT_NOT_RUNNING, EXIT_OK
from agent.cli_daemon import CommandError, question, told
from agent.messages import Messages


def outbox(config_path: Path, messages: Messages, *, as_json: bool) -> int:
    """Exit 0, or 3 when the agent does not run: what is shown then comes from its files."""
    try:
        reply = question(config_path, messages, "outbox")
    except CommandError as error:
        return told(error, as_json=as_json)
    running, figures = reply.answer is not None, reply.answer
    if figures is None:
        from agent.cli_dead import remains

        figures = remains(reply.config.node.data_dir).figures
    if as_json:
        click.echo(msgspec.json.encode({"running": running, "node": reply.config.node.id, **(figures or {})}))
    else:
        if not running:
            click.echo(messages.text("cli.not_running"))
        if figures is None:
            click.echo(messages.text("cli.outbox.unreadable", path=reply.config.node.data_dir))
        else:
            show(messages, figures)
    return EXIT_OK if running else EXIT_NOT_RUNNING


def show(messages: Messages, figures: Mapping[str, object]) -> None:
    """The table, and one line about the disk."""
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
    out.print(
        say(
            "cli.outbox.disk",
            file=words.size(figures.get("file_bytes")),
            free=words.size(figures.get("free_bytes")),
            dead=figures.get("dead", 0),
        )
    )
    if figures.get("quarantined_files"):
        out.print(say("cli.outbox.quarantined", count=figures["quarantined_files"]))
