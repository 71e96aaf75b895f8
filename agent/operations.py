"""What the two sockets can be asked: control for technicians, intake for the kiosk."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from agent.clock import Clock
from agent.control import ControlError, Operation
from agent.core.stillness import Progress
from agent.messages import DEFAULT_LANGUAGE
from agent.names import JOURNAL_FOLDER, MOST_ROWS
from agent.outbox import OutboxError, OutboxWriter
from agent.uplink.threads import in_daemon_thread
from agent.version import VERSION
from wire import PROTOCOL_VERSION

if TYPE_CHECKING:
    from agent.kiosk.config import KioskConfig
    from agent.kiosk.intake import Intake
    from wire.messages import Downlink

Request = Mapping[str, object]
T = TypeVar("T")
# A box that has just been switched on: the socket is there some milliseconds before the intake's file is open.
OPENING_S = 3.0
STUCK_S = 180.0  # the intake looks for tickets left behind once a minute, and may wait for a slow card


def control_operations(
    status: Callable[[], Awaitable[dict[str, object]]],
    outbox: OutboxWriter,
    data_dir: Path,
    more: Mapping[str, Operation],
) -> dict[str, Operation]:
    """status, outbox and its two lists, flush, version, outages, and the `more` of other parts."""

    async def show_status(_: Request) -> Mapping[str, object]:
        return await status()

    async def show_outbox(_: Request) -> Mapping[str, object]:
        return await _of_outbox(outbox.status())

    async def show_ledger(_: Request) -> Mapping[str, object]:
        return {"ledger": await _of_outbox(outbox.call(outbox.outbox.ledger, MOST_ROWS))}

    async def show_dead(_: Request) -> Mapping[str, object]:
        return {"dead": await _of_outbox(outbox.call(outbox.outbox.dead, MOST_ROWS))}

    async def flush(_: Request) -> Mapping[str, object]:
        await _of_outbox(outbox.flush())
        return {}

    async def version(_: Request) -> Mapping[str, object]:
        return {"version": VERSION, "protocol": PROTOCOL_VERSION}

    async def outages(request: Request) -> Mapping[str, object]:
        return await in_daemon_thread("outages", lambda: _outages(data_dir, request))

    lists = {"outbox_ledger": show_ledger, "outbox_dead": show_dead, "outages": outages}
    others: dict[str, Operation] = {"flush": flush, "version": version}
    return {"status": show_status, "outbox": show_outbox, **lists, **others, **more}


def _outages(data_dir: Path, request: Request) -> Mapping[str, object]:
    from agent.core.journal import JournalError
    from agent.outagebook import NoOutageError, answered

    try:
        return answered(data_dir / JOURNAL_FOLDER, request)
    except NoOutageError as error:
        raise ControlError("not_found", str(error)) from error
    except (JournalError, OSError) as error:
        raise ControlError("unreadable", str(error)) from error


class KioskDoor:
    """The kiosk's intake behind its socket. It is opened when first run, and again after a failure.

    A request waits a moment for it to open; then it is refused with `storage`, as of a disk that does not answer.
    """

    def __init__(
        self, node: str, outbox: OutboxWriter, clock: Clock, data_dir: Path, seal_public_path: Path, *,
        config: "KioskConfig | None" = None, online: Callable[[], bool] = lambda: False,
        on_urgent: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self._make: Callable[[], Intake] = lambda: _intake(
            node, outbox, clock, data_dir, seal_public_path, config=config, online=online, on_urgent=on_urgent
        )
        self._intake: Intake | None = None
        self._is_open = asyncio.Event()
        self.progress = Progress(lambda: self._intake and (id(self._intake), self._intake.rounds), STUCK_S)

    async def run(self) -> None:
        """For ever; raises what keeps the intake from opening or running, for the supervisor to try again."""
        intake = await in_daemon_thread("kiosk-open", self._make)
        self._intake = intake
        self._is_open.set()
        try:
            await intake.run()
        finally:
            self._intake = None
            self._is_open.clear()
            await intake.close()

    async def status(self) -> dict[str, object]:
        return await self._intake.status() if self._intake is not None else {"closed": "storage"}

    async def take_reply(self, downlink: "Downlink") -> str:
        """The outcome for the receipt. Raises while the intake is not open: the centre offers the answer again."""
        intake = await self._open()
        return await intake.on_reply(downlink)

    async def take_notice(self, downlink: "Downlink") -> str:
        """The same for a public notice."""
        intake = await self._open()
        return await intake.on_notice(downlink)

    def operations(self) -> dict[str, Operation]:
        """All the kiosk may do: hand in, and read what it has code and PIN for."""
        asked: dict[str, Callable[[Intake, Request], Awaitable[dict[str, object]]]] = {
            "ready": lambda intake, _: intake.ready(),
            "prepare": lambda intake, _: intake.prepare(),
            "submit": lambda intake, request: intake.submit(request),
            "photo": lambda intake, request: intake.photo(request),
            "survey": lambda intake, request: intake.survey(request),
            "lookup": lambda intake, request: intake.lookup(request.get("code"), request.get("pin")),
            "board": lambda intake, _: intake.board(),
        }

        def operation(ask: "Callable[[Intake, Request], Awaitable[dict[str, object]]]") -> Operation:
            async def answer(request: Request) -> Mapping[str, object]:
                return await self._asked(request, lambda intake: ask(intake, request))

            return answer

        return {name: operation(ask) for name, ask in asked.items()}

    async def _asked(
        self, request: Request, ask: "Callable[[Intake], Awaitable[dict[str, object]]]"
    ) -> Mapping[str, object]:
        from agent.kiosk.errors import IntakeError

        lang = str(request.get("lang", DEFAULT_LANGUAGE))
        try:
            return await ask(await self._open())
        except IntakeError as error:
            raise ControlError(error.code, error.message(lang)) from error

    async def _open(self) -> "Intake":
        from agent.kiosk.errors import IntakeError

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(OPENING_S):
                await self._is_open.wait()
        if self._intake is None:
            raise IntakeError("storage")
        return self._intake


def _intake(*given: Any, **named: Any) -> "Intake":
    """Built when the door is first opened, which is where its code is loaded."""
    from agent.kiosk.intake import Intake

    return Intake(*given, **named)


async def _of_outbox(work: Awaitable[T]) -> T:
    try:
        return await work
    except OutboxError as error:
        raise ControlError(f"outbox_{error.code}", error.detail) from error
