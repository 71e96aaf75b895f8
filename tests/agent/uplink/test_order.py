"""What arrives in which order after a reconnect with a day's backlog on board: over a real broker."""

import asyncio

import pytest

from tests.agent.uplink.conftest import Rig
from tests.agent.uplink.parcels import file_blob, file_picture, report

pytestmark = pytest.mark.broker

DAY = 2880


def test_birth_newest_report_complaints_photo_events_then_the_backlog(rig: Rig, patient: None) -> None:
    async def story() -> None:
        rig.change(host="127.0.0.2")  # nobody listens there: the day is spent offline
        async with rig.node() as node:
            for number in range(DAY):
                await node.writer.append("health", "report", report(number), rig.clock.stamp())
                if number % 400 == 0:
                    await node.file("event", "reach", number=number)
                if number % 700 == 0:
                    await node.file("complaint", "complaint", number=number, box="x" * 2000)
            await file_blob(node.writer, rig.clock, 60_000)
            for number in range(3):
                await file_picture(node.writer, rig.clock, 40_000, number)
            await node.writer.flush()
        rig.change(host="127.0.0.1")
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained(within_s=240)
            order = [(stream, seqs) for _, stream, seqs in center.arrived]
            assert center.states[0].reason == "birth"
            assert order[0] == ("health", (DAY,)), "the newest report first"
            first, last = _spans(order)
            assert first["complaint"] == 1, "then the complaints"
            assert last["complaint"] < min(first["attachment"], first["event"])
            backlog = [index for index, (stream, seqs) in enumerate(order) if stream == "health" and DAY not in seqs]
            assert max(last["event"], last["attachment"]) < backlog[0], "only then what is old"
            assert backlog[20] < first["snapshot"], "a picture weighs as much as a thousand reports"
            assert [seqs for stream, seqs in order if stream == "snapshot"] == [(3,), (1,), (2,)]
            old = [seq for index in backlog for seq in order[index][1]]
            assert old == [*range(1, DAY)], "each once, from the oldest"
            assert center.repeats == 0

    asyncio.run(story())


def test_a_complaint_overtakes_a_backlog_that_flows(rig: Rig) -> None:
    rig.change(backlog_bytes_per_s=20_000)

    async def story() -> None:
        async with rig.node() as node:
            for number in range(DAY):
                await node.writer.append("health", "report", report(number), rig.clock.stamp())
            await node.writer.flush()
            await node.stop()
        with rig.center() as center:
            async with rig.node() as node:
                await node.until(lambda: len(center.rows("health")) > 200, "the backlog flowing")
                seq = await node.file("complaint", "complaint", text="di tengah")
                await node.until(lambda: center.rows("complaint"), "the complaint")
                at = next(index for index, (_, stream, _) in enumerate(center.arrived) if stream == "complaint")
                assert center.arrived[at][2] == (seq,)
                assert (await node.pending())["health"] > 0, "the backlog was not through"

    asyncio.run(story())


def _spans(order: list[tuple[str, tuple[int, ...]]]) -> tuple[dict[str, int], dict[str, int]]:
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for index, (stream, _) in enumerate(order):
        first.setdefault(stream, index)
        last[stream] = index
    return first, last
