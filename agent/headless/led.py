"""The activity LED as the kernel offers it in sysfs: the verdict blinks on it while the agent runs, and afterwards it
shows again what it showed before.

1. Where the kernel can blink a pattern by itself (`pattern` among the LED's triggers), and this user may hand it one,
   it is told once per verdict, and that costs nothing. Elsewhere the brightness is written at each step: two to four
   wakeups a second. (The file for the pattern is made with the trigger and is root's, whatever udev gave away before.)
2. The trigger that was in force is put back at the end. A run that was killed left its own behind; then the usual one
   of a Raspberry Pi (`mmc0`: card access) is put back.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from agent.core.blink import Pattern, pattern
from agent.core.stillness import Progress

log = logging.getLogger("agent.led")

LOOK_EVERY_S: Final = 2.0
USUAL: Final = "mmc0"
_OURS: Final = ("none", "pattern")
LONGEST_S: Final = 60.0


class Led:
    """One LED. `open` before use, `close` afterwards; OSError when the folder is no LED or may not be written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._before = ""
        self._bright = 1
        self.by_kernel = False

    def open(self) -> None:
        """Take the LED over."""
        choices = self._read("trigger").split()
        found = next((choice.strip("[]") for choice in choices if choice.startswith("[")), "none")
        names = [choice.strip("[]") for choice in choices]
        self._before = found if found not in _OURS else USUAL if USUAL in names else "none"
        self._bright = max(1, int(self._read("max_brightness") or 1))
        if "pattern" in names:
            self._write("trigger", "pattern")
            self.by_kernel = os.access(self._path / "pattern", os.W_OK)
        if not self.by_kernel:
            self._write("trigger", "none")

    def play(self, wanted: Pattern) -> None:
        """Hand the whole pattern to the kernel. Each brightness is held and then left at once: a pair without a
        duration ends the fading that the kernel would do between two values."""
        steps = "".join(f"{self._bright} {on} {self._bright} 0 0 {off} 0 0 " for on, off in wanted.steps_ms)
        self._write("pattern", steps.rstrip())

    def light(self, on: bool) -> None:
        self._write("brightness", str(self._bright if on else 0))

    def close(self) -> None:
        """Give it back."""
        with contextlib.suppress(OSError):
            self.light(False)
        self._write("trigger", self._before)

    def _read(self, name: str) -> str:
        return (self._path / name).read_text(encoding="ascii", errors="replace")[:65_536].strip()

    def _write(self, name: str, text: str) -> None:
        (self._path / name).write_text(text, encoding="ascii")


class Blinker:
    """Keeps the LED in step with `verdict`; a plugin of the agent."""

    def __init__(self, path: Path, verdict: Callable[[], str]) -> None:
        self._path = path
        self._verdict = verdict
        self._turns = 0
        self.progress = Progress(lambda: self._turns, LONGEST_S)

    async def run(self) -> None:
        """Until cancelled. OSError when the LED cannot be had: the supervisor tells, and tries again."""
        led = Led(self._path)
        led.open()
        try:
            if led.by_kernel:
                await self._by_kernel(led)
            else:
                await self._by_hand(led)
        finally:
            try:
                led.close()
            except OSError as error:
                log.warning("led-not-given-back", extra={"detail": str(error)})

    async def _by_kernel(self, led: Led) -> None:
        shown: Pattern | None = None
        while True:
            wanted = pattern(self._verdict())
            if wanted != shown:
                led.play(wanted)
                shown = wanted
            self._turns += 1
            await asyncio.sleep(LOOK_EVERY_S)

    async def _by_hand(self, led: Led) -> None:
        while True:
            for on_ms, off_ms in pattern(self._verdict()).steps_ms:
                led.light(True)
                await asyncio.sleep(on_ms / 1000)
                led.light(False)
                await asyncio.sleep(off_ms / 1000)
            self._turns += 1
