"""How one camera is, as the keeper knows it and `sandi status` shows it."""

import time
from typing import Final, Literal

from agent.cameras.base import CameraConfig
from agent.cameras.handing import CameraReport, Verdict
from wire.shape import Struct

HELD: Final = {
    "hours": "outside its hours: pictures by schedule rest",
    "daily_limit": "the bytes of this day are used up: pictures by schedule rest until midnight (WIB)",
}


class CameraStatus(Struct):
    """`held_by` names why nothing is taken by schedule although all is well; see `HELD`."""

    state: Literal["starting", "ok", "failing", "off"] = "starting"
    cause: str = ""
    code: str = ""
    held_by: str = ""
    pictures: int = 0
    failures: int = 0
    verdict: Verdict | None = None
    last_picture_s: float | None = None

    def picture_kept(self) -> None:
        """All is well again."""
        self.state, self.code, self.cause = "ok", "", ""
        self.pictures += 1
        self.last_picture_s = time.monotonic()

    def failing(self, code: str, cause: str) -> bool:
        """Note a failure; whether it is news."""
        news = self.state != "failing" or self.code != code
        self.failures += 1
        self.state, self.code, self.cause = "failing", code, cause
        return news

    def report(self, config: CameraConfig, pid: int | None, starts: int, today_bytes: int) -> CameraReport:
        """The same for the core; ages in whole seconds."""
        held = self.held_by if self.state in ("starting", "ok") else ""
        return CameraReport(
            state=self.state,
            type=config.type,
            purpose=config.purpose or "",
            interval_s=config.interval_s,
            code=(self.code or held)[:40],
            cause=(self.cause or HELD.get(held, ""))[:500],
            verdict=self.verdict,
            pictures=self.pictures,
            failures=self.failures,
            starts=starts,
            today_bytes=today_bytes,
            last_picture_age_s=(
                None if self.last_picture_s is None else max(0, round(time.monotonic() - self.last_picture_s))
            ),
            pid=pid,
        )
