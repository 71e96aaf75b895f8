"""Remote commands at the node, from what arrives to what the centre reads: each is carried out once and ends once."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.support.command_box import CommandBox, Life


@pytest.fixture
def box(in_memory: Path) -> CommandBox:
    return CommandBox(in_memory)


def lived(box: CommandBox, story: Callable[[Life], Awaitable[None]]) -> None:
    """The story, in one life of the box."""

    async def whole() -> None:
        async with box.life() as life:
            await story(life)

    asyncio.run(whole())


def test_a_good_command_is_accepted_runs_and_is_done_with_what_it_printed(box: CommandBox) -> None:
    async def story(life: Life) -> None:
        assert await life.take(box.command("c-1")) == "accepted"
        await life.settled()
        assert life.states("c-1") == ["accepted", "running", "done"]
        assert life.finals("c-1")[0].result == {"exit": 0, "ok": True}
        assert [part.text for part in life.output("c-1")] == ["$ sandi ping -n 1 -i 0.2 -- 127.0.0.1\n"]

    lived(box, story)
    assert box.forged == []
