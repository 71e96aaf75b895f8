"""`sandi camera test CAMERA`: one picture now, with every step's time, and what to do about the step that failed."""

import asyncio
import os
import textwrap
import time
from pathlib import Path
from typing import Final

import click
import msgspec

from agent.cameras.base import CameraError, MaskError, Secrets
from agent.cameras.masks import Mask, read_mask
from agent.cameras.once import Taken, take_once
from agent.cameras.process import Outfit
from agent.cli import EXIT_OK, EXIT_PROBLEM, EXIT_USAGE
from agent.cli_camera_common import Chosen, chosen, secrets_of, use_owners_rights
from agent.cli_words import number, plain, size
from agent.messages import Messages
from wire.shape import Struct, asdict

_WIDTH: Final = 80
_LABEL: Final = 17
_PICTURE_MODE: Final = 0o600
_DEVELOPED: Final = frozenset(("decode", "mask", "measure", "strip", "encode"))
"""Steps of the pipeline behind every adapter."""


class Step(Struct, frozen=True):
    """One thing that was looked at. `ok` None: there was nothing to look at."""

    name: str
    ok: bool | None
    took_ms: int | None = None
    detail: str = ""


class Outcome(Struct, frozen=True):
    """All steps in order; `code` and `message` of what failed, empty when nothing did."""

    camera: str
    type: str
    steps: tuple[Step, ...]
    code: str = ""
    message: str = ""
    taken: Taken | None = None

    @property
    def ok(self) -> bool:
        return not self.code


def test(config_path: Path, messages: Messages, name: str, output: Path | None, *, as_json: bool) -> int:
    """Exit 0 with a picture, 1 without, 2 when there is no such camera or the file for the picture cannot be made."""
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
    if target is not None:
        _keep(target, outcome)
    if as_json:
        click.echo(msgspec.json.encode(as_plain(outcome, messages)))
    else:
        for line in lines(outcome, messages, output):
            click.echo(line)
    return EXIT_OK if outcome.ok else EXIT_PROBLEM


async def run(camera: Chosen, messages: Messages) -> Outcome:
    """Look at one thing after the other, until one is not as it must be."""
    steps: list[Step] = []
    try:
        _notice(camera, steps, messages)
        secrets = _login(camera, steps, messages)
        mask = _mask(camera, steps, messages)
        began_s = time.monotonic()
        try:
            outfit = Outfit(secrets, mask_file=str(camera.mask_file) if mask else "")
            taken = await take_once(camera.name, camera.config, outfit)
        except CameraError:
            steps.append(Step("picture", False, round((time.monotonic() - began_s) * 1000)))
            raise
    except CameraError as error:
        return Outcome(camera.name, camera.config.type, tuple(steps), error.code, error.message)
    steps += [*_timed(taken), Step("picture", True, taken.took_ms, _facts(taken, messages))]
    return Outcome(camera.name, camera.config.type, tuple(steps), taken=taken)


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


def _notice(camera: Chosen, steps: list[Step], messages: Messages) -> None:
    refusal = camera.config.capture_refusal()
    steps.append(Step("notice", refusal is None, detail=str(camera.config.purpose or "")))
    if refusal is not None:
        error = CameraError(refusal)
        error.code = "notice"
        raise error


def _login(camera: Chosen, steps: list[Step], messages: Messages) -> Secrets:
    """Whether there is an entry, never what it says."""
    try:
        secrets = secrets_of(camera)
    except CameraError:
        steps.append(Step("login", False))
        raise
    there = bool(secrets.user or secrets.password)
    key = "cli.camera_test.login_there" if there else "cli.camera_test.login_none"
    entry = camera.config.login or camera.name
    steps.append(Step("login", True if there else None, detail=messages.text(key, entry=entry)))
    return secrets


def _mask(camera: Chosen, steps: list[Step], messages: Messages) -> Mask | None:
    try:
        mask = read_mask(camera.mask_file)
        if mask is None and camera.config.mask == "required":
            raise MaskError("a mask is required and there is none")
    except MaskError:
        steps.append(Step("mask", False))
        raise
    if mask is None:
        steps.append(Step("mask", None, detail=messages.text("cli.camera_test.mask_none")))
    else:
        text = messages.text("cli.camera_test.mask_there", count=len(mask.polygons), version=mask.version)
        steps.append(Step("mask", True, detail=text))
    return mask


def _timed(taken: Taken) -> list[Step]:
    """What the time was spent on. "grab" is the adapter's part as a whole, told when the adapter tells no steps;
    "total" is the worker's: the rest is its start."""
    spent = dict(taken.said.timings_ms)
    total_ms, grab_ms = spent.pop("total", sum(spent.values())), spent.pop("grab", None)
    if grab_ms is not None and not spent.keys() - _DEVELOPED:
        spent = {"grab": grab_ms, **spent}
    start = Step("worker", True, max(0, taken.took_ms - total_ms))
    return [start, *(Step(step, True, took_ms) for step, took_ms in spent.items())]


def _facts(taken: Taken, messages: Messages) -> str:
    said = taken.said
    age = number(messages, said.age_ms / 1000, 1)
    return messages.text(
        "cli.camera_test.facts", width=said.width, height=said.height, size=size(said.size_bytes), age=age
    )


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
