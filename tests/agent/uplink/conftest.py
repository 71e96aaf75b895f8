"""A broker, a small centre and a node of its own for each test of the uplink."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from agent.clock import Clock
from agent.core import inflight
from agent.outbox import OutboxConfig, OutboxWriter, open_outbox
from agent.uplink import Uplink, UplinkConfig, goodbye
from tests.support.broker import RunningBroker, running_broker
from tests.support.small_center import SmallCenter
from wire.messages import Downlink
from wire.shape import replace

NODE = "kel-3673011001"


class Rig:
    """Broker, centre, and one node that can be started and stopped."""

    def __init__(self, broker: RunningBroker, tmp_path: Path) -> None:
        self.broker = broker
        self.tmp_path = tmp_path
        self.clock = Clock()
        self.config = UplinkConfig(
            host="127.0.0.1",
            port=broker.port,
            credentials=broker.issue_node(NODE),
            reconnect_min_s=0.05,
            reconnect_max_s=1.0,
        )
        self.outbox_config = OutboxConfig(commit_window_s=0.05)
        self.downlinks: list[tuple[str, Downlink]] = []
        self.standing: tuple[str, ...] = ()
        """What a node's disk keeps it from reporting."""
        self.report_every_s = 30.0

    def change(self, **values: object) -> None:
        """Another uplink configuration for the node started next."""
        self.config = replace(self.config, **values)

    def center(self, generation: str = "g1") -> SmallCenter:
        """The centre; its journal outlives it."""
        tls = self.broker.tls_context(self.broker.issue_center())
        return SmallCenter(self.broker.port, tls, self.tmp_path / "center.db", generation)

    @contextlib.asynccontextmanager
    async def node(
        self,
        on_downlink: Callable[[str, Downlink], Awaitable[str]] | None = None,
        board: str = "board-1",
        on_undecodable: Callable[[str], None] = lambda _: None,
    ) -> AsyncIterator["RunningNode"]:
        """A node with its outbox and uplink running; stopped as SIGTERM would."""
        outbox = open_outbox(self.tmp_path / "outbox", board, self.clock.stamp(), self.outbox_config)
        writer = OutboxWriter(outbox, self.clock)
        uplink = Uplink(
            self.config,
            NODE,
            writer,
            self.clock,
            version="1.0",
            on_downlink=on_downlink or self._note_downlink,
            on_undecodable=on_undecodable,
            report_every_s=self.report_every_s,
            standing=lambda: self.standing,
        )
        tasks = [asyncio.create_task(writer.run()), asyncio.create_task(uplink.run())]
        running = RunningNode(self, writer, uplink, tasks)
        try:
            yield running
        finally:
            await running.stop()

    async def _note_downlink(self, leaf: str, downlink: Downlink) -> str:
        self.downlinks.append((leaf, downlink))
        return "done"


class RunningNode:
    """What a test does with a node."""

    def __init__(self, rig: Rig, writer: OutboxWriter, uplink: Uplink, tasks: list[asyncio.Task[None]]) -> None:
        self.writer = writer
        self.uplink = uplink
        self._rig = rig
        self._tasks = tasks
        self._stopped = False

    async def file(self, stream: str, kind: str, **body: object) -> int:
        """Append a record."""
        return await self.writer.append(stream, kind, json.dumps(body).encode(), self._rig.clock.stamp())

    async def file_reports(self, count: int) -> None:
        """So many numbered reports, committed."""
        for number in range(count):
            await self.file("health", "report", number=number)
        await self.writer.flush()

    async def until(self, condition: Callable[[], object], what: str, within_s: float = 60.0) -> None:
        """Wait for something to become true; a task that died says why."""
        deadline = time.monotonic() + within_s
        while not condition():
            for task in self._tasks:
                if task.done() and not task.cancelled():
                    await task
            assert time.monotonic() < deadline, f"{what} did not happen in {within_s} s: {self.uplink.status()}"
            await asyncio.sleep(0.02)

    async def pending(self) -> dict[str, int]:
        """How many records of each stream wait."""
        return {stream: waiting for stream, (_, _, waiting) in (await self.writer.heads()).items()}

    async def drained(self, within_s: float = 60.0) -> None:
        """Wait until nothing waits any more."""
        deadline = time.monotonic() + within_s
        while any((await self.pending()).values()):
            assert time.monotonic() < deadline, f"{await self.pending()} still wait: {self.uplink.status()}"
            await asyncio.sleep(0.02)

    async def left(self, within_s: float = 60.0, **waiting: int) -> None:
        """Wait until so many records of these streams wait: the centre has them before the node hears of it."""
        deadline = time.monotonic() + within_s
        while waiting.items() - (found := await self.pending()).items():
            assert time.monotonic() < deadline, f"{found} wait instead of {waiting}: {self.uplink.status()}"
            await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """Cancel as the service does on SIGTERM, close the outbox."""
        if self._stopped:
            return
        self._stopped = True
        for task in reversed(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.writer.close()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer is ever overdue: where each record is to arrive once, a machine that stands still sends none twice."""
    monkeypatch.setattr(inflight, "MIN_TIMEOUT_S", 60.0)


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that stops says all it has to say, also where a busy machine keeps it waiting."""
    monkeypatch.setattr(goodbye, "GOODBYE_S", 30.0)
    monkeypatch.setattr(goodbye, "LAST_WORDS_S", 20.0)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with running_broker(tmp_path) as broker:
        yield Rig(broker, tmp_path)
