"""The door for commands: nothing behind it is loaded before there is something to do; what is forged is counted."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from agent.commanddoor import QUIET_S, CommandDoor, _unsettled
from agent.config import load
from agent.opening import opened
from agent.parts import Parts
from tests.support.agent_box import AgentBox
from tests.support.command_box import Signing
from wire.keys import key_line
from wire.messages import Downlink


@pytest.fixture
def box(in_memory: Path) -> AgentBox:
    made = AgentBox(in_memory)
    (in_memory / "command.pub").write_text(key_line(Signing().public))
    return made


def command(ident: str, name: str, nonce: str) -> Downlink:
    return Signing().command(ident, name, nonce=nonce, expires_ms=2**50)


async def until(condition: Any) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - whatever it asks
            await asyncio.sleep(0.01)


def has_runner(door: CommandDoor) -> bool:
    return door._runner is not None


def test_the_runner_is_made_for_the_first_command_and_takes_it(box: AgentBox, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(parts: Parts) -> None:
        door = parts.commands
        running = asyncio.create_task(door.run())
        assert not _unsettled(box.data_dir / "commands")
        assert not has_runner(door)
        monkeypatch.setattr(type(parts.uplink), "nonce", property(lambda _: "n-1"))
        assert await parts._on_downlink("command", command("c-1", "fly", "n-1")) == "rejected"
        assert await parts._on_downlink("command", command("c-2", "fly", "n-0")) == ""
        assert has_runner(door)
        assert (await door.status())["keys"] == 1
        shown = await parts.operations()["commands"]({})
        assert [row["id"] for row in shown["commands"]] == ["c-1"]  # type: ignore[attr-defined]
        running.cancel()
        await asyncio.wait({running})
        with pytest.raises(TimeoutError):
            monkeypatch.setattr("agent.commanddoor.OPENING_S", 0.01)
            await parts._on_downlink("command", command("c-3", "fly", "n-1"))

    asyncio.run(in_parts(box, story))


async def in_parts(box: AgentBox, story: Any) -> None:
    async with opened(load(box.config)) as parts:
        await story(parts)


def test_what_an_earlier_run_left_is_settled_without_waiting_for_a_command(box: AgentBox) -> None:
    async def settle(parts: Parts) -> None:
        running = asyncio.create_task(parts.commands.run())
        await until(lambda: has_runner(parts.commands) and all(e.told for e in parts.commands._entries()))
        running.cancel()
        await asyncio.wait({running})

    (box.data_dir / "commands").mkdir(parents=True)
    (box.data_dir / "commands" / "c-9.json").write_bytes(b'{"id":"c-9"')
    assert _unsettled(box.data_dir / "commands")
    asyncio.run(in_parts(box, settle))
    assert not _unsettled(box.data_dir / "commands"), "all is told: the next life loads nothing for it"
    assert (box.data_dir / "commands" / "c-9.json.damaged").exists()


def test_what_is_forged_is_counted_and_forgotten_an_hour_after_the_last(box: AgentBox) -> None:
    async def story(parts: Parts) -> None:
        now_s = 1000.0
        parts.clock.mono_s = lambda: now_s  # type: ignore[method-assign]
        door = parts.commands
        assert door.conditions() == {}
        for code in ("bad_signature", "bad_signature", "undecodable"):
            door.forged(code)
        parts._on_undecodable("reply")
        assert door.conditions() == {"command_forged": "3 (2 bad_signature, 1 undecodable)"}
        assert "command_forged" in await parts.conditions.gather()
        now_s += QUIET_S
        parts._on_undecodable("config")
        assert door.conditions() == {"command_forged": "4 (2 bad_signature, 2 undecodable)"}
        now_s += QUIET_S + 1
        assert door.conditions() == {}
        door.forged("no_keys")
        assert door.conditions() == {"command_forged": "1 (1 no_keys)"}

    asyncio.run(in_parts(box, story))
