"""The uplink against a real mosquitto over mutual TLS and a small centre that acknowledges after its commit."""

import asyncio
import json
import ssl
import time

import msgspec
import pytest

from agent.core import inflight
from agent.uplink import paho
from tests.agent.uplink.conftest import NODE, Rig
from tests.agent.uplink.rules import allow
from tests.support.broker import other_rules
from tests.support.own_time import within
from wire.messages import Downlink

pytestmark = pytest.mark.broker


def test_what_was_appended_offline_arrives_once_and_leaves_the_outbox(rig: Rig) -> None:
    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                for number in range(300):
                    await node.file("health", "report", number=number)
                await node.file("complaint", "complaint", text="x" * 3000)
                await node.writer.flush()
                await node.drained()
                assert [json.loads(row[3])["number"] for row in sorted(center.rows("health"), key=lambda r: r[1])] == [
                    *range(300)
                ]
                assert len(center.rows("complaint")) == 1
                assert center.rows("event")[0][2] == "epoch"
                await node.until(lambda: node.uplink.status()["in_flight_bytes"] == 0, "the last answer noted")
                status = node.uplink.status()
                assert status["connected"] is True
                assert status["center"] == "online"

    asyncio.run(story())


def test_the_brokers_reason_for_a_refusal_is_known_by_its_name(rig: Rig) -> None:
    async def story(port: int) -> None:
        assert rig.broker.port != port
        async with rig.node() as node:
            await node.until(lambda: node.uplink.connected, "a session")
            assert node.uplink.refusal == ""
        rig.change(port=port)
        async with rig.node() as node:
            await node.until(lambda: node.uplink.refusal, "the refusal")
            assert node.uplink.refusal == "Not authorized"

    with other_rules(rig.broker, rig.tmp_path, "require_certificate true", "allow_anonymous false") as port:
        asyncio.run(story(port))


def test_birth_is_retained_and_a_stop_leaves_a_clean_death_within_a_second(rig: Rig, unhurried: None) -> None:
    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained()
                await node.file("event", "stop", reason="SIGTERM")
                with within(1):
                    await node.stop()
            await asyncio.to_thread(_until, lambda: len(center.states) >= 2)
            assert [(state.status, state.reason) for state in center.states] == [
                ("online", "birth"),
                ("offline", "stop"),
            ]
            assert center.states[0].session == center.states[1].session
            assert center.states[0].nonce == center.states[1].nonce
            assert any(row[2] == "stop" for row in center.rows("event"))

    asyncio.run(story())


def test_a_killed_node_is_declared_dead_by_its_will_and_sessions_count_up(rig: Rig, unhurried: None) -> None:
    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained()
                await asyncio.to_thread(rig.broker.restart)
                await node.until(lambda: _births(center) >= 2, "a second birth")
            await asyncio.to_thread(_until, lambda: center.states[-1].reason == "stop")
            births = [state for state in center.states if state.reason == "birth"]
            assert [state.session for state in births] == sorted({state.session for state in births})
            assert len({state.nonce for state in births}) == len(births)

    asyncio.run(story())


def test_a_lost_ack_is_resent_and_stored_once(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained()
                center.drop_acks = 1
                await node.file("event", "reach", target="gateway")
                await node.until(lambda: node.uplink.status()["resends"] == 1, "the repeat")
                monkeypatch.setattr(inflight, "MIN_TIMEOUT_S", 60.0)  # a busy machine answers the repeat late
                await node.drained()
                assert center.repeats == 1
                assert len([row for row in center.rows("event") if row[2] == "reach"]) == 1
                assert node.uplink.status()["resends"] == 1

    asyncio.run(story())


def test_an_epoch_conflict_makes_a_new_epoch_and_everything_arrives_under_it(rig: Rig) -> None:
    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained()
                old = node.writer.epoch
                center.conflict_epochs.add(old)
                await node.file("complaint", "complaint", text="sekali saja")
                await node.until(lambda: node.writer.epoch != old, "a new epoch")
                await node.drained()
                new = node.writer.epoch
                assert [row[0] for row in center.rows("complaint")] == [new]
                events = [row for row in center.rows("event") if row[0] == new]
                assert events[0][2] == "epoch"
                notice = json.loads(events[0][3])
                assert notice["predecessor"] == old
                assert notice["reason"] == "epoch_conflict"
                assert center.states[-1].epoch == new
                assert center.states[-1].status == "online"

    asyncio.run(story())


def test_what_the_centre_has_from_another_box_under_our_number_is_not_let_go(rig: Rig) -> None:
    async def story() -> None:
        with rig.center() as center:
            center.conflicts_as_stored = True
            async with rig.node() as node:
                await node.drained()
                old = node.writer.epoch
                center.conflict_epochs.add(old)
                await node.file("event", "reach", number=4711)
                await node.until(lambda: node.writer.epoch != old, "a new epoch")
                await node.drained()
                assert [json.loads(row[3])["number"] for row in center.rows("event") if row[2] == "reach"] == [4711]

    asyncio.run(story())


def test_a_broker_that_restarts_costs_nothing(rig: Rig) -> None:
    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained()
                await asyncio.to_thread(rig.broker.kill)
                await node.until(lambda: not node.uplink.connected, "the loss")
                assert "uplink_down" in node.uplink.conditions()
                for number in range(100):
                    await node.file("event", "reach", number=number)
                await asyncio.to_thread(rig.broker.start)
                await node.drained()
                assert len([row for row in center.rows("event") if row[2] == "reach"]) == 100

    asyncio.run(story())


def test_a_broker_that_hangs_is_noticed_and_left(rig: Rig) -> None:
    rig.change(keepalive_s=2)

    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained()
                rig.broker.pause()
                await node.file("complaint", "complaint", text="menunggu")
                with within(2 * rig.config.keepalive_s + 3):
                    await node.until(lambda: not node.uplink.connected, "the loss")
                rig.broker.resume()
                await node.drained()
                assert len(center.rows("complaint")) == 1

    asyncio.run(story())


def test_a_session_taken_over_is_not_fought_for(rig: Rig) -> None:
    async def story() -> None:
        with rig.center():
            async with rig.node() as node:
                await node.drained()
                thief = _connect_as_node(rig)
                try:
                    await node.until(lambda: _last_error(node) == "taken_over", "the take-over")
                    node.uplink.nudge()
                    await asyncio.sleep(1.5)
                    await node.until(thief.is_connected, "the other one's connection")
                    assert not node.uplink.connected
                finally:
                    thief.disconnect()
                    thief.loop_stop()

    asyncio.run(story())


def test_a_publish_that_is_not_allowed_is_said_and_nothing_is_lost(rig: Rig) -> None:
    async def story() -> None:
        allow(rig.broker, "event")
        with rig.center() as center:
            async with rig.node() as node:
                await node.file("complaint", "complaint", text="ditolak")
                await node.until(lambda: "not_authorised" in node.uplink.conditions(), "the warning")
                assert (await node.pending())["complaint"] == 1
                assert not center.rows("complaint")

    asyncio.run(story())


def test_an_absent_centre_is_seen_and_its_return_hurries_the_resend(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflight, "FIRST_TIMEOUT_S", 100.0)  # by itself the node would ask only then

    async def story() -> None:
        async with rig.node() as node:
            await node.file("complaint", "complaint", text="pusat belum ada")
            await node.until(lambda: node.uplink.status()["center"] == "absent", "the notice")
            with rig.center() as center:
                await node.drained()
                assert len(center.rows("complaint")) == 1

    asyncio.run(story())


def test_an_exception_inside_the_session_ends_it_and_the_next_one_works(rig: Rig) -> None:
    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained()
                before = node.uplink.status()["sessions"]
                original, node.uplink._desk.take = node.uplink._desk.take, _explode
                with rig.center() as second:
                    second.send(NODE, "reply", Downlink(1, "x", "g1", 1, msgspec.Raw(b"{}")))
                    await node.until(lambda: node.uplink.status()["sessions"] > before, "a new session")
                node.uplink._desk.take = original
                await node.file("complaint", "complaint", text="sesudahnya")
                await node.drained()
                assert len(center.rows("complaint")) == 1

    asyncio.run(story())


def test_a_restored_centre_gets_complaints_and_events_again(rig: Rig, patient: None) -> None:
    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.file("complaint", "complaint", text="pernah diterima")
                await node.file("health", "report", number=1)
                await node.writer.flush()
                await node.drained()
                center.forget()
                center.generation = "g2"
                center.announce()
                await node.until(lambda: len(center.rows("complaint")) == 1, "the complaint again")
                await node.drained()
                assert [row[2] for row in center.rows("event")] == ["epoch"]
                assert center.rows("health") == []
                center.announce()  # the same generation again changes nothing
                await node.file("event", "reach", number=1)
                await node.drained()
                assert center.repeats == 0

    asyncio.run(story())


def test_live_before_backlog_and_the_backlog_is_paced(rig: Rig) -> None:
    rig.change(backlog_bytes_per_s=1024)  # until the live one has gone: a busy machine may take its time to file it

    async def story() -> None:
        async with rig.node() as node:
            await node.stop()
        outbox_records = 400
        async with rig.node() as node:
            for number in range(outbox_records):
                await node.file("health", "report", number=number, filler=_noise(1900, number))
            await node.writer.flush()
            await node.stop()
        with rig.center() as center:
            began = time.monotonic()
            async with rig.node() as node:
                await node.until(lambda: any(a[1] == "health" for a in center.arrived), "health")
                first = next(arrival for arrival in center.arrived if arrival[1] == "health")
                assert first[2] == (outbox_records,)
                live = outbox_records + 1
                await node.file("health", "report", number=-1)
                await node.until(lambda: any(a[2] == (live,) for a in center.arrived), "the live one")
                assert node.uplink._session is not None
                assert node.uplink._session._feeder is not None
                node.uplink._session._feeder._pacing.rate_bytes_s = 40_000
                node.uplink._session.news("health")  # it had meant to look again much later
                await node.drained()
                lasted_s = time.monotonic() - began
                assert lasted_s > 2.5, "380 kB with a burst of 256 kB at 40 kB/s take their time"
                order = [a[2] for a in center.arrived if a[1] == "health"]
                later = sum(map(len, order[order.index((live,)) + 1 :]))
                assert later > outbox_records / 20, "most of a second's backlog, at least, came after the live one"

    asyncio.run(story())


def _until(condition: "object") -> None:
    deadline = time.monotonic() + 30
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _noise(size: int, seed: int) -> str:
    import random

    return random.Random(seed).randbytes(size // 2).hex()


def _births(center: "object") -> int:
    return sum(state.reason == "birth" for state in center.states)  # type: ignore[attr-defined]


def _last_error(node: "object") -> str:
    error = node.uplink.status()["last_error"]  # type: ignore[attr-defined]
    return error["code"] if error else ""


def _explode(*_: object) -> None:
    raise RuntimeError("in the middle of a session")


def _connect_as_node(rig: Rig) -> paho.Client:
    context: ssl.SSLContext = rig.broker.tls_context(rig.config.credentials)
    thief = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=NODE, protocol=paho.MQTTProtocolVersion.MQTTv5)
    thief.tls_set_context(context)
    thief.connect("127.0.0.1", rig.broker.port, 30)
    thief.loop_start()
    return thief
