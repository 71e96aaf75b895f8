"""The camera process at the core's picture door: connects for ever, offers pictures, passes on what the core asks for.

Words and their order are in `agent.cameras.handing`. One offer is in flight at a time. When the connection breaks
before an offer was answered, nobody knows whether the picture was kept: it is not offered again, for a picture sent
twice would be counted twice, and the next one is never far.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from agent.cameras.base import CameraError, PictureRefusedError
from agent.cameras.handing import (
    VERSION,
    CameraReport,
    Facts,
    FromCore,
    Hello,
    Kept,
    Missed,
    Refused,
    Report,
    Take,
    read_from_core,
)
from agent.cameras.keeping.offered import Picture
from agent.cameras.lines import MAX_LINE_BYTES, LineError, write_line
from agent.cameras.picture import read_bounded
from agent.sockets import short_path
from wire.shape import replace

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 10.0
GREETING_S: Final = 10.0
ANSWER_S: Final = 30.0
"""For an offer: the core signs it and waits for its disk. Whoever takes longer is not worth waiting for."""
REPORT_EVERY_S: Final = 10.0
REPORT_PAUSE_S: Final = 1.0
_SHORT_CAUSE: Final = 60
log: Final = logging.getLogger("agent.cameras")


class DoorClosedError(Exception):
    """The connection is over; the text says why."""


class PictureDoor:
    """`on_facts` is told None whenever the core cannot be reached; `reports` is asked whenever a report is due."""

    def __init__(
        self,
        path: Path,
        cameras: Sequence[str],
        *,
        on_facts: Callable[[Facts | None], None],
        on_take: Callable[[Take], None],
        reports: Callable[[], Mapping[str, CameraReport]],
    ) -> None:
        self._path = path
        self._cameras = sorted(cameras)
        self._on_facts = on_facts
        self._on_take = on_take
        self._reports = reports
        self._writer: asyncio.StreamWriter | None = None
        self._offering = asyncio.Lock()
        self._answer: asyncio.Future[Kept | Refused] | None = None
        self._news = asyncio.Event()
        self._outside = "-"

    # -- for the cameras ---------------------------------------------------------------------------------------------

    async def offer(self, picture: Picture) -> None:
        """Hand a picture over. PictureRefusedError: it was not kept; `permanent`: none of this camera will be."""
        async with self._offering:
            writer = self._writer
            if writer is None:
                raise PictureRefusedError("the agent's picture door is closed")
            try:
                content, _ = read_bounded(picture.spool / picture.file, picture.size_bytes)
            except (OSError, CameraError) as error:
                raise PictureRefusedError(f"cannot read the picture back: {error}") from error
            if len(content) != picture.size_bytes:
                raise PictureRefusedError("the picture in the spool is not the one its worker told of")
            self._answer = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(ANSWER_S):
                    writer.write(write_line(picture.offer()) + content)
                    await writer.drain()
                    answer = await self._answer
            except (TimeoutError, ConnectionError, DoorClosedError) as error:
                writer.transport.abort()  # an answer that came now would be taken for that of the next offer
                raise PictureRefusedError("the agent did not answer at its picture door") from error
            finally:
                self._answer.cancel()
                self._answer = None
        if isinstance(answer, Refused):
            refusal = PictureRefusedError(answer.message)
            refusal.code, refusal.permanent = answer.code, answer.permanent
            raise refusal

    def missed(self, take: Take, error: CameraError) -> None:
        """Tell the core that this wish gets no picture."""
        if self._writer is not None:
            self._writer.write(write_line(Missed(take.camera, error.code, error.message[:500], take.request_id)))

    def changed(self) -> None:
        """Something in the reports is new."""
        self._news.set()

    # -- the connection ----------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep a connection until cancelled."""
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                reader, writer = await self._connect()
                pause_s = FIRST_PAUSE_S
                await self._converse(reader, writer)
            except (OSError, DoorClosedError, LineError) as error:  # TimeoutError is an OSError
                self._tell(_in_words(error))
            await asyncio.sleep(pause_s)
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with asyncio.timeout(GREETING_S):
            with short_path(self._path) as address:
                return await asyncio.open_unix_connection(address, limit=MAX_LINE_BYTES)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the connection ends, which is always an error."""
        reporting: asyncio.Task[None] | None = None
        try:
            writer.write(write_line(Hello(VERSION, self._cameras)))
            async with asyncio.timeout(GREETING_S):
                await writer.drain()
                first = await _word(reader)
            if isinstance(first, Refused):
                raise DoorClosedError(f"refused: {first.message}")
            if not isinstance(first, Facts):
                raise DoorClosedError("no facts after the greeting")
            self._tell("")
            self._writer = writer
            self._on_facts(first)
            reporting = asyncio.create_task(self._report(writer), name="reports")
            while True:
                self._hear(await _word(reader))
        finally:
            if reporting is not None:
                reporting.cancel()
            writer.transport.abort()
            if self._writer is not None:
                self._writer = None
                self._on_facts(None)
            if self._answer is not None and not self._answer.done():
                self._answer.set_exception(DoorClosedError("the connection broke"))

    def _hear(self, word: FromCore) -> None:
        if isinstance(word, Facts):
            self._on_facts(word)
        elif isinstance(word, Take):
            self._on_take(word)
        elif self._answer is None or self._answer.done():
            raise DoorClosedError("an answer to no offer")
        else:
            self._answer.set_result(word)

    async def _report(self, writer: asyncio.StreamWriter) -> None:
        """At once, on change, and every ten seconds. A core that does not read is given up: the listener notices."""
        try:
            while True:
                self._news.clear()
                for line in report_lines(self._reports()):
                    writer.write(line)
                async with asyncio.timeout(ANSWER_S):
                    await writer.drain()
                await asyncio.sleep(REPORT_PAUSE_S)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(REPORT_EVERY_S - REPORT_PAUSE_S):
                        await self._news.wait()
        except OSError:
            writer.transport.abort()

    def _tell(self, outside: str) -> None:
        """Log when the reason changes why the core cannot be reached ("" = it can)."""
        if outside == self._outside:
            return
        self._outside = outside
        if outside:
            log.warning("picture-door-closed", extra={"path": str(self._path), "detail": outside})
        else:
            log.info("picture-door-open", extra={"path": str(self._path)})


def report_lines(reports: Mapping[str, CameraReport]) -> list[bytes]:
    """All reports, in as few lines as they fit; causes are cut before that takes more than one."""
    line = write_line(Report(dict(reports)))
    if len(line) <= MAX_LINE_BYTES:
        return [line]
    if len(reports) == 1:
        return [write_line(Report({name: _cut(report) for name, report in reports.items()}))]
    names = sorted(reports)
    half = len(names) // 2
    cut = {name: _cut(reports[name]) for name in names}
    return [line for part in (names[:half], names[half:]) for line in report_lines({name: cut[name] for name in part})]


def _cut(report: CameraReport) -> CameraReport:
    return replace(report, cause=report.cause[:_SHORT_CAUSE])


async def _word(reader: asyncio.StreamReader) -> FromCore:
    try:
        line = await reader.readline()
    except ValueError as error:  # StreamReader's word for a line over its limit
        raise LineError("a line over the limit") from error
    if not line.endswith(b"\n"):
        raise DoorClosedError("closed by the agent")
    return read_from_core(line)


def _in_words(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return "this user may not use it: it must be in the group [control] camera_group"
    if isinstance(error, FileNotFoundError | ConnectionRefusedError):
        return "the agent does not run, or knows no cameras"
    return str(error) or type(error).__name__
