"""Large bodies of many at once: together they are bounded, and forms go on meanwhile."""

import asyncio
from pathlib import Path
from typing import Any

from tests.support.in_loop import in_loop

PIECE = bytes(1_000_000)


async def reads_all(_scope: Any, receive: Any, send: Any) -> None:
    """An application that answers once the body is whole."""
    while (message := await receive())["type"] != "http.disconnect":
        if not message.get("more_body"):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            return


class Client:
    """Sends `size` bytes; before the last of them it waits for `release`."""

    def __init__(self, size: int, release: asyncio.Event) -> None:
        self.status = 0
        self._left = size
        self._release = release

    async def receive(self) -> dict[str, Any]:
        piece, self._left = PIECE[: self._left], max(0, self._left - len(PIECE))
        if not self._left:
            await self._release.wait()
        return {"type": "http.request", "body": piece, "more_body": self._left > 0}

    async def send(self, message: dict[str, Any]) -> None:
        self.status = message.get("status", self.status)


@in_loop
async def test_large_bodies_are_bounded_together_and_forms_are_read_all_the_time(center_data: Path) -> None:
    from center.web.body_limit import ALL_BYTES, MAX_BODY_BYTES, SMALL_BYTES, bounded

    application, release = bounded(reads_all), asyncio.Event()
    scope = {"type": "http", "headers": []}
    many = [Client(MAX_BODY_BYTES - 1, release) for _ in range(2 * ALL_BYTES // MAX_BODY_BYTES)]
    waiting = [asyncio.create_task(application(scope, one.receive, one.send)) for one in many]
    await asyncio.sleep(0.1)
    crowded = [one for one in many if one.status]
    assert {one.status for one in crowded} == {503}
    assert len(many) - len(crowded) <= ALL_BYTES // (MAX_BODY_BYTES - SMALL_BYTES - len(PIECE)) + 1
    form = Client(SMALL_BYTES, release)
    forms = asyncio.create_task(application(scope, form.receive, form.send))
    release.set()
    await asyncio.gather(forms, *waiting)
    assert form.status == 200
    assert {one.status for one in many} == {200, 503}
    later = Client(MAX_BODY_BYTES - 1, release)  # the room is given back
    await application(scope, later.receive, later.send)
    assert later.status == 200
