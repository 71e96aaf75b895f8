"""Gathers what is wrong with the agent itself and files each change of it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from agent.clock import Clock
from agent.core.stillness import Progress
from agent.core.together import until_next
from agent.core.warnings import Watch, evaluate
from agent.events import EventLog
from agent.throttling import HOT_NOW, THROTTLED_NOW, UNDERVOLTAGE_NOW
from wire.bodies import SystemReading
from wire.warnings import WARNINGS

log = logging.getLogger("agent.warnings")

TICK_S: Final = 10.0
STUCK_S: Final = 60.0
STORAGE: Final = frozenset({"outbox_readonly", "disk_reserve"})
"""What is held against a storage that does not take what it is given."""
Conditions = Callable[[], Awaitable[Mapping[str, str]]]
"""Gathers what holds now: code of a rule -> detail."""


class SelfCheck:
    """Asks what holds, applies the rules, and remembers what is visible.

    Its rounds are also when events which the outbox refused are offered to it again (see `EventLog`), so that the
    centre learns of a full disk afterwards, with both ends.
    """

    def __init__(self, clock: Clock, events: EventLog, conditions: Conditions) -> None:
        self._clock = clock
        self._events = events
        self._conditions = conditions
        self._watch = Watch()
        self._stirred = asyncio.Event()
        self._looks = 0
        self.progress = Progress(lambda: self._looks, STUCK_S)

    def stir(self) -> None:
        """Something changed: look now rather than at the next tick."""
        self._stirred.set()

    async def run(self) -> None:
        while True:
            await self.check()
            self._looks += 1
            try:
                async with asyncio.timeout(until_next(asyncio.get_running_loop().time(), TICK_S)):
                    await self._stirred.wait()
            except TimeoutError:
                pass
            self._stirred.clear()

    async def check(self) -> None:
        self._watch, changes = evaluate(self._watch, await self._conditions(), self._clock.mono_s())
        for change in changes:
            (log.warning if change.active else log.info)(
                "warning-on" if change.active else "warning-off", extra={"code": change.code, "detail": change.detail}
            )
            self._events.warn(change.code, change.active, change.detail)
        await self._events.retry()

    def codes(self) -> tuple[str, ...]:
        return tuple(self._watch.visible)

    def standing(self, storage: Mapping[str, str]) -> tuple[str, ...]:
        """What has to reach the centre in another way than by a report: the codes, while the storage takes none.

        `storage` is what the outbox and those who write to it have met there: code -> detail.
        """
        return self.codes() if STORAGE & storage.keys() else ()

    def status(self) -> list[dict[str, object]]:
        """Per visible warning: code, severity, detail, and for how long its condition has held; worst first."""
        now_s = self._clock.mono_s()
        found = [
            {
                "code": code,
                "severity": WARNINGS[code].severity,
                "detail": detail,
                "for_s": int(now_s - self._watch.since_s[code]),
            }
            for code, detail in self._watch.visible.items()
        ]
        return sorted(found, key=lambda warning: warning["severity"] != "error")


def board_conditions(reading: SystemReading | None) -> dict[str, str]:
    """What a health reading says against the box."""
    conditions: dict[str, str] = {}
    if reading is None:
        return conditions
    if reading.throttled is not None and reading.throttled & UNDERVOLTAGE_NOW:
        conditions["undervoltage"] = ""
    if reading.throttled is not None and reading.throttled & (THROTTLED_NOW | HOT_NOW):
        conditions["overheated"] = f"{reading.temp_c} C"
    if reading.sd_wear_pct is not None and reading.sd_wear_pct >= 90:
        conditions["storage_worn"] = f"{reading.sd_wear_pct:g} %"
    return conditions
