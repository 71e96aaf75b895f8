"""What the cameras of a process share, and one camera's settings as its plan wants them."""

import time
from collections.abc import Awaitable, Callable
from typing import Final

from agent.cameras.base import CameraConfig, Secrets
from agent.cameras.handing import Facts
from agent.cameras.keeping.offered import Picture
from agent.cameras.keeping.process import WorkerPlace
from agent.cameras.keeping.wishes import OnMissed
from agent.core.pictureplan import Moment, Rules, hours_of
from wire.shape import Struct

MEGABYTE: Final = 1024 * 1024
"""As in every key that ends in `_mb`."""
OnPicture = Callable[[Picture], Awaitable[None]]


class Surroundings(Struct):
    """`facts` is None while the agent cannot be reached; `secrets` reads the password file, or raises a CameraError."""

    place: WorkerPlace
    worker_mb: int
    secrets: Callable[[str, CameraConfig], Secrets]
    on_missed: OnMissed
    on_change: Callable[[], None]
    wall_s: Callable[[], float]
    facts: Facts | None = None

    def moment(self) -> Moment:
        """Now, as the plan wants to know it."""
        facts = self.facts
        wall_s = self.wall_s() if facts is not None and facts.synced else None
        return Moment(time.monotonic(), wall_s, facts is not None and facts.metered)


def rules_of(config: CameraConfig) -> Rules:
    """The settings of one camera."""
    return Rules(
        interval_s=config.interval_s,
        night_interval_s=config.night_interval_s,
        hours=hours_of(config.hours),
        daily_bytes=round(config.daily_mb * MEGABYTE),
        max_bytes=config.max_bytes,
        thumbnail_bytes=config.thumbnail_bytes,
        events=config.events,
    )
