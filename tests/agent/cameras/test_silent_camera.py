"""A camera that says nothing, asked through a worker that has to start first: named as that, not as a slow worker."""

import asyncio
from pathlib import Path

import pytest

from agent.cameras.holder import WorkerHolder
from agent.cameras.http_jpeg import HttpJpegConfig
from agent.cameras.lines import Failed
from agent.cameras.process import Outfit, WorkerPlace
from tests.agent.cameras.http_camera import http_camera

DEADLINE_S = 8.0


@pytest.mark.full
def test_a_silent_camera_is_unreachable_although_its_worker_had_to_start_within_the_deadline(tmp_path: Path) -> None:
    async def ask(url: str) -> object:
        holder = WorkerHolder(
            "gate", HttpJpegConfig(url=url, deadline_s=DEADLINE_S), WorkerPlace(tmp_path), 200, Outfit
        )
        try:
            return await holder.grab(max_bytes=0, synced=True)
        finally:
            await holder.end(gently=False)

    with http_camera(fault="silent") as camera:
        answer = asyncio.run(ask(camera.url))
    assert isinstance(answer, Failed)
    assert answer.code == "unreachable"
