"""The parts together: what a box says of itself when its disk takes no report, and what the broker told its uplink."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from agent.config import load
from agent.opening import opened
from tests.support.agent_box import NODE, AgentBox
from tests.support.broker import other_rules, running_broker
from tests.support.loop_disk import LoopDisk, why_not
from wire.bodies import StopNotice


@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_the_warnings_of_a_card_that_turned_read_only_stand_for_the_birth_to_tell(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(load(box.config)) as parts:
            await parts.selfcheck.check()
            await parts.events.file("start", parts.start_notice())
            assert parts.conditions.standing() == ()
            card.fail_read_only()
            assert await parts.events.file("stop", StopNotice("SIGTERM")) is False
            await parts.selfcheck.check()
            assert "outbox_readonly" in parts.conditions.standing()

    with LoopDisk(tmp_path, options="errors=remount-ro") as card:
        box = AgentBox(tmp_path)
        box.config.write_text(box.config.read_text().replace('"data"', f'"{card.path}"'))
        asyncio.run(scenario())


@pytest.mark.broker
def test_the_broker_probe_tells_why_the_uplink_was_refused(tmp_path: Path) -> None:
    """It opens no session of its own beside the uplink's, so this is the only way it can know."""

    async def scenario() -> None:
        async with opened(load(box.config)) as parts, asyncio.TaskGroup() as group:
            running = [group.create_task(start()) for start in parts.core().values()]
            running.append(group.create_task(parts.plugins()["probes"].start()))
            deadline = asyncio.get_running_loop().time() + 60
            while not (found := refused(parts.probes.known.snapshot()["probes"])):
                assert asyncio.get_running_loop().time() < deadline, parts.probes.known.snapshot()
                await asyncio.sleep(0.1)
            assert found[0]["detail"]["reason_name"] == "Not authorized"
            for task in running:
                task.cancel()

    def refused(rows: object) -> list[dict[str, Any]]:
        assert isinstance(rows, list)
        return [row for row in rows if row["reason"] == "mqtt_refused"]

    rules = ("require_certificate true", "allow_anonymous false")
    with running_broker(tmp_path) as broker, other_rules(broker, tmp_path, *rules) as port:
        quick = "[probes.broker]\ntimeout_s = 0.5\ninterval_s = 6\n"
        box = AgentBox(tmp_path, port=port, credentials=broker.issue_node(NODE), more=quick)
        asyncio.run(scenario())
