"""Keeps a plugin running: one that fails or stops moving is started again with growing pauses, and never takes the
service down.

A plugin that has something to do at known intervals declares it (`Progress`). When it stands still for longer, it is
cancelled and started again like one that failed. Where even that does not end it, it is asked again and said to be
stuck until it moves: two of the same would fight over files and sockets.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from agent.core.stillness import Progress, Stillness
from agent.core.together import until_next
from wire.shape import Struct

log = logging.getLogger("agent.supervise")

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 300.0
STABLE_AFTER_S: Final = 60.0  # having run this long, it counts as well again
LOOK_EVERY_S: Final = 5.0
CANCEL_S: Final = 10.0  # giving way takes milliseconds; the kiosk may wait for one slow write

Start = Callable[[], Awaitable[object]]


class Plugin(Struct, frozen=True):
    """What to run, and how it shows that it moves; None for one that only answers when asked."""

    start: Start
    progress: Progress | None = None
    may_end: bool = False
    """Whether it may have nothing more to do; any other that returns by itself has failed."""


class PluginState(Struct):
    """What `sandi status` shows of a plugin. `error` and `stuck` are empty while it runs well."""

    name: str
    restarts: int = 0
    error: str = ""
    stuck: str = ""
    giving_way: bool = False
    """Told to end for standing still, and not over yet: no time it has run makes it well."""


class EndedError(RuntimeError):
    """A part that should run for ever returned."""


def asked_to_end() -> bool:
    """Whether the present task itself was cancelled; any other CancelledError came out of something it waited for.

    Of those asyncio is full: a future that somebody cancelled, a server that was closed. A task that lets one through
    counts as cancelled, which neither a task group nor anybody else would mention.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class Supervisor:
    """Runs plugins by name and remembers how each is doing; `failing()` and `stuck()` feed the self-warnings."""

    def __init__(self, on_change: Callable[[], None] = lambda: None) -> None:
        self.plugins: dict[str, PluginState] = {}
        self._on_change = on_change

    def failing(self) -> tuple[PluginState, ...]:
        return tuple(state for state in self.plugins.values() if state.error)

    def stuck(self) -> tuple[PluginState, ...]:
        return tuple(state for state in self.plugins.values() if state.stuck)

    async def keep(self, name: str, plugin: Plugin) -> None:
        """Run it until cancelled, or until it returns where it may."""
        state, progress = PluginState(name), plugin.progress
        self.plugins[name] = state
        stable_s = max(STABLE_AFTER_S, 2 * progress.longest_s if progress else 0.0)
        pause_s = FIRST_PAUSE_S
        while True:
            began_s = asyncio.get_running_loop().time()
            well = asyncio.get_running_loop().call_later(stable_s, self._runs_well, state)
            try:
                if await self._live(state, plugin.start, progress):
                    if plugin.may_end:
                        self._recovered(state)
                        return
                    self._failed(state, EndedError("ended by itself"))
            except asyncio.CancelledError as error:
                if asked_to_end():
                    raise
                self._failed(state, error)
            except Exception as error:  # noqa: BLE001 - a plugin may break in any way; the reason is kept and shown
                self._failed(state, error)
            finally:
                well.cancel()
            if asyncio.get_running_loop().time() - began_s >= stable_s:
                pause_s = FIRST_PAUSE_S
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
            state.restarts += 1

    async def _live(self, state: PluginState, start: Start, progress: Progress | None) -> bool:
        """One life of a plugin. True when it ended by itself, False when it was stopped for standing still."""
        if progress is None:
            await start()
            return True
        task = asyncio.ensure_future(start())
        loop = asyncio.get_running_loop()  # its clock stands while the box sleeps
        still = Stillness(progress, loop.time(), LOOK_EVERY_S)
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=until_next(loop.time(), still.look_every_s))
                if task.done() or not still.too_long(loop.time()):
                    self._moves_again(state)
                elif await self._gives_way(state, task, still.for_s):
                    return False
            await task
            return True
        finally:
            while not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=CANCEL_S)

    async def _gives_way(self, state: PluginState, task: "asyncio.Future[object]", still_s: float) -> bool:
        """Cancel one that stands still; whether that ended it."""
        first, state.giving_way = not state.giving_way, True
        if first:
            self._stood_still(state, f"no progress for {still_s:.0f} s")
        task.cancel()
        await asyncio.wait({task}, timeout=CANCEL_S)
        if not task.done():
            if first:
                self._stood_still(state, f"no progress for {still_s:.0f} s and cannot be stopped")
            return False
        if not task.cancelled():
            task.exception()  # whatever it died of, it was told to
        state.giving_way = False
        return True

    def _moves_again(self, state: PluginState) -> None:
        """One that could not be stopped and then moved by itself is as good as new."""
        if state.giving_way:
            state.giving_way = False
            self._recovered(state)

    def _runs_well(self, state: PluginState) -> None:
        if not state.giving_way:
            self._recovered(state)

    def _failed(self, state: PluginState, error: BaseException) -> None:
        reason = f"{type(error).__name__}: {error}"[:200] if str(error) else type(error).__name__
        if reason != state.error:
            log.error("plugin-failed", extra={"plugin": state.name, "detail": reason}, exc_info=error)
        state.error = reason
        self._on_change()

    def _stood_still(self, state: PluginState, how: str) -> None:
        log.error("plugin-stuck", extra={"plugin": state.name, "detail": how})
        state.stuck = how
        self._on_change()

    def _recovered(self, state: PluginState) -> None:
        if state.error or state.stuck:
            log.info("plugin-recovered", extra={"plugin": state.name, "restarts": state.restarts})
            state.error = state.stuck = ""
            self._on_change()


def named(states: Sequence[PluginState], reason: Callable[[PluginState], str]) -> str:
    """For a warning's detail: which plugins, and what each says."""
    return "; ".join(f"{state.name} ({reason(state)})" for state in states)[:300]
