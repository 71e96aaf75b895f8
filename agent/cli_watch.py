"""`sandi watch`: the box on one live screen, until Ctrl-C. Asks the agent; measures by itself while there is none."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from agent import cli_enrol_words as certificates
from agent import cli_words as words
from agent.cli import EXIT_OK, EXIT_USAGE
from agent.config import ConfigError
from agent.diagnose.ground import Ground, ground
from agent.enrol import console as enrolment
from agent.enrol import statefile
from agent.messages import Messages
from agent.watch import screen
from agent.watch.scene import Memory, Scene
from agent.watch.sources import AgentGoneError, Live, asked, past_outages

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

ASCII_TERMINALS: Final = ("linux", "dumb", "vt100", "vt102", "vt220", "ansi", "unknown")
"""The console of the box itself has 256 or 512 glyphs and no block elements; serial terminals are of their age."""
PLAIN_EVERY_S: Final = 60.0
PAST_OUTAGES: Final = 3


def watch(
    file: Path | None, centre: str | None, messages: Messages, *, plain: bool = False, interval_s: float = 1.0
) -> int:
    """Exit 0 when it is ended by Ctrl-C or SIGTERM, 2 for wrong use."""
    try:
        base = ground(file, centre)
    except ConfigError as error:
        for line in error.lines(messages.lang):
            click.echo(line, err=True)
        return EXIT_USAGE
    watching = Watching(base, messages, interval_s)
    if plain or not sys.stdout.isatty() or os.environ.get("TERM", "dumb") in ("dumb", "unknown"):
        return asyncio.run(watching.run(Lines(messages).show))
    from rich.console import Console
    from rich.live import Live as RichLive

    console = Console(highlight=False, soft_wrap=False)
    with RichLive(console=console, screen=True, auto_refresh=False, redirect_stderr=False) as live:
        paint = Painting(console, messages)
        return asyncio.run(watching.run(lambda scene, memory, _: live.update(paint.drawn(scene, memory), refresh=True)))


Show = Callable[[Scene, Memory, tuple[str, ...]], object]
"""Told each scene, what is remembered, and what changed with it."""


class Watching:
    """The beat: a scene from whoever can tell it, shown, until a signal comes."""

    def __init__(self, base: Ground, messages: Messages, interval_s: float) -> None:
        self._base = base
        self._messages = messages
        self._interval_s = interval_s
        self._memory = Memory()
        self._live: Live | None = None
        self._measuring: asyncio.Task[None] | None = None
        self._redraw = asyncio.Event()

    async def run(self, show: Show) -> int:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, stop.set)
        with contextlib.suppress(ValueError):
            loop.add_signal_handler(signal.SIGWINCH, self._redraw.set)
        try:
            before = await asyncio.to_thread(past_outages, self._base.config, PAST_OUTAGES)
            self._memory.seed(before, moment)
            scene = await self._scene()
            while not stop.is_set():
                show(scene, self._memory, self._memory.take(scene, now()))
                if await self._beat(stop):
                    scene = await self._scene()
        finally:
            await self._measure_no_more()
        return EXIT_OK

    async def _beat(self, stop: asyncio.Event) -> bool:
        """Wait for the next beat; False when only the terminal's size changed."""
        self._redraw.clear()
        waits = [asyncio.ensure_future(event.wait()) for event in (stop, self._redraw)]
        done, _ = await asyncio.wait(waits, timeout=self._interval_s, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        return waits[1] not in done

    async def _scene(self) -> Scene:
        config = self._base.config
        why = "no_config"
        if config is not None and self._base.center is not None and self._same_center():
            try:
                scene = await asked(config.node.run_dir)
            except AgentGoneError as error:
                why = error.why
            else:
                await self._measure_no_more()
                return scene
        return self._measure(why).scene(why)

    def _same_center(self) -> bool:
        """Another centre than the agent's was named: then the agent cannot tell about it."""
        config, center = self._base.config, self._base.center
        return (
            config is not None
            and center is not None
            and (center.host, center.port) == (config.uplink.host, config.uplink.port)
        )

    def _measure(self, why: str) -> Live:
        if self._live is None or self._measuring is None or self._measuring.done():
            self._live = Live(self._base, self._memory.add, self._interval_s, alone=why in ("gone", "no_config"))
            self._measuring = asyncio.create_task(self._live.run(), name="measuring")
        return self._live

    async def _measure_no_more(self) -> None:
        measuring, self._measuring, self._live = self._measuring, None, None
        if measuring is not None:
            measuring.cancel()
            await asyncio.gather(measuring, return_exceptions=True)


class Painting:
    """A scene for a terminal as it is now: its size is asked anew each time."""

    def __init__(self, console: "Console", messages: Messages) -> None:
        self._console = console
        self._messages = messages
        encoding = (getattr(sys.stdout, "encoding", "") or "").lower().replace("-", "")
        self._ascii = os.environ.get("TERM", "") in ASCII_TERMINALS or encoding != "utf8"

    def drawn(self, scene: Scene, memory: Memory) -> "Text":
        found = shutil.get_terminal_size((80, 24))
        size = screen.Size(min(found.columns, 132), found.lines)
        standing = enrolment.pending(statefile.usual())
        if standing is not None and not enrolment.of_network(standing):
            wall_ms = certificates.now_ms()
            return screen.drawn(enrolment.lines(standing, self._messages, size.width, size.height, wall_ms))
        also = "" if standing is None else certificates.state(self._messages, standing, certificates.now_ms())
        made = screen.lines(scene, memory, self._messages, size, now(), ascii_only=self._ascii, also=also)
        return screen.drawn(made)


class Lines:
    """A scene as lines that are never drawn over: all of it once, then what changes, and a sign of life a minute."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._told_s: float | None = None
        self._enrolment: tuple[str, str] | None = None

    def show(self, scene: Scene, memory: Memory, changes: tuple[str, ...]) -> None:
        self._enrolling()
        encoding = (getattr(sys.stdout, "encoding", "") or "").lower().replace("-", "")
        size, ascii_only = screen.Size(80, 40), encoding != "utf8"
        if self._told_s is None:
            made = screen.lines(scene, memory, self._messages, size, now(), ascii_only=ascii_only)
            self._say([text for text, _ in made if text])
        elif changes:
            found = [f"{now()}  {screen.event_words(change, self._messages)}" for change in changes]
            if any(">" in change for change in changes):
                found += [text for text, _ in screen.foot(scene, self._messages, size)]
            self._say(found)
        elif time.monotonic() - self._told_s >= PLAIN_EVERY_S:
            self._say([f"{now()}  {scene.diagnosis.code}"])

    def _enrolling(self) -> None:
        standing = enrolment.pending(statefile.usual())
        state = None if standing is None else (standing.state, standing.code)
        if standing is not None and state != self._enrolment:
            self._say([f"{now()}  {line}" for line in certificates.lines(self._messages, standing)])
        self._enrolment = state

    def _say(self, found: list[str]) -> None:
        self._told_s = time.monotonic()
        for line in found:
            click.echo(line)
        sys.stdout.flush()


def now() -> str:
    return words.wib(datetime.now(UTC)).strftime("%H.%M.%S")


def moment(wall_ms: int) -> str:
    """The time of day of something that may be days ago: with its date, when it is not of the last day."""
    try:
        at = words.wib(datetime.fromtimestamp(wall_ms / 1000, UTC))
    except (ValueError, OverflowError, OSError):
        return "??.??.??"
    old = abs(datetime.now(UTC) - at) > timedelta(hours=24)
    return at.strftime("%d/%m %H.%M" if old else "%H.%M.%S")
