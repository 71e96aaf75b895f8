"""The LED through the files the kernel offers: taken over, blinked, given back. (No board with a LED runs these tests;
the files are a copy of what a Raspberry Pi shows.)"""

import asyncio
import contextlib
from pathlib import Path

import pytest

from agent.core.blink import pattern
from agent.headless.led import Blinker, Led
from tests.support.agent_box import UNHURRIED, AgentBox, stop
from tests.support.processes import wait_until

TRIGGERS = "none kbd-scrolllock timer oneshot heartbeat [mmc0] default-on"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "ACT"
    path.mkdir()
    (path / "trigger").write_text(TRIGGERS + "\n")
    (path / "max_brightness").write_text("255\n")
    (path / "brightness").write_text("0\n")
    return path


def read(path: Path, name: str) -> str:
    return (path / name).read_text().strip()


def test_it_is_taken_over_and_given_back(folder: Path) -> None:
    led = Led(folder)
    led.open()
    assert read(folder, "trigger") == "none"
    led.light(True)
    assert read(folder, "brightness") == "255"
    led.close()
    assert (read(folder, "trigger"), read(folder, "brightness")) == ("mmc0", "0")


@pytest.mark.parametrize(("left", "back"), [("[none] mmc0", "mmc0"), ("mmc0 [pattern]", "mmc0"), ("[none]", "none")])
def test_what_a_killed_run_left_behind_is_not_taken_for_the_usual(folder: Path, left: str, back: str) -> None:
    (folder / "trigger").write_text(left)
    led = Led(folder)
    led.open()
    led.close()
    assert read(folder, "trigger") == back


def test_a_kernel_that_blinks_by_itself_is_told_once_per_verdict(folder: Path) -> None:
    (folder / "trigger").write_text(f"{TRIGGERS} pattern")
    (folder / "pattern").write_text("")
    codes = iter(["L4", "L4", "OK"])

    async def scenario() -> list[str]:
        told: list[str] = []
        blinker = Blinker(folder, lambda: next(codes, "OK"))
        import agent.headless.led as module

        original, module.LOOK_EVERY_S = module.LOOK_EVERY_S, 0.01
        task = asyncio.create_task(blinker.run())
        try:
            while len(told) < 2:
                await asyncio.sleep(0.002)
                with contextlib.suppress(FileNotFoundError):
                    found = read(folder, "pattern")
                    if found and found not in told:
                        told.append(found)
        finally:
            module.LOOK_EVERY_S = original
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        return told

    told = asyncio.run(asyncio.wait_for(scenario(), 60))
    assert told[0] == "255 250 255 0 0 250 0 0 255 250 255 0 0 2000 0 0"
    assert told[1] == "255 60 255 0 0 3940 0 0"
    assert read(folder, "trigger") == "mmc0"


def test_a_kernel_that_takes_no_pattern_from_this_user_is_not_asked_to(folder: Path) -> None:
    (folder / "trigger").write_text(f"{TRIGGERS} pattern")  # the file that comes with the trigger is not for us
    led = Led(folder)
    led.open()
    assert not led.by_kernel
    assert read(folder, "trigger") == "none"
    led.close()


def test_elsewhere_it_is_blinked_by_hand_and_moves(folder: Path) -> None:
    async def scenario() -> tuple[set[str], int]:
        blinker = Blinker(folder, lambda: "L1")
        seen: set[str] = set()
        task = asyncio.create_task(blinker.run())
        while blinker.progress.mark() < 1:  # type: ignore[operator]
            await asyncio.sleep(0.02)
            seen.add(read(folder, "brightness"))
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return seen, pattern("L1").length_ms

    seen, length_ms = asyncio.run(asyncio.wait_for(scenario(), 60))
    assert {"0", "255"} <= seen
    assert length_ms == 2250


def test_the_agent_blinks_when_it_is_told_to_and_leaves_the_led_as_it_was(tmp_path: Path, folder: Path) -> None:
    box = AgentBox(tmp_path / "box" if (tmp_path / "box").mkdir() is None else tmp_path, more=led(folder))
    with box.running(*UNHURRIED) as agent:
        wait_until(lambda: read(folder, "trigger") == "none", "the LED to be taken over")
        stop(agent)
    assert read(folder, "trigger") == "mmc0"


def test_a_board_without_that_led_is_told_as_a_failing_plugin_and_nothing_else(tmp_path: Path) -> None:
    box = AgentBox(tmp_path, more=led(tmp_path / "nothing"))
    with box.running():
        wait_until(
            lambda: any(plugin["name"] == "led" and plugin["error"] for plugin in box.status()["plugins"]),
            "the failure",
        )
        others = [plugin for plugin in box.status()["plugins"] if plugin["name"] != "led"]
        assert not any(plugin["error"] for plugin in others)


def led(path: Path) -> str:
    return f'[led]\nenabled = true\npath = "{path}"'
