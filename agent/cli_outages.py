"""`sandi outages`: what happened on this box's line, when, how long and why; with an ID its steps.

Read from the journal's files, so it works with the agent dead; where they may not be read, the running agent is asked.
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
from agent.config import ConfigError, load
from agent.control_client import NoDaemonError, RefusedError, ask
from agent.core.journal import JournalError
from agent.messages import Messages
from agent.names import CONTROL_SOCKET, JOURNAL_FOLDER
from agent.outagebook import NoOutageError, answered

Facts = Mapping[str, Any]
WIB = datetime.timezone(datetime.timedelta(hours=7), "WIB")


def outages(config_path: Path, messages: Messages, *, ident: str | None, last: int, as_json: bool) -> int:
    """Exit 0, 1 when it cannot be read, 2 for a bad configuration or an outage there is none of."""
    request: dict[str, object] = {"op": "outages", "lang": messages.lang, "last": last}
    if ident is not None:
        request["id"] = ident
    try:
        found = _answer(config_path, messages, request)
    except CommandError as error:
        return told(error, as_json=as_json)
    if as_json:
        click.echo(msgspec.json.encode(found))
    elif ident is None:
        show(messages, cast("list[Facts]", found["outages"]))
    else:
        show_one(messages, found)
    return EXIT_OK


def _answer(config_path: Path, messages: Messages, request: dict[str, object]) -> Facts:
    try:
        config = load(config_path)
    except ConfigError as error:
        raise CommandError(error.lines(messages.lang), EXIT_USAGE, "config") from error
    ident = str(request.get("id", ""))
    try:
        return answered(config.node.data_dir / JOURNAL_FOLDER, request)
    except PermissionError:
        return _asked(config.node.run_dir / CONTROL_SOCKET, messages, request, str(config.node.data_dir))
    except NoOutageError as error:
        raise CommandError([messages.text("cli.outages.none_called", id=ident)], EXIT_USAGE, "not_found") from error
    except (JournalError, OSError) as error:
        text = messages.text("cli.outages.unreadable", detail=str(error))
        raise CommandError([text], EXIT_PROBLEM, "unreadable") from error


def _asked(socket: Path, messages: Messages, request: dict[str, object], folder: str) -> Facts:
    try:
        return ask(socket, request)
    except NoDaemonError as error:
        text = messages.text("cli.outages.not_ours", path=folder)
        raise CommandError([text], EXIT_PROBLEM, "not_allowed") from error
    except RefusedError as error:
        text = messages.text("cli.refused", code=error.code, message=error.message)
        raise CommandError([text], EXIT_PROBLEM, error.code) from error


def show(messages: Messages, rows: list[Facts]) -> None:
    """The list, the newest first."""
    say = messages.text
    if not rows:
        click.echo(say("cli.outages.none"))
        return
    out = words.console()
    for row in rows:
        if "error" in row:
            out.print(f"{row['number']:>3}  {say('cli.outages.unreadable', detail=words.clean(row['error']))}")
            continue
        out.print(f"[bold]{row['number']:>3}  {_when(messages, row)}[/]   {_how_long(messages, row)}")
        out.print(f"     {_named(messages, row)}", soft_wrap=True)
        for line in row["evidence"][:2]:
            out.print(f"     - {words.clean(line)}", soft_wrap=True)
    out.print()
    out.print(say("cli.outages.more"))


def show_one(messages: Messages, found: Facts) -> None:
    """One outage with its steps."""
    out, say = words.console(), messages.text
    out.print(f"[bold]{_when(messages, found)}[/]   {_how_long(messages, found)}   ({words.clean(found['id'])})")
    out.print(_named(messages, found), soft_wrap=True)
    if found["sent"]:
        out.print(say("cli.outages.pings", sent=found["sent"], lost=found["lost"]))
    for step in found["steps"]:
        if step["kind"] == "better":
            continue
        sure = say("cli.diagnose.sure", pct=round(100 * step["confidence"])) if step["confidence"] else ""
        out.print()
        out.print(f"{_clock(step['at_ms'])}  [bold]{step['code']}[/] {step['label']}   {sure}", soft_wrap=True)
        for line in step["evidence"]:
            out.print(f"          - {words.clean(line)}", soft_wrap=True)
        if step["also"]:
            out.print(f"          {say('cli.diagnose.also')}: {', '.join(map(words.clean, step['also']))}")
    if found["end_ms"] is not None:
        out.print()
        out.print(f"{_clock(found['end_ms'])}  {say('cli.outages.ended.' + found['how'])}")
    out.print()
    out.print(say("cli.outages.replay", file=words.clean(found["file"])), soft_wrap=True)


def _named(messages: Messages, row: Facts) -> str:
    party = f" ({messages.text('party.' + row['party'])})" if row["party"] != "none" else ""
    return f"[bold red]{words.clean(row['code'])}[/] {words.clean(row['label'])}{party}"


def _when(messages: Messages, row: Facts) -> str:
    at = datetime.datetime.fromtimestamp(row["onset_ms"] / 1000, WIB)
    text = f"{at:%d-%m-%Y %H:%M:%S} WIB"
    return text if row["clock_known"] else f"~ {text} {messages.text('cli.outages.clock')}"


def _clock(at_ms: int) -> str:
    return f"{datetime.datetime.fromtimestamp(at_ms / 1000, WIB):%H:%M:%S}"


def _how_long(messages: Messages, row: Facts) -> str:
    if row["duration_s"] is None:
        return messages.text("cli.outages.open")
    text = words.duration(messages, row["duration_s"])
    return messages.text("cli.outages.at_least", time=text) if row["how"] == "restart" else text
