"""What comes down to a node: acted on once, answered each time, and whose handler may fail."""

import asyncio
import json

import pytest

from tests.agent.uplink.conftest import NODE, Rig
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
