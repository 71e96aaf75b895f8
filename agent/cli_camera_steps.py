"""The steps of `sandi camera test`: one thing looked at after the other, each with its time, until one fails."""

import time

from agent.cameras.base import CameraError, MaskError, Secrets
from agent.cameras.keeping.memory import CameraMemory
from agent.cameras.keeping.process import Outfit
from agent.cameras.maskfile import was_cleared
from agent.cameras.masks import Mask, read_mask
from agent.cameras.once import Taken, take_once
from agent.cli_camera_common import Chosen, secrets_of
from agent.cli_words import number, picture_steps, size
from agent.clock import Clock
from agent.messages import Messages
from wire.shape import Struct


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


async def run(camera: Chosen, messages: Messages) -> Outcome:
    """Look at one thing after the other, until one is not as it must be."""
    steps: list[Step] = []
    try:
        _notice(camera, steps, messages)
        secrets = _login(camera, steps, messages)
        mask = _mask(camera, steps, messages)
        began_s = time.monotonic()
        try:
            mask_file = str(camera.mask_file) if mask else ""
            outfit = Outfit(secrets, camera.all.node.id, mask_file)
            taken = await take_once(camera.name, camera.config, outfit, synced=Clock().synced)
        except CameraError:
            steps.append(Step("picture", False, round((time.monotonic() - began_s) * 1000)))
            raise
    except CameraError as error:
        return Outcome(camera.name, camera.config.type, tuple(steps), error.code, error.message)
    steps += [*_timed(taken), Step("picture", True, taken.took_ms, _facts(taken, messages))]
    return Outcome(camera.name, camera.config.type, tuple(steps), taken=taken)


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
        if mask is None:
            _demand_mask(camera)
    except MaskError:
        steps.append(Step("mask", False))
        raise
    if mask is None:
        steps.append(Step("mask", None, detail=messages.text("cli.camera_test.mask_none")))
    else:
        text = messages.text("cli.camera_test.mask_there", count=len(mask.polygons), version=mask.version)
        steps.append(Step("mask", True, detail=text))
    return mask


def _demand_mask(camera: Chosen) -> None:
    """MaskError where the service would take no picture without a mask. What it remembers is only read."""
    if camera.config.mask == "required":
        raise MaskError("a privacy mask is required and there is none")
    memory = CameraMemory(camera.all.camera_process, camera.name)
    memory.load()
    try:
        lost = bool(memory.now.mask_version) and not was_cleared(camera.mask_file)
    except OSError as error:
        raise MaskError(f"cannot look for the privacy mask: {error.strerror or error}") from error
    if lost:
        raise MaskError(
            f"the privacy mask of {camera.name} is gone: draw it again, or say that none is wanted (--clear)"
        )


def _timed(taken: Taken) -> list[Step]:
    """What the time was spent on. "total" is the worker's: the rest is its start."""
    spent = picture_steps(taken.said.timings_ms)
    total_ms = spent.pop("total", sum(spent.values()))
    start = Step("worker", True, max(0, taken.took_ms - total_ms))
    return [start, *(Step(step, True, took_ms) for step, took_ms in spent.items())]


def _facts(taken: Taken, messages: Messages) -> str:
    said = taken.said
    age = number(messages, said.age_ms / 1000, 1)
    return messages.text(
        "cli.camera_test.facts", width=said.width, height=said.height, size=size(said.size_bytes), age=age
    )
