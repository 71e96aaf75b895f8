"""The software panel on a line: a pseudo-terminal of its own, or a real device with a box at the other end."""

import asyncio
import contextlib
import os
import pty
import tty
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.core.panel_words import FromBox
from agent.kiosk.serial.port import DevicePort, Port, open_port
from agent.kiosk.serial.soft_panel import SoftPanel

TICK_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Terminal:
    """A pseudo-terminal: the panel's end, and the name under which the box finds its own."""

    port: DevicePort
    path: Path


def open_terminal(link: Path | None = None, write_timeout_s: float = 2.0) -> Terminal:
    """A new line without a device. `link` gets a name that does not change with every start. OSError."""
    panel_end, box_end = pty.openpty()
    tty.setraw(box_end)
    os.set_blocking(panel_end, False)
    path = Path(os.ttyname(box_end))
    if link is not None:
        link.unlink(missing_ok=True)
        link.symlink_to(path)

    def close() -> None:
        os.close(panel_end)
        os.close(box_end)  # kept open until now: a terminal nobody holds reads as hung up
        if link is not None:
            link.unlink(missing_ok=True)

    return Terminal(DevicePort(panel_end, close, write_timeout_s), path)


def open_device(path: Path, baud: int) -> Port:
    """A real line. PortError when it cannot be opened."""
    return open_port(path, baud)


async def run(
    port: Port,
    panel: SoftPanel,
    heard: Callable[[FromBox], None] = lambda _: None,
    over: Callable[[], bool] = lambda: False,
) -> None:
    """Let the panel live on the line until `over()`, or until cancelled; PortError when the line is lost."""
    loop = asyncio.get_running_loop()
    reading = asyncio.ensure_future(port.read())
    try:
        while not over():
            data = panel.due(loop.time())
            if data:
                await port.write(data)
            await asyncio.wait((reading,), timeout=TICK_S)
            if reading.done():
                for message in panel.receive(reading.result(), loop.time()):
                    heard(message)
                reading = asyncio.ensure_future(port.read())
    finally:
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await reading
