"""What the idle screen tells: announcements, what was answered, and whether the agent is there at all."""

from collections.abc import Callable, Mapping
from typing import Final

from agent.kiosk.web.door import AwayError, Door, DoorError
from wire.shape import Struct

FRESH_S: Final = 5.0
MOST: Final = 3


class Notice(Struct, frozen=True):
    title: str
    text: str


class News(Struct, frozen=True):
    """`closed`: why nothing can be taken ("away": nobody answers); "" when it can."""

    notices: tuple[Notice, ...] = ()
    answered: tuple[Mapping[str, object], ...] = ()
    closed: str = ""


class Board:
    """Asks for the news at most every few seconds, however often the page is loaded."""

    def __init__(self, door: Door, clock: Callable[[], float]) -> None:
        self._door = door
        self._clock = clock
        self._news = News(closed="away")
        self._until_s = 0.0

    async def look(self) -> News:
        """The news; nobody at home is news too, and is not remembered."""
        if self._clock() < self._until_s:
            return self._news
        try:
            closed = await self._closed()
            self._news = _read(await self._door.board(), closed)
        except AwayError:
            self._until_s = 0.0
            return News(closed="away")
        except DoorError:  # an agent without a board takes voices all the same
            self._news = News(closed=closed)
        self._until_s = self._clock() + FRESH_S
        return self._news

    async def _closed(self) -> str:
        try:
            await self._door.ready()
        except DoorError as error:
            return error.code
        return ""


def _read(found: Mapping[str, object], closed: str) -> News:
    notices = tuple(
        Notice(str(row.get("title", "")), str(row.get("text", "")))
        for row in _rows(found.get("notices"))
        if row.get("title") or row.get("text")
    )
    return News(notices[:MOST], tuple(_rows(found.get("answered")))[:MOST], closed)


def _rows(value: object) -> list[dict[str, object]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
