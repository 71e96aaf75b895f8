"""`sandi commands`: what was asked of this box from afar, and what became of it.

Read from the files of the box, so it works with the agent dead; where they may not be read, the running agent is asked.
"""

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import click
import msgspec

from agent import cli_words as words
from agent.cli import EXIT_OK, EXIT_PROBLEM, EXIT_USAGE
from agent.cli_daemon import CommandError, told
from agent.commands.shown import rows
from agent.config import ConfigError, load
from agent.control_client import NoDaemonError, RefusedError, ask
from agent.messages import Messages
from agent.names import COMMANDS_FOLDER, CONTROL_SOCKET

Facts = Mapping[str, Any]


def commands(config_path: Path, messages: Messages, *, last: int, as_json: bool) -> int:
    """Exit 0, 1 when it cannot be read, 2 for a bad configuration."""
    try:
        found = _found(config_path, messages, last)
    except CommandError as error:
        return told(error, as_json=as_json)
    if as_json:
        click.echo(msgspec.json.encode({"commands": found}))
    else:
        show(messages, found)
    return EXIT_OK


def _found(config_path: Path, messages: Messages, last: int) -> list[Facts]:
    try:
        node = load(config_path).node
    except ConfigError as error:
        raise CommandError(error.lines(messages.lang), EXIT_USAGE, "config") from error
    try:
        return cast("list[Facts]", rows(node.data_dir / COMMANDS_FOLDER, last))
    except PermissionError:
        pass
    except OSError as error:
        text = messages.text("cli.commands.unreadable", detail=error.strerror or str(error))
        raise CommandError([text], EXIT_PROBLEM, "unreadable") from error
    try:
        answer = ask(node.run_dir / CONTROL_SOCKET, {"op": "commands", "lang": messages.lang})
    except NoDaemonError as error:
        text = messages.text("cli.commands.not_ours", path=node.data_dir)
        raise CommandError([text], EXIT_PROBLEM, "not_allowed") from error
    except RefusedError as error:
        text = messages.text("cli.refused", code=error.code, message=error.message)
        raise CommandError([text], EXIT_PROBLEM, error.code) from error
    return cast("list[Facts]", answer["commands"])[:last]


def show(messages: Messages, found: list[Facts]) -> None:
    """A table, the newest first."""
    say = messages.text
    if not found:
        click.echo(say("cli.commands.none"))
        return
    made = words.table(*(say(f"cli.commands.{key}") for key in ("when", "name", "state", "remark")))
    for row in found:
        remark = " ".join(words.clean(part) for part in (row["code"], row["detail"]) if part)
        state = messages.optional(f"cli.commands.state.{row['state']}") or words.clean(row["state"])
        made.add_row(_when(row["accepted_ms"]), words.clean(row["name"]), state, remark)
    words.console().print(made)


def _when(wall_ms: int) -> str:
    moment = datetime.datetime.fromtimestamp(wall_ms / 1000, datetime.UTC)
    return words.wib(moment).strftime("%d-%m %H:%M:%S")
