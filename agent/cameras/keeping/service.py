"""The camera process put together: cameras, their supervisor, the way to the core. Until SIGTERM or SIGINT."""

import asyncio
import logging
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from agent.cameras.base import CameraConfig, CameraError
from agent.cameras.config import CameraProcessConfig
from agent.cameras.handing import Take
from agent.cameras.keeping.door import PictureDoor
from agent.cameras.keeping.supervisor import CameraSupervisor
from agent.core.stillness import Progress, Stillness
from agent.sdnotify import Notifier

STUCK_S: Final = 60.0
"""Of a supervisor whose turns are overdue; then systemd is no longer told that all is well."""
LOOK_EVERY_S: Final = 5.0
log: Final = logging.getLogger("agent.cameras")


def make_folders(settings: CameraProcessConfig) -> None:
    """The process's own folders, where systemd did not make them. Raises OSError."""
    for folder in (settings.data_dir, settings.memory_dir, settings.masks_dir, settings.run_dir):
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)


async def serve(settings: CameraProcessConfig, cameras: Mapping[str, CameraConfig], door_path: Path) -> None:
    """Take pictures and hand them to the core behind `door_path`, until told to stop. OSError: no spool can be made.

    A camera that is off stays reported: whoever asks for status has to see why.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    await asyncio.to_thread(make_folders, settings)

    def missed(take: Take, error: CameraError) -> None:
        door.missed(take, error)

    def changed() -> None:
        door.changed()

    supervisor = CameraSupervisor(cameras, settings, on_missed=missed, on_change=changed)
    door = PictureDoor(
        door_path, list(cameras), on_facts=supervisor.told, on_take=supervisor.take, reports=supervisor.reports
    )
    notifier = Notifier()
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(supervisor.run(door.offer), name="cameras"),
            group.create_task(door.run(), name="door"),
            group.create_task(_feed_watchdog(supervisor, notifier), name="watchdog"),
        ]
        notifier.send("READY=1")
        log.info("cameras-started", extra={"cameras": ", ".join(sorted(cameras))})
        await stop.wait()
        notifier.send("STOPPING=1")
        for task in tasks:
            task.cancel()
    log.info("cameras-stopped")


async def _feed_watchdog(supervisor: CameraSupervisor, notifier: Notifier) -> None:
    """WATCHDOG=1 as long as this loop turns and no camera's turn is overdue; no camera's fault has a say in it."""
    if notifier.watchdog_s is None:
        return
    stillness = Stillness(Progress(supervisor.moves, STUCK_S), time.monotonic(), LOOK_EVERY_S)
    while True:
        if not stillness.too_long(time.monotonic()):
            notifier.send("WATCHDOG=1")
            notifier.status(_one_line(supervisor))
        await asyncio.sleep(min(LOOK_EVERY_S, notifier.watchdog_s / 3))


def _one_line(supervisor: CameraSupervisor) -> str:
    return ", ".join(f"{name} {report.state}" for name, report in supervisor.reports().items())
