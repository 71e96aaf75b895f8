"""`python -m tests.support.dying_picture_desk FOLDER`: a node that gives pictures up is killed at each of its steps.

For every number N a child takes pictures into an outbox that is too small for them, and dies by kill -9 before its Nth
step on the disk. What it left lies in FOLDER/N; the last one lived. What the centre acknowledged is in FOLDER/N/centre.
"""

import asyncio
import base64
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from agent.core.clock import Stamp
from agent.fakes import FakeClock
from agent.outbox import Outbox, OutboxConfig, open_outbox
from agent.snapshots import Build, Picture, SnapshotMaker
from tests.support.camera_visitor import offer_of, sample
from wire.jpeg import insert_comment

NODE: Final = "kel-3673011001"
PICTURES: Final = 12
ARRIVES_AFTER: Final = 8
LIMITS: Final = OutboxConfig(snapshot_max_mb=1, reserve_mb=0)
STEPS: Final = ((Path, "replace"), (Path, "rename"), (Path, "unlink"), (os, "fsync"))


class _Direct:
    """The outbox without its thread: the child is one line of steps."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def append_picture(self, camera: str, build: Build, stamp: Stamp) -> int:
        return self._outbox.append_picture(camera, build, stamp)


class Desk:
    """A node's outbox and maker in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, FakeClock()
        key = folder / "sign.key"
        key.write_bytes(base64.b64encode(bytes(32)))
        self.outbox = open_outbox(folder / "outbox", "board", self.clock.stamp(), LIMITS)
        self.maker = SnapshotMaker(NODE, _Direct(self.outbox), folder, key)

    def take(self, number: int) -> None:
        """One large picture of the camera `gate`, another each time."""
        image = sample(number)
        for _ in range(3):
            image = insert_comment(image, bytes([number]) * 60_000)
        picture = Picture(offer_of(image), image, time.monotonic(), "traffic", 400_000)
        self.clock.advance(1)
        asyncio.run(self.maker.store(picture, self.clock.stamp()))

    def oldest_arrives(self) -> None:
        """The centre stores the oldest picture here and says so."""
        [oldest] = self.outbox.page("snapshot", 0, 1, 1)
        content = self.outbox.read_file("snapshot", oldest)
        assert content is not None
        folder = self.folder / "centre"
        folder.mkdir(exist_ok=True)
        (folder / str(oldest.record.seq)).write_bytes(content)
        self.outbox.acknowledge(self.outbox.epoch, "snapshot", [(oldest.record.seq, oldest.record.seq)])
        self.outbox.maintain(self.clock.stamp())


def _live(folder: Path, dies_at: int) -> None:
    count = 0

    def counted(original: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **options: Any) -> Any:
            nonlocal count
            if count == dies_at:
                os.kill(os.getpid(), signal.SIGKILL)
            count += 1
            return original(*arguments, **options)

        return step

    desk = Desk(folder)
    for owner, name in STEPS:
        setattr(owner, name, counted(getattr(owner, name)))
    for number in range(PICTURES):
        desk.take(number)
        if number >= ARRIVES_AFTER:
            desk.oldest_arrives()
    desk.outbox.close()


def main(folder: Path, stride: int) -> None:
    for dies_at in range(0, 10_000, stride):
        place = folder / str(dies_at)
        place.mkdir()
        child = os.fork()
        if not child:
            _live(place, dies_at)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            sys.exit(os.WEXITSTATUS(status))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
