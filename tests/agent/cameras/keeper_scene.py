"""A supervisor with one camera, whose worker is a real process and does what the test says."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from agent.cameras.base import CameraError, PictureRefusedError
from agent.cameras.config import CameraProcessConfig
from agent.cameras.handing import Facts, Take
from agent.cameras.keeping.supervisor import CameraSupervisor, Picture
from agent.cameras.replay import ReplayConfig
from tests.support import robot_worker

WAIT_S = 120.0
GOOD = Facts("kel-3673011001", "Kelurahan Serang", synced=True, metered=False)
NOON_S = 1_795_842_000.0
"""2026-11-28 12:00 in Western Indonesia."""


class Scene:
    """One camera, "gate", whose worker does what `mood` says."""

    def __init__(
        self,
        folder: Path,
        *,
        worker_mb: int = 256,
        wall_s: float = NOON_S,
        kind: type[ReplayConfig] = ReplayConfig,
        **config: Any,
    ) -> None:
        self.folder = folder
        self.settings = CameraProcessConfig(
            data_dir=folder / "state", run_dir=folder, logins_file=folder / "logins.toml", worker_mb=worker_mb
        )
        values: dict[str, Any] = {"interval_s": 300, "purpose": "traffic", "notice_posted": True, "deadline_s": 60}
        camera = kind(folder=folder, **(values | config))
        self.pictures: list[Picture] = []
        self.missed: list[tuple[str, str]] = []
        self.refusal: PictureRefusedError | None = None
        self.mood(do="picture")
        self.supervisor = CameraSupervisor(
            {"gate": camera},
            self.settings,
            (sys.executable, robot_worker.__file__, str(folder)),
            on_missed=self._missed,
            wall_s=lambda: wall_s,
        )

    def mood(self, **mood: Any) -> None:
        fresh = self.folder / "mood.new"
        fresh.write_text(json.dumps(mood))
        fresh.replace(self.folder / "mood")

    def lines(self, name: str) -> list[dict[str, Any]]:
        path = self.folder / name
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def take(self, ident: str, reason: Any = "request", *, urgent: bool = False) -> None:
        self.supervisor.take(Take("gate", reason, ident, urgent))

    def login(self, password: str) -> None:
        path = self.folder / "logins.toml"
        path.write_text(f'[gate]\nuser = "viewer"\npassword = "{password}"\n')
        path.chmod(0o600)

    @property
    def report(self) -> dict[str, Any]:
        return dict(self.supervisor.status()["gate"])

    @contextlib.asynccontextmanager
    async def running(self, facts: Facts | None = GOOD) -> AsyncIterator[None]:
        self.supervisor.told(facts)
        task = asyncio.create_task(self.supervisor.run(self._picture))
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def until(self, condition: Any) -> None:
        async with asyncio.timeout(WAIT_S):
            while not condition():  # noqa: ASYNC110 - the condition lies in other processes too
                await asyncio.sleep(0.01)

    async def _picture(self, picture: Picture) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.pictures.append(picture)

    def _missed(self, take: Take, error: CameraError) -> None:
        self.missed.append((take.request_id, error.code))
