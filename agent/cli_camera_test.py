"""`sandi camera test CAMERA`: one picture now, with every step's time, and what to do about the step that failed."""

import asyncio
import os
import textwrap
from pathlib import Path
from typing import Final

import click
import msgspec

from agent.cli import EXIT_OK, EXIT_PROBLEM, EXIT_USAGE
from agent.cli_camera_common import chosen, use_owners_rights
from agent.cli_camera_steps import Outcome, run
from agent.cli_words import number, plain
from agent.messages import Messages
from wire.shape import asdict

_WIDTH: Final = 80
_LABEL: Final = 17
_PICTURE_MODE: Final = 0o600


def test(config_path: Path, messages: Messages, name: str, output: Path | None, *, as_json: bool) -> int:
    """Exit 0 with a picture, 1 without one (or none that could be kept), 2 for no such camera or no such file."""
    camera = chosen(config_path, messages, name)
    if camera is None:
        return EXIT_USAGE
    try:
        target = None if output is None else _opened(output)
        use_owners_rights(camera.all.camera_process.data_dir)
    except OSError as error:
        click.echo(messages.text("cli.camera_test.not_written", path=output, detail=error.strerror or error), err=True)
        return EXIT_USAGE
    outcome = asyncio.run(run(camera, messages))
    try:
        if target is not None:
            _keep(target, outcome)
    except OSError as error:
        click.echo(messages.text("cli.camera_test.not_written", path=output, detail=error.strerror or error), err=True)
        return EXIT_PROBLEM
    if as_json:
        click.echo(msgspec.json.encode(as_plain(outcome, messages)))
    else:
        for line in lines(outcome, messages, output):
            click.echo(line)
    return EXIT_OK if outcome.ok else EXIT_PROBLEM


def as_plain(outcome: Outcome, messages: Messages) -> dict[str, object]:
    """The outcome as JSON values."""
    said = outcome.taken.said if outcome.taken is not None else None
    return {
        "camera": outcome.camera,
        "type": outcome.type,
        "ok": outcome.ok,
        "code": outcome.code,
        "message": outcome.message,
        "do": "" if outcome.ok else _do(outcome.code, messages),
        "steps": [asdict(step) for step in outcome.steps],
        "picture": None if said is None else {**msgspec.to_builtins(said), "id": None, "file": None, "warmth": None},
    }


def lines(outcome: Outcome, messages: Messages, output: Path | None) -> list[str]:
    """The outcome for a terminal: the verdict and the next step in the last two lines."""
    say = messages.text
    told = [f"{outcome.camera}   {outcome.type}", ""]
    for step in outcome.steps:
        state = say(f"cli.camera_test.{'none' if step.ok is None else 'good' if step.ok else 'failed'}")
        took = "" if step.took_ms is None else f"{number(messages, step.took_ms / 1000, 2)} {say('unit.second')}"
        name = messages.optional(f"camera.step.{step.name}") or plain(step.name)
        told.append(f"  {name:<{_LABEL}}{state:<8}{took:>10}  {plain(step.detail)}".rstrip())
    told.append("")
    if outcome.ok:
        where = say("cli.camera_test.written", path=output) if output is not None else ""
        return [*told, *_wrapped(say("cli.camera_test.verdict"), f"{say('cli.camera_test.works')} {where}".strip())]
    cause = f"{outcome.code}: {plain(outcome.message)}"
    return [
        *told,
        *_wrapped(say("cli.camera_test.verdict"), cause),
        *_wrapped(say("cli.camera_test.do"), _do(outcome.code, messages)),
    ]


def _do(code: str, messages: Messages) -> str:
    return messages.optional(f"camera.do.{code}") or messages.text("camera.do.other")


def _wrapped(label: str, text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=f"{label:<9}", subsequent_indent=" " * 9, break_on_hyphens=False)


def _opened(output: Path) -> int:
    """Before root's rights are given up. What is in the file stays until there is a picture."""
    return os.open(output, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, _PICTURE_MODE)


def _keep(target: int, outcome: Outcome) -> None:
    with os.fdopen(target, "wb") as stream:
        if outcome.taken is not None:
            stream.truncate(0)
            stream.write(outcome.taken.jpeg)
