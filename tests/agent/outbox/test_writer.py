"""The outbox for asyncio: commits in time, tells news whoever caused them, refuses when the disk does not keep up."""

import asyncio
import threading
import time
from pathlib import Path

import pytest

from agent.clock import Clock
from agent.outbox import OutboxConfig, OutboxError, OutboxWriter, open_outbox


def make(tmp_path: Path, **values: float) -> OutboxWriter:
    clock = Clock()
    config = OutboxConfig(**values)  # type: ignore[arg-type]
    return OutboxWriter(open_outbox(tmp_path / "outbox", "board", clock.stamp(), config), clock)


def test_health_is_committed_within_the_window_and_told(tmp_path: Path) -> None:
    async def story() -> None:
        writer, news = make(tmp_path, commit_window_s=0.2), []
        writer.on_new(news.append)
        running = asyncio.create_task(writer.run())
        await asyncio.sleep(0)
        began = time.monotonic()
        await writer.append("health", "report", b"{}", Clock().stamp())
        assert news == [] or time.monotonic() - began >= 0.2
        while not news:
            assert time.monotonic() - began < 30
            await asyncio.sleep(0.01)
        assert news == ["health"]
        assert time.monotonic() - began >= 0.2
        running.cancel()
        await writer.close()

    asyncio.run(story())


def test_a_complaint_tells_also_of_the_health_reports_it_took_along(tmp_path: Path) -> None:
    async def story() -> None:
        writer, news = make(tmp_path), []
        writer.on_new(news.append)
        await writer.append("health", "report", b"{}", Clock().stamp())
        await writer.append("complaint", "complaint", b"{}", Clock().stamp())
        assert sorted(news) == ["complaint", "health"]
        await writer.close()

    asyncio.run(story())


def test_a_disk_that_hangs_does_not_fill_the_memory(tmp_path: Path) -> None:
    async def story() -> None:
        writer, gate = make(tmp_path), threading.Event()
        waiting = [asyncio.create_task(writer.call(gate.wait, 60)) for _ in range(256)]
        await asyncio.sleep(0)
        with pytest.raises(OutboxError) as caught:
            await writer.ping()
        assert caught.value.code == "busy"
        assert not caught.value.permanent
        gate.set()
        await asyncio.gather(*waiting)
        await writer.ping()
        await writer.close()

    asyncio.run(story())


def test_after_close_nothing_is_accepted_and_everything_is_on_the_disk(tmp_path: Path) -> None:
    async def story() -> None:
        writer = make(tmp_path)
        await writer.append("health", "report", b"{}", Clock().stamp())
        await writer.close()
        with pytest.raises(OutboxError):
            await writer.append("complaint", "complaint", b"{}", Clock().stamp())
        again = make(tmp_path)
        assert (await again.heads())["health"] == (1, 1, 1)
        await again.close()

    asyncio.run(story())
