"""`sandi snapshot KAMERA`: a picture now, by the running agent and its camera process; says how it was judged and how
long each step took. The file it writes is the one the centre gets: signed, with its record inside.
"""

import base64
import sys
import textwrap
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from agent import cli_words as words
from agent.cli import EXIT_NOT_RUNNING, EXIT_OK, EXIT_PROBLEM, EXIT_USAGE
from agent.cli_daemon import ANSWERS_S, CommandError, Reply, question, told
from agent.config import AgentConfig
from agent.files import write_durably
from agent.messages import Messages
from agent.picturerequests import patience_s

LOOK_S: Final = 0.5
SHOWN_AFTER_S: Final = 1.0


def snapshot(config_path: Path, messages: Messages, camera: str, output: Path | None, *, as_json: bool) -> int:
    """Exit 0 a picture was taken, 1 none was (the cause is said), 2 wrong use, 3 the agent does not run."""
    try:
        reply = _asked(config_path, messages, camera, quiet=as_json)
    except CommandError as error:
        return _refused(error, messages, as_json=as_json)
    if reply.answer is None:
        return _nobody(messages, as_json=as_json)
    found: Mapping[str, Any] = reply.answer["snapshot"]  # type: ignore[assignment]
    if output is not None:
        try:
            write_durably(output, base64.b64decode(found["jpeg"]))
        except OSError as error:
            said = messages.text("cli.snapshot.unwritten", path=output, detail=error.strerror or str(error))
            return told(CommandError([said], EXIT_PROBLEM, "unwritten"), as_json=as_json)
    if as_json:
        facts = {key: value for key, value in found.items() if key != "jpeg"}
        click.echo(msgspec.json.encode({"ok": True, **facts, "file": str(output) if output else None}))
    else:
        for line in lines(messages, found, output):
            click.echo(line)
    return EXIT_OK


def lines(messages: Messages, found: Mapping[str, Any], output: Path | None) -> list[str]:
    """What a technician wants to know of a picture."""
    say = messages.text
    verdict = messages.optional(f"cli.snapshot.verdict.{found['verdict']}") or words.plain(found["verdict"])
    facts = [
        ("verdict", verdict),
        ("age", _seconds(messages, found["age_ms"])),
        ("size", f"{found['width']} x {found['height']}, {words.size(found['size_bytes'])}"),
        ("number", str(found["seq"])),
        ("mask", words.plain(found["mask_version"]) or say("cli.snapshot.no_mask")),
        ("timings", _timings(messages, found["timings_ms"])),
        *((("file", str(output)),) if output else ()),
    ]
    labels = {name: say(f"cli.snapshot.{name}") for name, _ in facts}
    width = max(len(label) for label in labels.values())
    told_lines: list[str] = []
    for name, value in facts:
        first, *others = textwrap.wrap(value, words.WIDTH - width - 2) or [""] if name == "timings" else [value]
        told_lines += [f"{labels[name]:<{width}}  {first}", *(f"{'':<{width}}  {other}" for other in others)]
    return [*told_lines, *([say("cli.snapshot.shared")] if found["shared"] else [])]


def _timings(messages: Messages, timings_ms: Mapping[str, int]) -> str:
    steps = (
        f"{messages.optional(f'camera.step.{name}') or words.plain(name)} {_seconds(messages, spent)}"
        for name, spent in words.picture_steps(timings_ms).items()
    )
    return ", ".join(steps)


def _seconds(messages: Messages, spent_ms: int) -> str:
    return f"{words.number(messages, spent_ms / 1000, 2)} {messages.text('unit.second')}"


def _asked(config_path: Path, messages: Messages, camera: str, *, quiet: bool) -> Reply:
    """The answer; meanwhile, on a terminal, how long it has been waited for."""
    results: list[Reply | BaseException] = []

    def ask() -> None:
        try:
            request = {"camera": camera}
            results.append(
                question(config_path, messages, "snapshot", request, patience_s=lambda c: _patience_s(c, camera))
            )
        except BaseException as error:  # noqa: BLE001 - handed over to whoever waits
            results.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    began_s, shown = time.monotonic(), False
    while asking.is_alive():
        asking.join(LOOK_S)
        waited_s = time.monotonic() - began_s
        if asking.is_alive() and waited_s >= SHOWN_AFTER_S and not quiet and sys.stderr.isatty():
            click.echo("\r" + messages.text("cli.snapshot.waiting", seconds=int(waited_s)), err=True, nl=False)
            shown = True
    if shown:
        click.echo("", err=True)
    [result] = results
    if isinstance(result, BaseException):
        raise result
    return result


def _patience_s(config: AgentConfig, camera: str) -> float:
    """A little longer than the agent itself waits."""
    known = config.cameras.get(camera)
    return ANSWERS_S + (patience_s(known) if known is not None else 0.0)


def _refused(error: CommandError, messages: Messages, *, as_json: bool) -> int:
    code = error.code
    cause = messages.optional(f"cli.snapshot.cause.{code}") or messages.optional(f"camera.do.{code}")
    if cause is not None:
        error.lines = [cause, *error.lines]
    if error.code in ("not_configured", "bad_request"):
        error.exit_code = EXIT_USAGE
    return told(error, as_json=as_json)


def _nobody(messages: Messages, *, as_json: bool) -> int:
    if as_json:
        click.echo(msgspec.json.encode({"ok": False, "error": {"code": "not_running", "message": ""}}))
    else:
        click.echo(messages.text("cli.not_running"), err=True)
    return EXIT_NOT_RUNNING
