"""The receipt printer: one job at a time, and none that nobody waits for any more.

A receipt is a convenience: the code stands on the screen, and nobody's complaint waits for paper. What is not printed
within `stale_s`, or was followed by the next citizen's receipt, is forgotten: it would come out for somebody else.
Code and PIN are kept only until the job is over.
"""

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from agent.kiosk.serial.config import PrinterConfig
from agent.kiosk.serial.desk import Receipt
from agent.kiosk.serial.keeper import Keeper
from agent.kiosk.serial.port import Port, open_port
from agent.kiosk.serial.printer_status import (
    ASK_OFFLINE_CAUSE,
    ASK_PAPER,
    ASK_PRINTER,
    CLEAR,
    PrinterState,
    judged,
    status_byte,
)
from agent.kiosk.serial.receipt import ReceiptJob, dummy, receipt_bytes
from agent.kiosk.serial.shared import Shared
from wire.shape import asdict

log: Final = logging.getLogger("agent.kiosk.serial")
JobState = Literal["waiting", "printing", "printed", "sent", "cancelled", "failed", "unknown"]
"""`sent`: the printer has taken it and does not say more. `cancelled`: too old, or another came after it."""
ANSWER_S: Final = 1.0
LOOK_EVERY_S: Final = 10.0
TRY_EVERY_S: Final = 1.0
JOBS_KEPT: Final = 32


class Printer:
    """The one printer. `run` keeps it; `put` and `state_of` may be called at any time."""

    def __init__(
        self,
        settings: PrinterConfig,
        status_url: str,
        open_it: Callable[[Path], Port] | None = None,
        *,
        look_every_s: float = LOOK_EVERY_S,
        try_every_s: float = TRY_EVERY_S,
        answer_s: float = ANSWER_S,
    ) -> None:
        self._settings = settings
        self._status_url = status_url
        self._look_every_s, self._try_every_s, self._answer_s = look_every_s, try_every_s, answer_s
        self._waiting: ReceiptJob | None = None
        self._since_s = 0.0
        self._states: OrderedDict[str, JobState] = OrderedDict()
        self._news = asyncio.Event()
        self._state: PrinterState = "unknown"
        self.keeper = Keeper("printer", settings, open_it or self._open)

    @property
    def state(self) -> PrinterState:
        """As last seen; `offline` while there is no line to it."""
        return "offline" if self.keeper.trouble else self._state

    async def run(self) -> None:
        """For ever."""
        await asyncio.to_thread(dummy)  # the first citizen must not wait for a library
        await self.keeper.run(self._serve)

    def put(self, job: ReceiptJob) -> JobState:
        """Have it printed. The same job again changes nothing; another one takes the place of one that waits."""
        if job.job not in self._states:
            if self._waiting is not None:
                self._end(self._waiting, "cancelled")
            self._waiting, self._since_s = job, asyncio.get_running_loop().time()
            self._note(job.job, "waiting")
            self._news.set()
        return self._states[job.job]

    def state_of(self, job: str) -> JobState:
        """What came of it; `unknown` for one that is long over, or never was."""
        self._drop_if_stale()
        return self._states.get(job, "unknown")

    # -- inside --------------------------------------------------------------------------------------------------------

    async def _serve(self, port: Port) -> None:
        self._state = await self._asked(port)
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._look_every_s):
                    await self._news.wait()
            self._state = await self._asked(port)
            self._drop_if_stale()
            job = self._waiting
            if job is None:
                self._news.clear()
            elif self._state in ("ok", "unknown"):
                self._waiting = None
                await self._print(port, job)
            else:
                await asyncio.sleep(self._try_every_s)

    async def _print(self, port: Port, job: ReceiptJob) -> None:
        self._note(job.job, "printing")
        outcome: JobState = "failed"
        try:
            settings = self._settings
            data = await asyncio.to_thread(receipt_bytes, job, settings.columns, self._status_url, cut=settings.cut)
            await port.write(data)
            self._state = await self._asked(port)
            if self._state in ("paper_out", "offline"):
                await port.write(CLEAR)
            else:
                outcome = "printed" if self._state == "ok" else "sent"
        finally:
            self._end(job, outcome)

    async def _asked(self, port: Port) -> PrinterState:
        printer = await self._one_answer(port, ASK_PRINTER)
        paper = await self._one_answer(port, ASK_PAPER)
        cause = await self._one_answer(port, ASK_OFFLINE_CAUSE) if printer is not None else None
        state = judged(printer, cause, paper)
        if state != self._state:
            log.info("printer", extra={"state": state})
        return state

    async def _one_answer(self, port: Port, question: bytes) -> int | None:
        await port.write(question)
        try:
            async with asyncio.timeout(self._answer_s):
                while True:
                    answer = status_byte(await port.read())
                    if answer is not None:
                        return answer
        except TimeoutError:
            return None

    def _drop_if_stale(self) -> None:
        age_s = asyncio.get_running_loop().time() - self._since_s
        if self._waiting is not None and age_s >= self._settings.stale_s:
            self._end(self._waiting, "cancelled")
            self._waiting = None

    def _end(self, job: ReceiptJob, state: JobState) -> None:
        self._note(job.job, state)
        if state in ("cancelled", "failed"):
            log.warning("receipt-not-printed", extra={"outcome": state, "printer": self.state})

    def _note(self, job: str, state: JobState) -> None:
        self._states[job] = state
        while len(self._states) > JOBS_KEPT:
            self._states.popitem(last=False)

    def _open(self, path: Path) -> Port:
        return open_port(path, self._settings.baud, self._settings.write_timeout_s)


def make(settings: PrinterConfig, number: int, shared: Shared) -> Printer:
    """For the table of devices; from now on panels print here."""
    printer = Printer(settings, shared.status_url)

    def print_it(job: str, receipt: Receipt) -> None:
        printer.put(ReceiptJob(job=job, **asdict(receipt)))

    shared.print_it = print_it
    return printer
