"""A live page that goes in the very moment in which something is told: its stream ends all the same."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

SOON_S = 60
"""A stream that nobody ends goes on for ten minutes."""


@pytest.mark.parametrize("turns", range(8))
def test_a_page_that_goes_while_it_is_told_something_leaves_no_stream_behind(
    city: Path, monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    """`turns` of the event loop lie between what is told and the going."""
    from center.wall.payload import read_wall
    from center.web import events
    from center.web.change_reader import open_reader
    from center.web.live import Broadcaster, Client
    from center.web.stream_rights import Admission

    monkeypatch.setattr(events, "admit", lambda _scope: Admission(0))
    broadcaster = Broadcaster(open_reader, read_wall)
    clients: list[Client] = []
    monkeypatch.setattr(broadcaster, "unsubscribe", clients.append)

    async def run() -> None:
        opened, goes = asyncio.Event(), asyncio.Event()

        async def send(message: Mapping[str, Any]) -> None:
            if message.get("body"):
                opened.set()

        async def receive() -> dict[str, Any]:
            await goes.wait()
            return {"type": "http.disconnect"}

        page = asyncio.create_task(events.LiveEvents(broadcaster)({"method": "GET", "headers": []}, receive, send))
        await asyncio.wait_for(opened.wait(), SOON_S)
        (client,) = broadcaster._clients
        await asyncio.sleep(0.05)  # it waits for something to be told
        goes.set()
        for _ in range(turns):
            await asyncio.sleep(0)
        client.frames.put_nowait(b"told")
        await asyncio.wait_for(page, SOON_S)
        assert clients == [client]

    try:
        asyncio.run(run())
    finally:
        broadcaster.close()
