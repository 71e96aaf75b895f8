"""`sandi config check`: says what is wrong with a configuration file, all of it at once."""

from pathlib import Path

import click
import msgspec

from agent.cli import EXIT_OK, EXIT_USAGE
from agent.config import ConfigError, load
from agent.messages import Messages


def check(path: Path, messages: Messages, *, as_json: bool) -> int:
    """Exit 0 when the file loads, 2 when it does not."""
    try:
        config = load(path)
    except ConfigError as error:
        if as_json:
            problems = [
                {"key": p.key, "code": p.code, "text": p.text(messages.lang), **p.facts} for p in error.problems
            ]
            click.echo(msgspec.json.encode({"file": str(path), "ok": False, "problems": problems}))
        else:
            for line in error.lines(messages.lang):
                click.echo(line, err=True)
        return EXIT_USAGE
    if as_json:
        click.echo(msgspec.json.encode({"file": str(path), "ok": True, "node": config.node.id, "problems": []}))
    else:
        click.echo(messages.text("cli.config_check.ok", file=path, node=config.node.id))
    return EXIT_OK
