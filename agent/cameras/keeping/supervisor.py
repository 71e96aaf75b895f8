"""All cameras of a node: one keeper each, which share spool, password file and facts. Imports nothing native."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from agent.cameras import spool
from agent.cameras.base import CameraConfig, CameraError, Secrets
from agent.cameras.config import CameraProcessConfig
from agent.cameras.handing import CameraReport, Facts, Take
from agent.cameras.keeping.keeper import CameraKeeper
from agent.cameras.keeping.memory import CameraMemory
from agent.cameras.keeping.offered import Picture
from agent.cameras.keeping.passwords import read_logins, secrets_of
from agent.cameras.keeping.process import WORKER_COMMAND, WorkerPlace
from agent.cameras.keeping.surroundings import OnPicture, Surroundings
from agent.cameras.keeping.wishes import NotNowError, OnMissed

__all__ = ["CameraSupervisor", "Picture"]

STAGGER_S: Final = 2.0
"""Between the first pictures of two cameras: a small board cannot start several workers at once."""
log: Final = logging.getLogger("agent.cameras")


def _nothing(*_: object) -> None:
    """Nobody wants to know."""


class CameraSupervisor:
    """Each camera has one worker and at most one grab in flight. Nothing is taken before `told` brought facts."""

    def __init__(
        self,
        cameras: Mapping[str, CameraConfig],
        settings: CameraProcessConfig,
        worker_command: Sequence[str] = WORKER_COMMAND,
        *,
        on_missed: OnMissed = _nothing,
        on_change: Callable[[], None] = _nothing,
        wall_s: Callable[[], float] = time.time,
    ) -> None:
        self._spool = settings.spool_dir
        self._logins_file = settings.logins_file
        self._around = Surroundings(
            WorkerPlace(self._spool, tuple(worker_command)),
            settings.worker_mb,
            self._secrets,
            on_missed,
            on_change,
            wall_s,
        )
        self._keepers = {
            name: CameraKeeper(name, config, self._around, CameraMemory(settings, name), index * STAGGER_S)
            for index, (name, config) in enumerate(sorted(cameras.items()))
        }

    async def run(self, on_picture: OnPicture) -> None:
        """Take pictures until cancelled; returns only when every camera is off. OSError: no spool can be made."""
        if not self._keepers:
            return
        leftovers = await asyncio.to_thread(spool.prepare, self._spool)
        if leftovers:
            log.info("spool-leftovers-removed", extra={"count": leftovers})
        async with asyncio.TaskGroup() as group:
            for keeper in self._keepers.values():
                group.create_task(keeper.run(on_picture), name=f"camera {keeper.name}")

    def told(self, facts: Facts | None) -> None:
        """What the core says of line, clock and place; None when it cannot be asked: cameras then rest."""
        self._around.facts = facts
        for keeper in self._keepers.values():
            keeper.stir()

    def take(self, take: Take) -> None:
        """A picture now. It comes as others do, with this request's id; or `on_missed` says why not."""
        keeper = self._keepers.get(take.camera)
        if keeper is None:
            error: CameraError = NotNowError("unknown_camera", "the camera process has no camera of this name")
            self._around.on_missed(take, error)
            return
        keeper.wish(take)

    def moves(self) -> float:
        """Another value at each call, unless a turn of some camera goes on although everything in it has a deadline."""
        now_s = time.monotonic()
        return 0.0 if any(keeper.overdue(now_s) for keeper in self._keepers.values()) else now_s

    def reports(self) -> dict[str, CameraReport]:
        """Per camera, how it is."""
        return {name: keeper.report() for name, keeper in self._keepers.items()}

    def status(self) -> dict[str, dict[str, object]]:
        """The same in plain values."""
        return {name: msgspec.to_builtins(report) for name, report in self.reports().items()}

    def _secrets(self, name: str, config: CameraConfig) -> Secrets:
        return secrets_of(read_logins(self._logins_file), name, config)
