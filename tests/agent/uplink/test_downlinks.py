"""What comes down to a node: acted on once, answered each time, and whose handler may fail."""

import asyncio
import json

import pytest

from tests.agent.uplink.conftest import NODE, Rig
from wire.codec import MAX_CONTROL_BYTES, encode
from wire.messages import Downlink

pytestmark = pytest.mark.broker


def test_downlinks_are_acted_on_once_and_each_time_answered(rig: Rig) -> None:
    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained()
                center.send(NODE, "reply", b"\xff not a downlink")
                for _ in range(2):
                    center.send(NODE, "reply", Downlink(1, "d-1", "g1", 1, _raw({"text": "sudah"})))
                await node.until(lambda: len(_receipts(center)) == 2, "two receipts")
                assert [(leaf, downlink.id) for leaf, downlink in rig.downlinks] == [("reply", "d-1")]
                assert {(r["id"], r["outcome"]) for r in _receipts(center)} == {("d-1", "done")}
            async with rig.node() as node:  # also after a restart
                await node.until(lambda: node.uplink.connected, "the connection")
                center.send(NODE, "reply", Downlink(1, "d-1", "g1", 1, _raw({"text": "sudah"})))
                await node.until(lambda: len(_receipts(center)) == 3, "a third receipt")
                assert len(rig.downlinks) == 1

    asyncio.run(story())


def test_a_handler_that_fails_neither_wedges_nor_closes_the_downlink(rig: Rig) -> None:
    calls: list[str] = []

    async def fail_first(_: str, downlink: Downlink) -> str:
        calls.append(downlink.id)
        if len(calls) == 1:
            raise ValueError("not today")
        return "done"

    async def story() -> None:
        with rig.center() as center:
            async with rig.node(fail_first) as node:
                await node.drained()
                for _ in range(2):
                    center.send(NODE, "notice", Downlink(1, "n-1", "g1", 1, _raw({})))
                await node.until(lambda: len(_receipts(center)) == 1, "a receipt")
                assert calls == ["n-1", "n-1"]
                await node.file("complaint", "complaint", text="masih jalan")
                await node.drained()

    asyncio.run(story())


def _receipts(center: "object") -> list[dict[str, str]]:
    return [json.loads(row[3]) for row in center.rows("event") if row[2] == "receipt"]  # type: ignore[attr-defined]


def _raw(body: object) -> "object":
    import msgspec

    return msgspec.Raw(msgspec.json.encode(body))


def test_signed_leaves_are_judged_anew_each_time_and_an_empty_outcome_files_no_receipt(rig: Rig) -> None:
    seen: list[tuple[str, str]] = []

    async def judge(leaf: str, downlink: Downlink) -> str:
        seen.append((leaf, downlink.id))
        return "" if downlink.nonce == "forged" else "done"

    async def story() -> None:
        with rig.center() as center:
            async with rig.node(judge) as node:
                await node.drained()
                # Somebody who can publish, and cannot sign, under the id of a command that is still to come.
                center.send(NODE, "reply", Downlink(1, "c-1", "g1", 1, _raw({})))
                center.send(NODE, "command", Downlink(1, "c-1", "g1", 1, _raw({}), nonce="forged"))
                await node.until(lambda: len(seen) == 2, "both")
                for _ in range(2):
                    center.send(NODE, "command", Downlink(1, "c-1", "g1", 1, _raw({})))
                await node.until(lambda: len(_receipts(center)) == 3, "one of the reply, two of the command")
                assert seen == [("reply", "c-1")] + [("command", "c-1")] * 3

    asyncio.run(story())


def test_the_nonce_is_that_of_the_birth_the_centre_reads_and_gone_with_the_session(rig: Rig) -> None:
    async def story() -> None:
        with rig.center() as center:
            nonces: list[str] = []
            for _ in range(2):
                async with rig.node() as node:
                    assert node.uplink.nonce == ""
                    births = len(center.states)
                    await node.until(lambda: node.uplink.connected, "the connection")
                    nonces.append(node.uplink.nonce)
                    await node.until(lambda births=births: len(center.states) > births, "its birth")  # type: ignore[misc]
                    assert node.uplink.nonce in [state.nonce for state in center.states if state.status == "online"]
                assert node.uplink.nonce == ""
            assert len(set(nonces)) == 2

    asyncio.run(story())


def test_what_is_no_downlink_is_told_by_its_leaf(rig: Rig) -> None:
    told: list[str] = []
    good = encode(Downlink(1, "c-1", "g1", 1, _raw({"name": "ping"})))  # type: ignore[arg-type]

    async def story() -> None:
        with rig.center() as center:
            async with rig.node(on_undecodable=told.append) as node:
                await node.until(lambda: node.uplink.connected, "the connection")
                center.send(NODE, "command", good[:-7])
                center.send(NODE, "config", b"x" * (MAX_CONTROL_BYTES + 1))
                center.send(NODE, "command", good + good)
                await node.until(lambda: len(told) == 3, "all three")
                assert (sorted(told), rig.downlinks) == (["command", "command", "config"], [])

    asyncio.run(story())
