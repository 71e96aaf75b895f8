"""One picture of one camera, in a worker of its own, for whoever sets the camera up. The service need not run.

The picture is what the service would send, less its record: adapter, mask, strip and budget are those of the worker.
"""

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Final

from agent.cameras.base import CameraConfig, CameraError, CameraTimeoutError, CameraUnavailableError, WorkerDiedError
from agent.cameras.keeping.process import WORKER_COMMAND, Outfit, WorkerPlace, WorkerProcess
from agent.cameras.lines import Failed, Spooled
from agent.cameras.picture import read_bounded
from wire.shape import Struct

_FOLDER: Final = "sandi-camera-"


class Taken(Struct, frozen=True):
    """A picture, what the worker said of it, and how long all of it took, the worker's start included."""

    jpeg: bytes
    said: Spooled
    took_ms: int


async def take_once(
    name: str, config: CameraConfig, outfit: Outfit, command: tuple[str, ...] = WORKER_COMMAND, *, synced: bool = True
) -> Taken:
    """A fresh picture within the camera's own deadline, the worker's start included. Raises CameraError."""
    try:
        with tempfile.TemporaryDirectory(prefix=_FOLDER) as folder:
            return await _take(name, config, outfit, WorkerPlace(Path(folder), command), synced=synced)
    except OSError as error:
        raise CameraUnavailableError(f"no room for the picture: {error.strerror or error}") from error


async def _take(name: str, config: CameraConfig, outfit: Outfit, place: WorkerPlace, *, synced: bool) -> Taken:
    began_s = time.monotonic()
    worker: WorkerProcess | None = None
    try:
        async with asyncio.timeout(config.deadline_s):
            worker = await WorkerProcess.start(name, config, place, 0, outfit)
            answer = await worker.grab(config.deadline_s, synced=synced)
    except TimeoutError as error:
        raise CameraTimeoutError(f"no picture within {config.deadline_s:g} s; the worker was killed") from error
    finally:
        if worker is not None:
            await worker.kill()
    took_ms = round((time.monotonic() - began_s) * 1000)
    if isinstance(answer, Failed):
        raise as_error(answer)
    return Taken(_picture(place.spool, name, answer), answer, took_ms)


def as_error(failed: Failed) -> CameraError:
    """What a worker said went wrong, as the error it was."""
    error = CameraError(failed.message)
    error.code, error.permanent = failed.code, failed.permanent
    return error


def _picture(folder: Path, name: str, answer: Spooled) -> bytes:
    if not answer.file.startswith(f"{name}."):
        raise WorkerDiedError("the worker named another camera's file")
    try:
        return read_bounded(folder / answer.file, answer.size_bytes)[0]
    except OSError as error:
        raise WorkerDiedError("the worker named a picture that is not there") from error
