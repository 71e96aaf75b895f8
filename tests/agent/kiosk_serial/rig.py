"""A panel in software, a line, the panel's task, and an intake: put together as the service does."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from agent.core.panel_words import Press, Status
from agent.kiosk.serial import simulator
from agent.kiosk.serial.config import PanelConfig
from agent.kiosk.serial.desk import Desk, Receipt
from agent.kiosk.serial.memory import Memory
from agent.kiosk.serial.panel import Panel
from agent.kiosk.serial.port import open_port
from agent.kiosk.serial.soft_panel import Faults, SoftPanel
from tests.agent.kiosk_serial.conftest import beside, until
from tests.support.small_intake import SmallIntake

PRESS = Press("aduan", "jalan", "lubang besar di depan pasar")
WRITE_TIMEOUT_S: Final = 60.0
"""A machine that has no time for either end is no panel that reads nothing."""


def texts(intake: SmallIntake) -> list[str]:
    return [str(request["text"]) for request in intake.handed_in]


class Rig:
    """`soft` is the citizen's end; `panel` the box's; what was printed and scanned is kept. A job that is handed over
    again prints nothing again, as at the printer: on a busy machine the panel may repeat what was answered already."""

    def __init__(self, folder: Path, intake: Path, *, seq: int = 0, faults: Faults | None = None) -> None:
        self.folder = folder
        self.intake = intake
        self.soft = SoftPanel(seq=seq, faults=faults, chance=random.Random(7))
        self.printed: dict[str, Receipt] = {}
        self.scanned: list[str] = []
        self.panels: list[Panel] = []
        self.link = folder / "panel"

    def box(self, *, mode: str = "frames", checked: bool = False, per_min: int = 100_000) -> Panel:
        """The box's side, new as after a restart: nothing but files goes over."""
        settings = PanelConfig(device=self.link, mode=mode, checked=checked, presses_per_min=per_min)  # type: ignore[arg-type]
        panel = Panel(
            "panel-1",
            settings,
            "kel-3673011001",
            Desk(self.intake),
            Memory(self.folder, self.folder),
            print_it=self._print,
            scanned=self.scanned.append,
            open_it=lambda path: open_port(path, settings.baud, WRITE_TIMEOUT_S),
            tick_s=0.05,
            look_every_s=0.1,
        )
        panel.keeper._first_pause_s = 0.02
        self.panels.append(panel)
        return panel

    def _print(self, job: str, receipt: Receipt) -> None:
        self.printed.setdefault(job, receipt)

    @contextlib.asynccontextmanager
    async def line(self) -> AsyncIterator[simulator.Terminal]:
        """A pseudo-terminal under the rig's link, which goes as a plug that is pulled."""
        terminal = simulator.open_terminal(self.link, WRITE_TIMEOUT_S)
        try:
            yield terminal
        finally:
            terminal.port.close()

    async def live(self, terminal: simulator.Terminal, panel: Panel, *, hurry: float = 20.0) -> None:
        """Until the panel has an answer to everything. `hurry`: how much faster its clock runs than ours, so that a
        test does not wait through the pauses between its tries."""
        async with beside(panel.run()):
            await self.talk(terminal, hurry=hurry)

    async def talk(self, terminal: simulator.Terminal, *, hurry: float = 20.0) -> None:
        """The panel's own life on the line."""
        loop = asyncio.get_running_loop()
        began_s = loop.time()

        def now_s() -> float:
            return (loop.time() - began_s) * hurry

        reading = asyncio.ensure_future(terminal.port.read())
        try:
            while not self.soft.idle:
                data = self.soft.due(now_s())
                if data:
                    await terminal.port.write(data)
                await asyncio.wait((reading,), timeout=0.005)
                if reading.done():
                    self.soft.receive(reading.result(), now_s())
                    reading = asyncio.ensure_future(terminal.port.read())
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def shown(self, terminal: simulator.Terminal, state: int) -> Status:
        """Wait until the panel's display shows this state."""

        def displayed() -> Status | None:
            return next((one for one in reversed(self.soft.shown) if isinstance(one, Status)), None)

        def shows() -> bool:
            status = displayed()
            return status is not None and status.state == state

        await simulator.run(terminal.port, self.soft, over=shows)
        status = displayed()
        assert status is not None
        return status


__all__ = ["Rig", "until"]
