"""`sandi maintenance`: say that a technician works at this box, so that the centre does not take it for an outage."""

import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from agent import cli_words as words
from agent.cli import EXIT_NOT_RUNNING, EXIT_OK, EXIT_USAGE
from agent.cli_daemon import CommandError, question, told
from agent.core.maintenance import DurationError, parse_duration
from agent.messages import Messages


@dataclass(frozen=True, slots=True)
class Wish:
    """What was typed. Without a duration and without `end` the present stay is shown."""

    duration: str | None
    end: bool = False
    ticket: str = ""
    note: str = ""


def maintenance(config_path: Path, messages: Messages, wish: Wish, *, as_json: bool) -> int:
    """Exit 0 done or shown, 1 refused, 2 wrong use, 3 the agent does not run: then nobody can tell the centre."""
    try:
        request = _request(wish)
    except DurationError:
        click.echo(messages.text("cli.maintenance.bad_duration", text=wish.duration or ""), err=True)
        return EXIT_USAGE
    try:
        reply = question(config_path, messages, "maintenance", request)
    except CommandError as error:
        if error.code == "no_maintenance":
            error.lines = [messages.text("cli.maintenance.none")]
        return told(error, as_json=as_json)
    if reply.answer is None:
        return _nobody(messages, as_json=as_json)
    if as_json:
        click.echo(msgspec.json.encode({"running": True, **reply.answer}))
    else:
        _show(messages, str(request["action"]), reply.answer)
    return EXIT_OK


def _request(wish: Wish) -> dict[str, object]:
    if wish.end and (wish.duration or wish.ticket or wish.note):
        raise DurationError(wish.duration or "--end")
    if wish.end:
        return {"action": "end", "by": _login()}
    if wish.duration is None:
        if wish.ticket or wish.note:
            raise DurationError("")
        return {"action": "show"}
    lasts_s = parse_duration(wish.duration) // 1000
    return {"action": "begin", "lasts_s": lasts_s, "by": _login(), "ticket": wish.ticket, "note": wish.note}


def _login() -> str:
    """Who stands here, through sudo too; the agent believes it of root only."""
    if os.environ.get("SUDO_USER"):
        return os.environ["SUDO_USER"][:64]
    try:
        return pwd.getpwuid(os.geteuid()).pw_name[:64]
    except KeyError:
        return ""


def _show(messages: Messages, action: str, answer: Mapping[str, Any]) -> None:
    say, stay = messages.text, answer["maintenance"]
    if action == "end":
        click.echo(say("cli.maintenance.ended"))
    elif stay is None:
        click.echo(say("cli.maintenance.none"))
        return
    else:
        left = words.duration(messages, -(-stay["left_s"] // 60) * 60)  # whole minutes, up
        # The moment is worth saying only where the clock of the box is right.
        until = say("cli.maintenance.until", time=_clock(stay["until_wall_ms"])) if stay["clock_synced"] else ""
        click.echo(say("cli.maintenance.lasts", left=left, until=until))
        for key in ("by", "ticket", "note"):
            if stay[key]:
                click.echo(f"{say(f'cli.maintenance.{key}'):<10} {words.plain(stay[key])}")
    if action != "show":
        click.echo(say("cli.maintenance.told" if answer["filed"] else "cli.maintenance.waits"))
    if action == "begin":
        click.echo(say("cli.maintenance.how_to_end"))


def _clock(wall_ms: int) -> str:
    return words.wib(datetime.fromtimestamp(wall_ms / 1000, UTC)).strftime("%H.%M")


def _nobody(messages: Messages, *, as_json: bool) -> int:
    if as_json:
        click.echo(msgspec.json.encode({"running": False, "maintenance": None}))
    else:
        click.echo(messages.text("cli.not_running"), err=True)
        click.echo(messages.text("cli.maintenance.nobody"), err=True)
    return EXIT_NOT_RUNNING
