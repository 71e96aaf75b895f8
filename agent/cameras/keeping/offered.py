"""What a camera gives away: a picture in the spool, with all that is known of it."""

import time
from pathlib import Path

from agent.cameras.base import Purpose
from agent.cameras.handing import Offer, Reason, Verdict
from wire.shape import Struct


class Picture(Struct, frozen=True):
    """A picture in the spool. Its file is gone when whoever is given it returns. `age_ms` held at `received_s`."""

    camera: str
    purpose: Purpose
    spool: Path
    file: str
    size_bytes: int
    width: int
    height: int
    age_ms: int
    received_s: float
    reason: Reason = "schedule"
    verdict: Verdict = "learning"
    mask_version: str = ""
    request_id: str | None = None
    timings_ms: dict[str, int] = {}  # noqa: RUF012 - msgspec copies it

    def age_now_ms(self) -> int:
        """How old the picture is by now (time.monotonic)."""
        return self.age_ms + max(0, round((time.monotonic() - self.received_s) * 1000))

    def offer(self) -> Offer:
        """The line that tells the core of it, true at this moment."""
        return Offer(
            self.camera, self.size_bytes, self.width, self.height, self.age_now_ms(), self.reason, self.verdict,
            self.mask_version, self.request_id, self.timings_ms,
        )  # fmt: skip
