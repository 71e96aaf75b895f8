"""`sandi replay JOURNAL`: a recorded outage judged again by this version, line by line, from the very same evidence.

A verdict that was wrong in the field becomes a test this way: the file is all that it takes.
"""

from pathlib import Path

import click
import msgspec

from agent import cli_words as words
from agent.cli import EXIT_OK, EXIT_PROBLEM, EXIT_USAGE
from agent.core.journal import JournalError
from agent.journals import read
from agent.messages import Messages
from agent.outagebook import again, label


def replay(file: Path, messages: Messages, *, as_json: bool) -> int:
    """Exit 0 when every verdict is the recorded one, 1 when one differs, 2 when the file cannot be read whole."""
    try:
        recorded = read(file)
        if recorded.torn:
            raise JournalError(messages.text("cli.replay.torn", count=recorded.torn))
    except (JournalError, OSError) as error:
        return _unreadable(file, str(error), messages, as_json=as_json)
    lines = again(recorded)
    agrees = all(line["agrees"] for line in lines)
    if as_json:
        click.echo(msgspec.json.encode({"id": recorded.header.id, "agrees": agrees, "lines": lines}))
        return EXIT_OK if agrees else EXIT_PROBLEM
    out, say = words.console(), messages.text
    out.print(f"{words.clean(recorded.header.id)}  {words.clean(recorded.header.node)}")
    for line in lines:
        after_s = (line["mono_ms"] - recorded.header.onset_ms) / 1000
        now = f"{line['now']} {label(line['now'], messages.lang)}"
        sign = say("cli.replay.same") if line["agrees"] else f"[bold red]{say('cli.replay.differs')}[/]"
        out.print(
            f"{after_s:>9.1f} s  {words.clean(line['recorded']):<4} -> {words.clean(now)}   {sign}", soft_wrap=True
        )
    out.print(say("cli.replay.agrees" if agrees else "cli.replay.changed", count=len(lines)))
    return EXIT_OK if agrees else EXIT_PROBLEM


def _unreadable(file: Path, detail: str, messages: Messages, *, as_json: bool) -> int:
    text = messages.text("cli.replay.unreadable", file=file, detail=detail)
    if as_json:
        click.echo(msgspec.json.encode({"ok": False, "error": {"code": "unreadable", "message": text}}))
    else:
        click.echo(text, err=True)
    return EXIT_USAGE
