"""Lines, intakes and devices for the tests of the serial process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")
PATIENCE_S = 60.0


def in_time(story: Awaitable[T]) -> T:
    """Run a test's story to its end; a minute of patience costs nothing where all goes well."""

    async def told() -> T:
        async with asyncio.timeout(PATIENCE_S):
            return await story

    return asyncio.run(told())


async def until(holds: Callable[[], object]) -> None:
    """Wait until something holds; the story's own deadline ends it otherwise."""
    while not holds():  # noqa: ASYNC110 - what is waited for happens in a kernel or another process
        await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def beside(*works: Awaitable[object]) -> AsyncIterator[None]:
    """Let things run while the block does; what fails among them fails the block."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        yield
    finally:
        failed = [task.exception() for task in tasks if task.done() and not task.cancelled() and task.exception()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if failed and failed[0] is not None:
            raise failed[0]


@pytest.fixture
def folder(in_memory: Path) -> Path:
    """Short enough for a socket, and in memory."""
    return in_memory
