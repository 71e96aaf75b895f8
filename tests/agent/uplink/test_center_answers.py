"""A centre that says nothing, refuses everything, or never hears of it: noticed and named."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from agent.core import inflight
from agent.uplink import delivery, feeder
from tests.agent.uplink.conftest import Rig, RunningNode
from tests.agent.uplink.rules import allow, restart_with
from tests.support.broker import RunningBroker
from tests.support.own_time import within

pytestmark = pytest.mark.broker


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Time-outs of half a second, and so many seconds without an answer are too many."""
    monkeypatch.setattr(inflight, "MIN_TIMEOUT_S", 0.5)
    monkeypatch.setattr(inflight, "MAX_TIMEOUT_S", 0.5)
    monkeypatch.setattr(delivery, "UNANSWERED_S", 3.0)
    yield


def test_a_stall_lasts_through_all_repeats_and_ends_with_an_acknowledgement(
    rig: Rig, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "UNANSWERED_S", 60.0)

    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained()
                assert "ack_stalled" not in node.uplink.conditions()
                center.mute = True
                began = time.monotonic()
                await node.file("complaint", "complaint", text="tidak dijawab")
                await node.until(lambda: center.rows("complaint"), "the complaint")
                heard_s = time.monotonic()
                await node.until(lambda: node.uplink.status()["resends"] >= 5, "five repeats")
                asked_s = time.monotonic()
                stalled_s = node.uplink.status()["stalled_for_s"]
                told = node.uplink.conditions()["ack_stalled"]
                answered_s = time.monotonic()
                assert asked_s - heard_s - 0.1 <= stalled_s <= answered_s - began + 0.1
                assert stalled_s > 2
                most_s = round(answered_s - began + 0.1)
                words = {
                    f"no acknowledgement for {s} s; centre online" for s in range(round(stalled_s - 0.1), most_s + 1)
                }
                assert told in words
                center.mute = False
                await node.drained()
                await node.until(lambda: "ack_stalled" not in node.uplink.conditions(), "the all-clear")
                assert node.uplink.status()["sessions"] == 1

    asyncio.run(story())


def test_a_centre_that_was_away_for_a_moment_is_caught_up_with_after_one_time_out(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    time_out_s = inflight.MIN_TIMEOUT_S

    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained()
                monkeypatch.setattr(inflight, "MIN_TIMEOUT_S", 60.0)  # while away: a moment, however long filing takes
                center.mute = True
                for number in range(29):
                    await node.file("event", "reach", number=number)
                await node.until(lambda: len(center.rows("event")) > 1, "something that stays without an answer")
                center.mute = False
                monkeypatch.setattr(inflight, "MIN_TIMEOUT_S", time_out_s)
                with within(2 * time_out_s):
                    await node.file("event", "reach", number=29)
                    await node.drained()
                assert [kind for _, _, kind, _ in center.rows("event")].count("reach") == 30
                assert node.uplink.status()["resends"] >= 1, "the time-out after which the centre is asked again"
                assert node.uplink.status()["sessions"] == 1

    asyncio.run(story())


def test_a_centre_that_is_online_and_never_answers_ends_the_session(rig: Rig, impatient: None) -> None:
    rig.change(reconnect_min_s=1.0, reconnect_max_s=2.0)

    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained()
                before = node.uplink.status()["sessions"]
                center.mute = True
                await node.file("complaint", "complaint", text="tidak dijawab")
                await node.until(lambda: not node.uplink.connected, "the end of the session")
                assert node.uplink.status()["last_error"]["code"] == "unanswered"  # type: ignore[index]
                assert "ack_stalled" in node.uplink.conditions(), "told between two sessions too"
                await node.until(lambda: node.uplink.status()["sessions"] > before, "another session")
                center.mute = False
                await node.drained()
                await node.until(lambda: "ack_stalled" not in node.uplink.conditions(), "the all-clear")

    asyncio.run(story())


def test_a_centre_that_never_answers_ends_the_next_session_too(rig: Rig, impatient: None) -> None:
    async def story() -> None:
        with rig.center() as center:
            center.mute = True
            async with rig.node() as node:
                await node.until(lambda: node.uplink.status()["sessions"] >= 3, "two sessions given up", 60)
                assert node.uplink.status()["last_error"]["code"] == "unanswered"  # type: ignore[index]

    asyncio.run(story())


def test_a_centre_of_another_version_is_named_until_it_takes_something(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeder, "HOLD_S", 1.0)

    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained()
                center.is_poison = lambda body: b"lama" in body
                center.refuse_code = "version"
                await node.file("complaint", "complaint", text="lama")
                named = {"refused_by_center": "complaint: version"}
                await node.until(lambda: center.refused >= 2, "refusals")
                # The centre counts a refusal before the node hears of it; until then an answer is owed, and told so.
                await node.until(lambda: node.uplink.conditions() == named, "the refusal named, and nothing else")
                sessions = node.uplink.status()["sessions"]
                await asyncio.to_thread(rig.broker.restart)
                await node.until(lambda: node.uplink.status()["sessions"] > sessions, "the next attempt")
                await node.until(lambda: node.uplink.connected, "the next session")
                assert "refused_by_center" in node.uplink.conditions()
                center.is_poison = lambda body: False
                await node.drained()
                await node.until(lambda: node.uplink.conditions() == {}, "the all-clear")

    asyncio.run(story())


def test_a_centre_that_refuses_record_after_record_is_named_and_another_session_buries_no_more(rig: Rig) -> None:
    async def story() -> None:
        with rig.center() as center:
            center.is_poison = lambda body: b"number" in body
            async with rig.node() as node:
                await node.file_reports(64)
                await node.until(lambda: "refused_by_center" in node.uplink.conditions(), "the warning")
                assert node.uplink.conditions()["refused_by_center"] == "health: schema"
                refused = center.refused
                await asyncio.to_thread(rig.broker.restart)
                await node.until(lambda: center.refused > refused, "another refusal")
                await asyncio.sleep(0.5)
                assert (await node.writer.status())["dead"] == 20
                assert (await node.pending())["health"] == 44
                center.is_poison = lambda body: False
                await asyncio.to_thread(rig.broker.restart)
                await node.drained()
                await node.until(lambda: node.uplink.conditions() == {}, "the all-clear")

    asyncio.run(story())


def test_a_complaint_the_broker_never_lets_through_is_named_until_it_does(rig: Rig) -> None:
    _limit_packets(rig.broker, 30_000)

    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained()
                assert "too_large" not in node.uplink.conditions()
                await node.file("complaint", "complaint", text=_noise(31_500))
                await node.until(lambda: "too_large" in node.uplink.conditions(), "the warning")
                assert node.uplink.conditions()["too_large"] == "complaint 1"
                await node.file("event", "reach", text="kecil")
                await node.until(lambda: any(row[2] == "reach" for row in center.rows("event")), "the event")
                sessions = node.uplink.status()["sessions"]
                _limit_packets(rig.broker, 30_000)  # restarts it
                await node.until(lambda: node.uplink.status()["sessions"] > sessions, "another session")
                for _ in range(100):
                    assert "too_large" in node.uplink.conditions(), "it does not blink"
                    await asyncio.sleep(0.01)
                _limit_packets(rig.broker, 2_000_000)
                await node.drained()
                await node.until(lambda: "too_large" not in node.uplink.conditions(), "the all-clear")

    asyncio.run(story())


def test_one_stream_that_is_not_allowed_stays_named_and_does_not_slow_the_others(rig: Rig, patient: None) -> None:
    allow(rig.broker, "event", "health")

    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.file("complaint", "complaint", text="ditolak")
                await node.until(lambda: "not_authorised" in node.uplink.conditions(), "the warning")
                for number in range(20):
                    await node.file("event", "reach", number=number)
                    assert "complaint" in node.uplink.conditions()["not_authorised"]
                    await _stored(node, center, number + 1)
                assert node.uplink.status()["resends"] == 0
                await node.until(lambda: "ack_stalled" not in node.uplink.conditions(), "the answer to the last one")
                assert (await node.pending())["complaint"] == 1
                await asyncio.to_thread(rig.broker.restart)
                await node.until(lambda: center.rows("complaint"), "the complaint")
                await node.until(lambda: "not_authorised" not in node.uplink.conditions(), "the all-clear")

    asyncio.run(story())


async def _stored(node: RunningNode, center: "object", count: int) -> None:
    def there() -> bool:
        return sum(row[2] == "reach" for row in center.rows("event")) >= count  # type: ignore[attr-defined]

    await node.until(there, f"event {count}")


def _limit_packets(broker: RunningBroker, size_bytes: int) -> None:
    conf = broker._directory / "broker" / "mosquitto.conf"
    lines = [line for line in conf.read_text().splitlines() if not line.startswith(("max_packet", "message_size"))]
    restart_with(broker, "\n".join([f"max_packet_size {size_bytes}", *lines, ""]))


def _noise(size: int) -> str:
    import random

    return random.Random(size).randbytes(size).hex()
