"""What is handed in at the screen comes out of the printer, and waits for neither printer nor process."""

import asyncio
from pathlib import Path

from agent.kiosk.serial.client import printer_state
from agent.kiosk.serial.config import PrinterConfig
from agent.kiosk.serial.door import door
from agent.kiosk.serial.paper import Paper
from agent.kiosk.serial.printer import Printer
from agent.kiosk.serial.scanbox import ScanBox
from agent.kiosk.serial.simulator import open_terminal
from agent.kiosk.web.config import WebConfig
from agent.kiosk.web.door import Door
from agent.kiosk.web.flow import Flow
from agent.kiosk.web.sessions import Session
from tests.agent.kiosk_serial.conftest import beside, in_time, until
from tests.agent.kiosk_serial.soft_printer import SoftPrinter
from tests.support.small_intake import SmallIntake


def reviewed() -> Session:
    """A visit that stands before the last button."""
    session = Session("s", "id", low_reach=False, now_s=0.0)
    session.step = "review"
    session.answers = {
        "kind": "aduan", "subject": "jalan", "area": "3673011001", "text": "lubang besar", "identity": "anonymous",
    }  # fmt: skip
    return session


def test_a_ticket_of_the_screen_comes_out_of_the_printer(folder: Path) -> None:
    async def story() -> None:
        terminal = open_terminal(folder / "printer")
        soft = SoftPrinter(terminal.port)
        printer = Printer(PrinterConfig(device=folder / "printer"), "", look_every_s=0.05, answer_s=60.0)
        socket = door(folder, "no-such-group", printer, ScanBox(), list)
        with SmallIntake(folder) as intake:
            flow = Flow(Door(intake.path), WebConfig(), Paper(folder))
            listening = asyncio.Event()
            async with beside(soft.run(), printer.run(), socket.run(listening.set)):
                await listening.wait()
                await until(lambda: printer.state == "ok")
                session = reviewed()
                await flow.act(session, {"at": "review", "go": "next", "choice": "yes"})
                assert session.step == "receipt", session.error
                assert session.ticket is not None
                pin = " ".join(str(session.ticket["pin"])).encode()
                await until(lambda: "printed" in printer._states.values())
                assert pin in soft.printed
                assert b"Pengaduan: Jalan" in soft.printed
                assert b"lubang besar" not in soft.printed
        terminal.port.close()

    in_time(story())


def test_without_a_printers_process_the_ticket_is_told_all_the_same(folder: Path) -> None:
    async def story() -> None:
        with SmallIntake(folder) as intake:
            paper = Paper(folder)
            flow = Flow(Door(intake.path), WebConfig(), paper)
            session = reviewed()
            await flow.act(session, {"at": "review", "go": "next", "choice": "yes"})
            assert session.step == "receipt", session.error
            await until(lambda: not paper._under_way)
            assert printer_state(folder) == "none"

    in_time(story())
