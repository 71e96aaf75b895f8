"""kill -9 at every step on the disk, in the middle of every command of the table: each ends once, and is begun once.

A life dies before its Nth step: writing a command's file, filing an event, filing the end under its mark. The
next life, in another boot or the same, finds what was on the disk then.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from agent.commands import keys, table, task
from tests.support import command_handlers as handlers
from tests.support.command_box import CommandBox, leaf_of
from tests.support.deadly_disk import Deadly, Killed, deadly_disk
from wire.commands import COMMANDS
from wire.messages import Downlink

MOST_STEPS = 60


@pytest.fixture
def deadly(monkeypatch: pytest.MonkeyPatch) -> Deadly:
    """Every step on the disk, and handlers that do a little of everything."""
    found = deadly_disk(monkeypatch)
    for name in COMMANDS:
        monkeypatch.setitem(table.HANDLERS, name, "tests.support.command_handlers:run")
    for name in table.RESUMES:
        monkeypatch.setitem(table.RESUMES, name, "tests.support.command_handlers:resume")
    return found


async def killed_life(box: CommandBox, deadly: Deadly, asked: Downlink, leaf: str) -> bool:
    """One life in which the command comes; whether it died of it."""
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # the dead leave tasks nobody asks about
    try:
        async with box.life() as life:
            taking = asyncio.ensure_future(life.take(asked, leaf))
            while not deadly.dead:
                entries = life.runner.book.entries
                if taking.done() and all(entry.over and entry.told for entry in entries):
                    break
                await asyncio.sleep(0)
            await asyncio.wait({taking})
            if not taking.cancelled():
                taking.exception()
    except BaseExceptionGroup as group:
        assert group.split(Killed)[1] is None
    except Killed:
        pass
    return deadly.dead


async def next_life(box: CommandBox, asked: Downlink, name: str) -> tuple[int, int]:
    """One life more, in which the centre offers it again: how many ends the centre reads, and how many parts of output
    under a number another part has."""
    async with box.life() as life:
        offered = box.command(asked.id, name)
        assert await life.take(offered, leaf_of(name)) in ("accepted", "running", "done", "failed")
        await life.settled()
        parts = [part.part for part in life.output(asked.id)]
        return len(life.finals(asked.id)), len(parts) - len(set(parts))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_ends_once_wherever_its_node_is_killed(in_memory: Path, deadly: Deadly, name: str) -> None:
    box, died, step = CommandBox(in_memory), True, 0
    while died:
        asked = box.command(f"{name}-{step}", name)
        handlers.begin()
        deadly.begin(step)
        died = asyncio.run(killed_life(box, deadly, asked, leaf_of(name)))
        deadly.begin(-1)
        if step % 2:
            box.reboot(step + 2)
        box.nonce = f"nonce-{step}"  # another session
        assert asyncio.run(next_life(box, asked, name)) == (1, 0), f"killed at step {step}"
        assert len(handlers.BEGUN) <= 1
        step += 1
        assert step < MOST_STEPS
    assert step > 8, "it was killed at many steps"


@pytest.mark.parametrize("name", ["restart-agent", "restart-kiosk", "reboot", "keys"])
def test_so_it_is_with_the_real_ones_that_end_the_process_or_change_whom_it_trusts(
    in_memory: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    deadly = deadly_disk(monkeypatch)
    deadly.watch(monkeypatch, keys, "write_durably")
    box, step, by_itself = CommandBox(in_memory), 0, False
    while not by_itself:
        monkeypatch.setattr(box.tools, "stop", deadly.end)
        monkeypatch.setattr(box.tools, "want", reboots(deadly))
        asked = box.command(f"{name}-{step}", name)
        deadly.begin(step)
        asyncio.run(killed_life(box, deadly, asked, leaf_of(name)))
        by_itself = deadly.count <= step
        assert lives_on(box, deadly, asked, name, step) == (1, 0), f"killed at step {step}"
        step += 1
        assert step < MOST_STEPS
    assert step > 5, "it was killed at several steps"
    assert asyncio.run(last_end(box, asked.id)) == "done", "by its own wish, or by nothing"


def lives_on(box: CommandBox, deadly: Deadly, asked: Downlink, name: str, step: int) -> tuple[int, int]:
    """Two lives more: the command may come anew to the first, and end that by its own wish."""
    for life in (1, 2):
        deadly.begin(-1)
        box.reboot(10 * step + life)
        box.nonce = f"nonce-{step}-{life}"
        if not asyncio.run(killed_life(box, deadly, box.command(asked.id, name), leaf_of(name))):
            break
    deadly.begin(-1)
    box.reboot(10 * step + 3)
    return asyncio.run(next_life(box, asked, name))


def reboots(deadly: Deadly) -> Callable[..., Awaitable[None]]:
    """A helper that takes the box down at once."""

    async def want(word: str, **_: float) -> None:
        if word == "reboot":
            deadly.end()

    return want


async def last_end(box: CommandBox, ident: str) -> str:
    async with box.life() as life:
        return life.finals(ident)[0].state


def test_a_command_that_ran_and_cannot_be_taken_up_again_was_interrupted(
    in_memory: Path, deadly: Deadly, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = CommandBox(in_memory)
    assert asyncio.run(stopped_and_again(box, "ping", monkeypatch)) == [("failed", "interrupted", {})]


def test_one_that_can_goes_on_with_what_it_kept(
    in_memory: Path, deadly: Deadly, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = CommandBox(in_memory)
    assert asyncio.run(stopped_and_again(box, "reboot", monkeypatch)) == [("done", "", {"figure": 2, "step": 1})]


async def stopped_and_again(box: CommandBox, name: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, Any]]:
    """A command that has kept something when the process is stopped in order; the ends after the next start."""
    handlers.begin()
    table.HANDLERS[name] = "tests.support.command_handlers:kept_and_held"
    async with box.life() as life:
        await life.take(box.command("c-1", name))
        await life.until(lambda: handlers.KEPT == ["c-1"], "what it keeps")
        assert life.finals("c-1") == []
        monkeypatch.setattr(task, "LAST_WORDS_S", 60.0)
    box.reboot(2)
    async with box.life() as life:
        assert "last words\n" in [part.text for part in life.output("c-1")]
        await life.settled()
        return [(end.state, end.code, end.result) for end in life.finals("c-1")]
