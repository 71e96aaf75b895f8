"""Records the centre refuses: found by halving, buried one by one, and never all of them."""

import asyncio
import json

import pytest

from tests.agent.uplink.conftest import Rig

pytestmark = pytest.mark.broker


def test_a_poison_record_is_found_by_halving_and_the_others_arrive(rig: Rig) -> None:
    async def story() -> None:
        with rig.center() as center:
            center.is_poison = lambda body: b"poison" in body
            async with rig.node() as node:
                for number in range(40):
                    await node.file("health", "report", text="poison" if number == 23 else "fine", number=number)
                await node.writer.flush()
                await node.drained()
                numbers = sorted(json.loads(row[3])["number"] for row in center.rows("health"))
                assert numbers == [number for number in range(40) if number != 23]
                gaps = [json.loads(row[3]) for row in center.rows("event") if row[2] == "gap"]
                assert [(gap["stream"], gap["first"], gap["last"], gap["count"]) for gap in gaps] == [
                    ("health", 24, 24, 1)
                ]
                assert "refused: schema" in gaps[0]["reason"]
                assert (await node.writer.status())["dead"] == 1

    asyncio.run(story())


def test_a_refusal_that_is_not_about_records_buries_nothing(rig: Rig) -> None:
    async def story() -> None:
        with rig.center() as center:
            center.is_poison = lambda body: True
            center.refuse_code = "version"
            async with rig.node() as node:
                await node.file("complaint", "complaint", text="tetap ada")
                await node.until(lambda: center.refused >= 2, "refusals")
                await asyncio.sleep(0.2)
                assert (await node.pending())["complaint"] == 1
                assert (await node.writer.status())["dead"] == 0

    asyncio.run(story())


def test_a_centre_that_refuses_everything_does_not_make_the_node_bury_everything(rig: Rig) -> None:
    async def story() -> None:
        with rig.center() as center:
            center.is_poison = lambda body: b"number" in body
            async with rig.node() as node:
                await node.file_reports(64)
                await node.until(lambda: node.writer.outbox.status()["dead"] == 20, "twenty burials")
                await asyncio.sleep(0.3)
                assert (await node.writer.status())["dead"] == 20
                assert (await node.pending())["health"] == 44

    asyncio.run(story())
