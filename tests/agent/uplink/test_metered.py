"""A line that is paid by the byte: what is counted, what stops, what survives a restart."""

import asyncio
import json
from collections.abc import Iterator

import pytest

from agent.uplink.meter import FILE
from tests.agent.uplink.conftest import Rig
from tests.agent.uplink.parcels import file_blob, file_picture, report
from tests.support.tcp_proxy import TcpProxy

pytestmark = pytest.mark.broker

LIMIT = 1024 * 1024
PICTURE_BYTES = 300_000


@pytest.fixture
def proxy(rig: Rig) -> Iterator[TcpProxy]:
    found = TcpProxy(rig.broker.port)
    found.start()
    try:
        rig.change(port=found.port, profile="metered", daily_budget_mb=1)
        yield found
    finally:
        found.close()


def test_pictures_stop_before_the_backlog_and_complaints_never(rig: Rig, proxy: TcpProxy) -> None:
    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                for number in range(4):
                    await file_picture(node.writer, rig.clock, PICTURE_BYTES, number)
                await node.until(lambda: center.rows("snapshot"), "one picture")
                for number in range(50):
                    await node.writer.append("health", "report", report(number), rig.clock.stamp())
                await node.writer.flush()
                await node.until(lambda: len(center.rows("health")) == 50, "reports")
                assert len(center.rows("snapshot")) == 1, "the next would pass three fifths"
                assert (await node.pending())["snapshot"] == 3
                budget = node.uplink.status()["budget"]
                assert proxy.carried <= budget["used_bytes"] <= proxy.carried * 1.1 + 5_000
                assert "budget_spent" not in node.uplink.conditions()

    asyncio.run(story())


def test_with_the_budget_spent_only_complaints_events_and_the_state_go(rig: Rig, proxy: TcpProxy) -> None:
    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained()
            _spend(rig, LIMIT)
            async with rig.node() as node:
                for number in range(20):
                    await node.writer.append("health", "report", report(number), rig.clock.stamp())
                await node.writer.flush()
                await file_blob(node.writer, rig.clock, 50_000)
                await file_picture(node.writer, rig.clock, 50_000)
                await node.file("event", "reach", number=1)
                await node.file("complaint", "complaint", text="tetap lewat")
                await node.until(lambda: center.rows("complaint"), "the complaint")
                await node.until(lambda: any(row[2] == "reach" for row in center.rows("event")), "the event")
                await asyncio.sleep(1)
                seen = [row[1] for row in center.rows("health")]
                assert len(seen) <= 1, "one sign of life an hour"
                assert not center.rows("attachment")
                assert not center.rows("snapshot")
                assert "budget_spent" in node.uplink.conditions()
                budget = node.uplink.status()["budget"]
                assert LIMIT < budget["used_bytes"] < LIMIT + 40_000
                assert 0 < budget["next_day_in_s"] <= 86_400

    asyncio.run(story())


def test_when_the_budget_is_tight_only_the_newest_report_goes_and_the_others_wait(rig: Rig, proxy: TcpProxy) -> None:
    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained()
            _spend(rig, int(LIMIT * 0.85))
            async with rig.node() as node:
                for number in range(20):
                    await node.writer.append("health", "report", report(number), rig.clock.stamp())
                await node.writer.flush()
                await node.until(lambda: center.rows("health"), "the newest")
                await asyncio.sleep(1)
                first = (await node.pending())["health"]
                await node.writer.append("health", "report", report(99), rig.clock.stamp())
                await node.writer.flush()
                await asyncio.sleep(1)
                assert (await node.pending())["health"] == first + 1, "not before a minute has passed"

    asyncio.run(story())


def test_the_days_use_survives_a_restart_exactly_and_a_crash_pessimistically(rig: Rig, proxy: TcpProxy) -> None:
    async def story() -> None:
        with rig.center():
            async with rig.node() as node:
                await file_picture(node.writer, rig.clock, PICTURE_BYTES)
                await node.drained()
                used = node.uplink.status()["budget"]["used_bytes"]
                as_after_a_crash = _ledger(rig)["used_bytes"]
                assert used > PICTURE_BYTES
                assert used <= as_after_a_crash <= used + LIMIT // 10
            kept = _ledger(rig)["used_bytes"]
            assert used <= kept <= used + 5_000, "and the goodbye"
            async with rig.node() as node:
                assert node.uplink.status()["budget"]["used_bytes"] >= kept

    asyncio.run(story())


def test_a_ledger_that_cannot_be_read_is_taken_for_a_spent_one(rig: Rig, proxy: TcpProxy) -> None:
    (rig.tmp_path / "outbox").mkdir()
    (rig.tmp_path / "outbox" / FILE).write_bytes(b"\0" * 100)

    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.file("complaint", "complaint", text="tetap lewat")
                await node.until(lambda: center.rows("complaint"), "the complaint")
                assert "budget_spent" in node.uplink.conditions()

    asyncio.run(story())


def test_a_line_that_costs_nothing_keeps_no_ledger(rig: Rig) -> None:
    async def story() -> None:
        with rig.center():
            async with rig.node() as node:
                await node.drained()
                assert node.uplink.status()["budget"] is None
        assert not (rig.tmp_path / "outbox" / FILE).exists()

    asyncio.run(story())


def _ledger(rig: Rig) -> dict[str, int]:
    found: dict[str, int] = json.loads((rig.tmp_path / "outbox" / FILE).read_bytes())
    return found


def _spend(rig: Rig, used_bytes: int) -> None:
    path = rig.tmp_path / "outbox" / FILE
    path.write_bytes(json.dumps({**_ledger(rig), "used_bytes": used_bytes}).encode())
