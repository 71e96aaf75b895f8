"""Keeps a plugin running: a failing one is started again with growing pauses, and never takes the service down."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

log = logging.getLogger("agent.supervise")

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 300.0
STABLE_AFTER_S: Final = 60.0  # having run this long, it counts as well again


@dataclass(slots=True)
class PluginState:
    """What `sandi status` shows of a plugin. `error` is empty while it runs well."""

    name: str
    restarts: int = 0
    error: str = ""


class Supervisor:
    """Runs plugins by name and remembers how each is doing; `failing()` feeds the self-warnings."""

    def __init__(self, on_change: Callable[[], None] = lambda: None) -> None:
        self.plugins: dict[str, PluginState] = {}
        self._on_change = on_change

    def failing(self) -> tuple[PluginState, ...]:
        return tuple(state for state in self.plugins.values() if state.error)

    async def keep(self, name: str, start: Callable[[], Awaitable[object]]) -> None:
        """Run `start()` until cancelled. One that returns by itself has nothing more to do and is left alone."""
        state = self.plugins[name] = PluginState(name)
        pause_s = FIRST_PAUSE_S
        while True:
            began_s = asyncio.get_running_loop().time()
            well = asyncio.get_running_loop().call_later(STABLE_AFTER_S, self._recovered, state)
            try:
                await start()
                self._recovered(state)
                return
            except Exception as error:  # noqa: BLE001 - a plugin may break in any way; the reason is kept and shown
                self._failed(state, error)
            finally:
                well.cancel()
            if asyncio.get_running_loop().time() - began_s >= STABLE_AFTER_S:
                pause_s = FIRST_PAUSE_S
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
            state.restarts += 1

    def _failed(self, state: PluginState, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"[:200]
        if reason != state.error:
            log.error("plugin-failed", extra={"plugin": state.name, "detail": reason}, exc_info=error)
        state.error = reason
        self._on_change()

    def _recovered(self, state: PluginState) -> None:
        if state.error:
            log.info("plugin-recovered", extra={"plugin": state.name, "restarts": state.restarts})
            state.error = ""
            self._on_change()
