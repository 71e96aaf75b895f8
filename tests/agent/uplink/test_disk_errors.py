"""A disk that fails now and then, or takes no writes any more: what can still be sent is sent, without any flurry."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest

from agent.core import inflight
from agent.outbox import OutboxError, open_outbox
from agent.uplink import feeder
from tests.agent.uplink.conftest import NODE, Rig, RunningNode
from tests.agent.uplink.parcels import file_blob
from wire.messages import Downlink

pytestmark = pytest.mark.broker


@pytest.fixture(autouse=True)
def _short_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeder, "READ_AGAIN_S", 1.0)


class Failing:
    """In place of a method of the outbox: fails as a worn card does, for one stream, so many times."""

    def __init__(self, node: RunningNode, name: str, stream: str, times: int) -> None:
        self.stream, self.left, self.tried = stream, times, 0
        self._original: Callable[..., object] = getattr(node.writer.outbox, name)
        setattr(node.writer.outbox, name, self)

    def __call__(self, stream: str, *rest: object) -> object:
        if stream == self.stream:
            self.tried += 1
            if self.left:
                self.left -= 1
                raise OutboxError("io", "the disk fails; the card may be worn out")
        return self._original(stream, *rest)


def test_a_stream_that_cannot_be_read_rests_and_the_others_go_on(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)

    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained()
                page = Failing(node, "page", "complaint", 1_000_000)
                began = time.monotonic()
                await node.file("complaint", "complaint", text="belum terbaca")
                await node.file("event", "reach", number=1)
                await node.until(lambda: any(row[2] == "reach" for row in center.rows("event")), "the event")
                await node.until(lambda: page.tried >= 2, "another try")
                assert not center.rows("complaint")
                page.left = 0
                await node.until(lambda: center.rows("complaint"), "the complaint")
                assert page.tried <= 3 + (time.monotonic() - began) / feeder.READ_AGAIN_S, "no flurry"
                assert node.uplink.status()["sessions"] == 1

    asyncio.run(story())
    assert [record.message for record in caplog.records].count("outbox-unread") == 1


def test_a_photo_that_cannot_be_read_is_tried_again(rig: Rig, patient: None) -> None:
    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained()
                read = Failing(node, "read_file", "attachment", 1)
                await file_blob(node.writer, rig.clock, 20_000)
                await node.until(lambda: center.rows("attachment"), "the photo")
                assert read.tried == 2
                assert node.uplink.status()["sessions"] == 1

    asyncio.run(story())


def test_what_is_to_be_sent_again_is_not_forgotten_when_reading_it_fails(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained()
                center.drop_acks = 1
                await node.file("complaint", "complaint", text="jawabannya hilang")
                await node.until(lambda: center.rows("complaint"), "the complaint")
                Failing(node, "page", "complaint", 1)
                await node.until(lambda: node.uplink.status()["resends"], "the time-out")
                monkeypatch.setattr(inflight, "MIN_TIMEOUT_S", 60.0)  # a busy machine answers the repeat late
                await node.drained()
                assert center.repeats == 1
                assert node.uplink.status()["sessions"] == 1

    asyncio.run(story())


def test_the_first_report_of_a_session_is_not_forgotten_when_reading_it_fails(rig: Rig) -> None:
    async def story() -> None:
        before = open_outbox(rig.tmp_path / "outbox", "board-1", rig.clock.stamp(), rig.outbox_config)
        before.append("health", "report", b"{}", rig.clock.stamp())
        before.close()
        async with rig.node() as node:
            page = Failing(node, "page", "health", 1)
            with rig.center() as center:
                await node.until(lambda: center.rows("health"), "the report")
                assert page.tried >= 2
                await node.drained()
                assert node.uplink.status()["sessions"] == 1

    asyncio.run(story())


def test_with_a_disk_that_takes_no_writes_all_that_waits_goes_in_one_session(rig: Rig) -> None:
    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained()
                center.mute = True
                for number in range(300):
                    await node.file("event", "reach", number=number)
                async with _takes_no_writes(node):
                    center.mute = False
                    center.generation = "g2"  # cannot be noted either
                    center.announce()
                    await node.drained()
                    assert node.uplink.connected
                    assert node.uplink.status()["sessions"] == 1

    asyncio.run(story())


def test_a_record_that_cannot_be_buried_rests_without_ending_the_session(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained()
                center.mute = True
                await node.file("event", "reach", text="racun")
                await node.until(lambda: len(center.rows("event")) == 2, "the record, of which nobody says so")
                async with _takes_no_writes(node):
                    center.is_poison = lambda body: b"racun" in body
                    center.mute = False
                    await node.until(lambda: center.refused, "the refusal")
                    monkeypatch.setattr(inflight, "MIN_TIMEOUT_S", 60.0)  # a busy machine hears of it late
                    await asyncio.sleep(0.5)
                    assert center.refused == 1
                    assert node.uplink.status()["sessions"] == 1
                assert (await node.pending())["event"] == 1

    asyncio.run(story())


def test_a_downlink_whose_receipt_cannot_be_filed_is_not_acted_on_twice(rig: Rig) -> None:
    notice = Downlink(1, "n-1", "g1", 1, msgspec.Raw(b"{}"))

    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained()
                async with _takes_no_writes(node):
                    for _ in range(2):
                        center.send(NODE, "notice", notice)
                    await node.until(lambda: rig.downlinks, "the notice")
                    await asyncio.sleep(0.3)
                center.send(NODE, "notice", notice)
                await node.until(lambda: any(row[2] == "receipt" for row in center.rows("event")), "the receipt")
                assert len(rig.downlinks) == 1

    asyncio.run(story())


@contextlib.asynccontextmanager
async def _takes_no_writes(node: RunningNode) -> AsyncIterator[None]:
    """SQLite says what it says on a file system that was remounted read-only."""
    database = node.writer.outbox._opened.db
    await node.writer.call(database.execute, "PRAGMA query_only=ON")
    try:
        yield
    finally:
        await node.writer.call(database.execute, "PRAGMA query_only=OFF")
