"""Asking the running agent on behalf of a command, and what its absence means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import click
import msgspec

from agent.cli import EXIT_PROBLEM, EXIT_USAGE
from agent.config import AgentConfig, ConfigError, load
from agent.control_client import NoDaemonError, RefusedError, ask
from agent.messages import Messages
from agent.names import CONTROL_SOCKET


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a question: the answer, or None when no agent runs; `config` says where its files are."""

    config: AgentConfig
    answer: dict[str, object] | None


class CommandError(Exception):
    """The command cannot go on; what to say, and the exit code."""

    def __init__(self, lines: list[str], exit_code: int, code: str) -> None:
        super().__init__(*lines)
        self.lines = lines
        self.exit_code = exit_code
        self.code = code


ANSWERS_S = 10.0


def question(
    config_path: Path,
    messages: Messages,
    op: str,
    more: Mapping[str, object] | None = None,
    *,
    patience_s: Callable[[AgentConfig], float] = lambda _: ANSWERS_S,
) -> Reply:
    """Ask the agent that uses this configuration, and wait for so long. CommandError for a bad file or a refusal."""
    try:
        config = load(config_path)
    except ConfigError as error:
        raise CommandError(error.lines(messages.lang), EXIT_USAGE, "config") from error
    socket = config.node.run_dir / CONTROL_SOCKET
    try:
        return Reply(config, ask(socket, {**(more or {}), "op": op, "lang": messages.lang}, patience_s(config)))
    except NoDaemonError as error:
        if error.denied:
            group = config.control.technicians_group
            raise CommandError([messages.text("cli.denied", group=group)], EXIT_PROBLEM, "not_allowed") from error
        return Reply(config, None)
    except RefusedError as error:
        text = messages.text("cli.refused", code=error.code, message=error.message)
        raise CommandError([text], EXIT_PROBLEM, error.code) from error


def told(error: CommandError, *, as_json: bool) -> int:
    """Print why the command stopped; its exit code."""
    if as_json:
        problem = {"code": error.code, "message": "\n".join(error.lines)}
        click.echo(msgspec.json.encode({"ok": False, "error": problem}))
    else:
        for line in error.lines:
            click.echo(line, err=True)
    return error.exit_code
