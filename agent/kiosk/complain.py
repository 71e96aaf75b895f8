"""`sandi complain`: hand in a complaint at the terminal, or read its answer, through the kiosk's own socket.

Nothing a citizen says or is called may stand on the command line: every user of the box sees it in the process list,
and shells keep it in their history. So text, name and contact are asked for, or read from a file or standard input.
"""

import secrets
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
import msgspec

from agent.cli import EXIT_NOT_RUNNING, EXIT_OK, EXIT_PROBLEM, EXIT_USAGE
from agent.config import ConfigError, load
from agent.control_client import NoDaemonError, RefusedError, ask
from agent.kiosk.bounds import CATEGORIES
from agent.kiosk.terminal import show_answers, show_ticket
from agent.messages import Messages

MAX_INPUT_BYTES: Final = 64 * 1024
TRIES: Final = 3
PAUSE_S: Final = 1.0
INPUT_FIELDS: Final = (
    "category", "text", "name", "contact", "client_id", "subject", "area", "rt_rw", "identity", "follows_code",
    "follows_pin", "purpose", "address", "way",
)  # fmt: skip


class UsageError(Exception):
    """The person at the keyboard has to give something else; the text says what."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What stood on the command line. Files are names or "-" for standard input."""

    category: str | None = None
    text_file: str | None = None
    input_file: str | None = None
    status: str | None = None
    as_json: bool = False


def complain(config_path: Path, messages: Messages, wish: Wish) -> int:
    """Exit 0 done, 1 refused by the agent, 2 wrong usage or configuration, 3 agent not running."""
    try:
        socket = load(config_path).node.run_dir / "intake.sock"
        if wish.status is not None:
            return _look_up(socket, messages, wish, wish.status)
        return _hand_in(socket, messages, wish)
    except ConfigError as error:
        click.echo("\n".join(error.lines(messages.lang)), err=True)
        return EXIT_USAGE
    except UsageError as problem:
        return _failed(messages, wish, "usage", str(problem), EXIT_USAGE)
    except RefusedError as error:
        return _failed(messages, wish, error.code, error.message, EXIT_PROBLEM)
    except NoDaemonError:
        return _failed(messages, wish, "not_running", messages.text("complain.not_running"), EXIT_NOT_RUNNING)


def _hand_in(socket: Path, messages: Messages, wish: Wish) -> int:
    _ask_again(socket, {"op": "ready", "lang": messages.lang})  # before anybody types in vain
    fields = _fields(messages, wish)
    # Made here and sent with every try: an answer lost on the way must not become a second complaint.
    fields.setdefault("client_id", secrets.token_hex(16))
    request = {"op": "submit", "channel": "cli", "lang": messages.lang, **fields}
    ticket = _ask_again(socket, request)
    if wish.as_json:
        click.echo(msgspec.json.encode(ticket))
    else:
        show_ticket(messages, ticket)
    return EXIT_OK


def _look_up(socket: Path, messages: Messages, wish: Wish, code: str) -> int:
    pin = _one_line(messages.text("complain.ask.pin"))
    answer = _ask_again(socket, {"op": "lookup", "code": code, "pin": pin, "lang": messages.lang})
    if wish.as_json:
        click.echo(msgspec.json.encode(answer))
    else:
        show_answers(messages, answer)
    return EXIT_OK


def _fields(messages: Messages, wish: Wish) -> dict[str, str]:
    """The complaint's fields from wherever they come."""
    if wish.input_file is not None:
        return _from_json(messages, wish)
    if wish.text_file is not None:
        if wish.category is None:
            raise UsageError(messages.text("complain.category_missing", categories=", ".join(CATEGORIES)))
        return {"category": wish.category, "text": _read(messages, wish.text_file)}
    if not sys.stdin.isatty():
        raise UsageError(messages.text("complain.no_terminal"))
    return {
        "category": wish.category or _ask_category(messages),
        "text": _ask_text(messages),
        "name": click.prompt(messages.text("complain.ask.name"), default="", show_default=False),
        "contact": click.prompt(messages.text("complain.ask.contact"), default="", show_default=False),
    }


def _from_json(messages: Messages, wish: Wish) -> dict[str, str]:
    try:
        fields = msgspec.json.decode(_read(messages, wish.input_file or "-"), type=dict[str, str])
    except msgspec.DecodeError as error:
        raise UsageError(messages.text("complain.bad_input", fields=", ".join(INPUT_FIELDS))) from error
    if set(fields) - set(INPUT_FIELDS):
        raise UsageError(messages.text("complain.bad_input", fields=", ".join(INPUT_FIELDS)))
    return fields | ({"category": wish.category} if wish.category else {})


def _ask_category(messages: Messages) -> str:
    for number, category in enumerate(CATEGORIES, 1):
        click.echo(f"  {number}  {category:9}  {messages.text(f'complain.category.{category}')}")
    number = click.prompt(messages.text("complain.ask.category"), type=click.IntRange(1, len(CATEGORIES)))
    return CATEGORIES[number - 1]


def _ask_text(messages: Messages) -> str:
    """Several lines, ended by an empty one."""
    click.echo(messages.text("complain.ask.text"))
    lines: list[str] = []
    for line in iter(sys.stdin.readline, ""):
        if not line.strip() and any(lines):
            break
        lines.append(line.strip("\n"))
    return "\n".join(lines)


def _one_line(question: str) -> str:
    """Asked without echo at a terminal, read from standard input otherwise."""
    if sys.stdin.isatty():
        return str(click.prompt(question, hide_input=True))
    return sys.stdin.readline().strip()


def _read(messages: Messages, name: str) -> str:
    """A bounded text in UTF-8."""
    try:
        if name == "-":
            raw = sys.stdin.buffer.read(MAX_INPUT_BYTES + 1)
        else:
            with Path(name).open("rb") as stream:
                raw = stream.read(MAX_INPUT_BYTES + 1)
        if len(raw) <= MAX_INPUT_BYTES:
            return raw.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(messages.text("complain.unreadable", file=name)) from error
    raise UsageError(messages.text("complain.input_too_large", limit=MAX_INPUT_BYTES // 1024))


def _ask_again(socket: Path, request: Mapping[str, object]) -> dict[str, object]:
    """Ask, and ask again when nobody answered: the agent may just be restarting. Repeats change nothing there."""
    for _ in range(TRIES - 1):
        try:
            return ask(socket, request)
        except NoDaemonError:
            time.sleep(PAUSE_S)
    return ask(socket, request)


def _failed(messages: Messages, wish: Wish, code: str, message: str, exit_code: int) -> int:
    if wish.as_json:
        click.echo(msgspec.json.encode({"error": {"code": code, "message": message}}))
    else:
        click.echo(message, err=True)
    return exit_code
