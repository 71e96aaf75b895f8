"""Gathers what is wrong with the agent itself and files each change of it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from agent.clock import Clock
from agent.core.warnings import RULES, Watch, evaluate
from agent.events import EventLog
from agent.health.board import HOT_NOW, THROTTLED_NOW, UNDERVOLTAGE_NOW
from wire.bodies import SystemReading

log = logging.getLogger("agent.warnings")

TICK_S: Final = 10.0
Conditions = Callable[[], Awaitable[Mapping[str, str]]]
"""Gathers what holds now: code of a rule -> detail."""


class SelfCheck:
    """Asks what holds, applies the rules, and remembers what is visible."""

    def __init__(self, clock: Clock, events: EventLog, conditions: Conditions) -> None:
        self._clock = clock
        self._events = events
        self._conditions = conditions
        self._watch = Watch()
        self._stirred = asyncio.Event()

    def stir(self) -> None:
        """Something changed: look now rather than at the next tick."""
        self._stirred.set()

    async def run(self) -> None:
        while True:
            await self.check()
            try:
                async with asyncio.timeout(TICK_S):
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
            await self._events.warn(change.code, change.active, change.detail)

    def codes(self) -> tuple[str, ...]:
        return tuple(self._watch.visible)

    def status(self) -> list[dict[str, object]]:
        severities = {rule.code: rule.severity for rule in RULES}
        now_s = self._clock.mono_s()
        return [
            {
                "code": code,
                "severity": severities[code],
                "detail": detail,
                "for_s": int(now_s - self._watch.since_s[code]),
            }
            for code, detail in self._watch.visible.items()
        ]


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
        conditions["storage_worn"] = f"{reading.sd_wear_pct:g}"
    return conditions
