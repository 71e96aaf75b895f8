"""The parts together, on real disks: what a box says of itself when its disk takes no report."""

import asyncio
from pathlib import Path

import pytest

from agent.config import load
from agent.opening import opened
from tests.support.agent_box import AgentBox
from tests.support.loop_disk import LoopDisk, why_not
from wire.bodies import StopNotice


@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_the_warnings_of_a_card_that_turned_read_only_stand_for_the_birth_to_tell(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(load(box.config)) as parts:
            await parts.selfcheck.check()
            await parts.events.file("start", parts.start_notice())
            assert parts.standing() == ()
            card.fail_read_only()
            assert await parts.events.file("stop", StopNotice("SIGTERM")) is False
            await parts.selfcheck.check()
            assert "outbox_readonly" in parts.standing()

    with LoopDisk(tmp_path, options="errors=remount-ro") as card:
        box = AgentBox(tmp_path)
        box.config.write_text(box.config.read_text().replace('"data"', f'"{card.path}"'))
        asyncio.run(scenario())
