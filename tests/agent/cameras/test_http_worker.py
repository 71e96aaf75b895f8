"""HTTP cameras through a real worker: what only decoding tells, and a deadline that includes the worker's start."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.cameras.base import CameraTimeoutError
from agent.cameras.http_jpeg import HttpJpegConfig
from agent.cameras.keeping.holder import WorkerHolder
from agent.cameras.keeping.process import Outfit, WorkerPlace
from agent.cameras.lines import Answer, Failed, Spooled
from tests.agent.cameras.http_camera import http_camera
from tests.support.own_time import told_within

DEADLINE_S = 60.0
SHORT_S = 8.0


@asynccontextmanager
async def worker(url: str, spool: Path, deadline_s: float = DEADLINE_S) -> AsyncIterator[WorkerHolder]:
    """Of a camera at this address; gone after the block."""
    holder = WorkerHolder("gate", HttpJpegConfig(url=url, deadline_s=deadline_s), WorkerPlace(spool), 400, Outfit)
    try:
        yield holder
    finally:
        await holder.end(gently=False)


@pytest.mark.parametrize("fault", ["bomb", "bomb within the sides", "corrupt scan", "corrupt head", "half as if whole"])
def test_a_bad_picture_is_a_typed_error_of_a_worker_that_lives_on(tmp_path: Path, fault: str) -> None:
    async def ask(url: str) -> tuple[Answer, Answer, int]:
        async with worker(url, tmp_path) as holder:
            bad = await holder.grab(max_bytes=0, synced=True)
            camera.fault = ""
            return bad, await holder.grab(max_bytes=0, synced=True), holder.starts

    with http_camera(fault=fault) as camera:
        bad, good, starts = asyncio.run(ask(camera.url))
    assert isinstance(bad, Failed), bad
    assert bad.code in {"picture_invalid", "picture_too_large", "truncated"}
    assert isinstance(good, Spooled)
    assert starts == 1


@pytest.mark.full
def test_a_silent_camera_is_unreachable_although_its_worker_had_to_start_within_the_deadline(tmp_path: Path) -> None:
    async def ask(url: str, deadline_s: float) -> str:
        async with worker(url, tmp_path, deadline_s) as holder:
            try:
                answer = await holder.grab(max_bytes=0, synced=True)
            except CameraTimeoutError as error:
                return error.code
            return answer.code if isinstance(answer, Failed) else "a picture"

    with http_camera(fault="silent") as camera:
        code = told_within(
            SHORT_S, lambda deadline_s: asyncio.run(ask(camera.url, deadline_s)), lambda it: it == "unreachable"
        )
    assert code == "unreachable"
