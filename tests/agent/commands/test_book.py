"""The book of commands: no second end whatever is asked of it, and ends a disk refuses are told once it takes them."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from agent.commands import store
from agent.commands.book import Book, OrderError
from agent.commands.store import Entry
from agent.commands.task import Ending
from agent.fakes import FakeClock
from agent.outbox import Outbox, OutboxError, OutboxWriter, open_outbox
from wire.afar import CommandNotice
from wire.shape import replace

TAKEN = Entry("c-1", "ping", 1, "command", "accepted", "boot", 5, 6)


async def with_book(folder: Path, story: Callable[[Book, OutboxWriter], Awaitable[None]]) -> None:
    clock = FakeClock()
    writer = OutboxWriter(open_outbox(folder, "board", clock.stamp()), clock)
    try:
        book = Book(folder / "commands", writer, clock, lambda: "n-1")
        await book.open()
        await story(book, writer)
    finally:
        await writer.close()


def ends(writer: OutboxWriter) -> list[str]:
    import msgspec

    held = writer.outbox.page("event", 0, 10_000_000, 1000)
    bodies = [bytes(each.record.body) for each in held if each.record.kind == "command"]
    return [msgspec.json.decode(body, type=CommandNotice).state for body in bodies]


def test_there_is_no_second_end(in_memory: Path) -> None:
    async def story(book: Book, writer: OutboxWriter) -> None:
        await book.write(TAKEN)
        await book.write(replace(TAKEN, state="running"))
        await book.end(book["c-1"], Ending("done"))
        with pytest.raises(OrderError):
            await book.end(book["c-1"], Ending("failed", "fault"))
        with pytest.raises(OrderError):
            await book.write(replace(TAKEN, state="running"))
        assert (book["c-1"].state, book["c-1"].told, ends(writer)) == ("done", True, ["done"])
        with pytest.raises(OrderError):
            await book.write(replace(TAKEN, id="c-2", state="running"))

    asyncio.run(with_book(in_memory, story))


@pytest.mark.parametrize("refuses", ["file", "outbox", "both"])
def test_an_end_that_is_refused_is_told_once_when_the_disk_takes_again(
    in_memory: Path, monkeypatch: pytest.MonkeyPatch, refuses: str
) -> None:
    broken = [True]

    def unwilling(work: Callable[..., Any], error: Exception) -> Callable[..., Any]:
        def done(*given: Any, **named: Any) -> Any:
            if broken[0]:
                raise error
            return work(*given, **named)

        return done

    async def story(book: Book, writer: OutboxWriter) -> None:
        await book.write(TAKEN)
        if refuses != "outbox":
            monkeypatch.setattr(store, "write_durably", unwilling(store.write_durably, OSError(28, "full")))
        if refuses != "file":
            monkeypatch.setattr(Outbox, "append_once", unwilling(Outbox.append_once, OutboxError("disk_full", "full")))
        await book.end(book["c-1"], Ending("failed", "fault"))
        await book.tell_again()
        assert (book["c-1"].told, len(ends(writer))) == (False, 1 if refuses == "file" else 0)
        broken[0] = False
        await book.tell_again()
        await book.tell_again()
        assert (book["c-1"].told, ends(writer)) == (True, ["failed"])

    asyncio.run(with_book(in_memory, story))
