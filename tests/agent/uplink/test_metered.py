"""A line that is paid by the byte: what is counted, what stops, what survives a restart."""

import asyncio
import json
from collections.abc import Iterator

import pytest

from agent.uplink.meter import FILE
from center.pki import create_authority
from tests.agent.uplink.conftest import Rig, RunningNode
from tests.agent.uplink.parcels import file_blob, file_picture, report
from tests.support.small_center import wait_until
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
                await node.left(snapshot=3, health=0)
                await node.until(lambda: _counted(node) >= proxy.carried, "what went over the line")
                assert _counted(node) <= proxy.carried * 1.1 + 5_000
                assert "budget_spent" not in node.uplink.conditions()

    asyncio.run(story())


def test_with_the_budget_spent_only_complaints_events_and_the_state_go(rig: Rig, proxy: TcpProxy) -> None:
    async def story() -> None:
        with rig.center() as center:
            await _spend(rig, LIMIT)
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


def test_what_is_filed_while_the_newest_is_looked_up_does_not_go_with_it(rig: Rig, proxy: TcpProxy) -> None:
    async def story() -> None:
        with rig.center() as center:
            await _spend(rig, LIMIT)
            async with rig.node() as node:
                outbox = node.writer.outbox
                look_up = outbox.newest_waiting

                def just_before_the_others(stream: str) -> int:
                    found = look_up(stream)
                    if found == 1:
                        for number in range(10):
                            outbox.append("health", "report", report(number), rig.clock.stamp())
                        outbox.flush()
                    return found

                await node.until(lambda: node.uplink.connected, "the session")
                await asyncio.sleep(0.5)  # whose beginning looks it up as well
                outbox.newest_waiting = just_before_the_others  # type: ignore[method-assign]
                await node.writer.append("health", "report", report(0), rig.clock.stamp())
                await node.writer.flush()
                await node.until(lambda: center.rows("health"), "the sign of life")
                await asyncio.sleep(1)
                assert len(center.rows("health")) == 1
                await node.left(health=10)

    asyncio.run(story())


def test_when_the_budget_is_tight_only_the_newest_report_goes_and_the_others_wait(rig: Rig, proxy: TcpProxy) -> None:
    async def story() -> None:
        with rig.center() as center:
            await _spend(rig, int(LIMIT * 0.85))
            async with rig.node() as node:
                for number in range(20):
                    await node.writer.append("health", "report", report(number), rig.clock.stamp())
                await node.writer.flush()
                await node.until(lambda: center.rows("health"), "the newest")
                await asyncio.sleep(1)
                await node.left(health=19)
                await node.writer.append("health", "report", report(99), rig.clock.stamp())
                await node.writer.flush()
                await asyncio.sleep(1)
                assert (await node.pending())["health"] == 20, "not before a minute has passed"

    asyncio.run(story())


def test_the_days_use_survives_a_restart_exactly_and_a_crash_pessimistically(rig: Rig, proxy: TcpProxy) -> None:
    async def story() -> None:
        with rig.center():
            async with rig.node() as node:
                await file_picture(node.writer, rig.clock, PICTURE_BYTES)
                await node.drained()
                await node.until(lambda: _counted(node) >= proxy.carried, "what went over the line")
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


@pytest.mark.parametrize("fault", ["authority", "hang"])
def test_handshakes_that_fail_are_paid_for_and_counted(rig: Rig, proxy: TcpProxy, fault: str) -> None:
    if fault == "authority":
        other = create_authority(rig.tmp_path / "other")
        (rig.config.credentials / "ca.crt").write_bytes(other.ca_certificate.read_bytes())
    else:
        rig.change(connect_timeout_s=2.0)
        rig.broker.pause()

    async def story() -> None:
        async with rig.node() as node:
            await node.until(lambda: proxy.connections >= 12, "a dozen attempts", 120)
            await node.until(lambda: proxy.open_now() == 0, "the end of an attempt")
            await node.until(lambda: _counted(node) >= proxy.carried, "what went over the line")
            assert _counted(node) <= proxy.carried * 1.25 + proxy.connections * 1_000
        used = _ledger(rig)["used_bytes"]
        assert used >= proxy.carried * 0.9, "the last attempt was cut off by the stop"

    asyncio.run(story())


def test_a_power_cut_does_not_forget_a_day_of_failing_handshakes(rig: Rig, proxy: TcpProxy) -> None:
    other = create_authority(rig.tmp_path / "other")
    (rig.config.credentials / "ca.crt").write_bytes(other.ca_certificate.read_bytes())

    async def story() -> None:
        async with rig.node() as node:
            await node.until(lambda: proxy.connections >= 6, "attempts", 120)
            carried = proxy.carried
            # It is a thread that puts it down; a power cut would come between two attempts as a rule.
            await node.until(lambda: _ledger(rig)["used_bytes"] >= carried / 2, "the use on the disk")

    asyncio.run(story())
    assert _ledger(rig)["used_bytes"] > 0, "and it is still there when the agent is gone"


def test_what_was_being_put_down_as_used_when_the_stop_came_is_still_said(
    rig: Rig, proxy: TcpProxy, unhurried: None
) -> None:
    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained()
                meter, leasing = node.uplink._meter, asyncio.Event()
                assert meter is not None
                lease = meter.lease

                async def hang_once(_: int) -> None:
                    meter.lease = lease  # type: ignore[method-assign]
                    leasing.set()
                    await asyncio.Event().wait()

                meter.lease = hang_once  # type: ignore[method-assign]
                await node.file("event", "stop", reason="SIGTERM")
                await asyncio.wait_for(leasing.wait(), 30)
            # The broker has it by now; the centre is another process to it.
            await asyncio.to_thread(
                wait_until, lambda: any(row[2] == "stop" for row in center.rows("event")), "the stop"
            )

    asyncio.run(story())


def test_a_line_that_costs_nothing_keeps_no_ledger(rig: Rig) -> None:
    async def story() -> None:
        with rig.center():
            async with rig.node() as node:
                await node.drained()
                assert node.uplink.status()["budget"] is None
        assert not (rig.tmp_path / "outbox" / FILE).exists()

    asyncio.run(story())


def _counted(node: RunningNode) -> int:
    used: int = node.uplink.status()["budget"]["used_bytes"]  # type: ignore[index]
    return used


def _ledger(rig: Rig) -> dict[str, int]:
    """What is on the disk; nothing used where nothing was put down yet."""
    path = rig.tmp_path / "outbox" / FILE
    found: dict[str, int] = json.loads(path.read_bytes()) if path.exists() else {"used_bytes": 0}
    return found


async def _spend(rig: Rig, used_bytes: int) -> None:
    """As if so much had gone already: a first run makes the ledger, the next begins with it changed."""
    async with rig.node() as node:
        await node.drained()
    path = rig.tmp_path / "outbox" / FILE
    path.write_bytes(json.dumps({**_ledger(rig), "used_bytes": used_bytes}).encode())
