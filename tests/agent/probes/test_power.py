"""The supply as a board's files tell it."""

import asyncio
from pathlib import Path

import pytest

from agent.core.observation import Observation, Reason
from agent.throttling import read_throttled
from tests.support.probe_once import observe_here

FIXTURES = Path(__file__).parents[1] / "health" / "fixtures"


def run(root: Path) -> Observation:
    return asyncio.run(observe_here("power", root=root))


@pytest.mark.parametrize(
    ("board", "ok", "bits", "since_boot"),
    [("pi4", True, 0x50000, True), ("cm4", True, 0, False), ("pi5", False, 0x50005, True), ("zero2w", False, 1, True)],
)
def test_low_voltage_now_is_a_fault_and_earlier_is_told(board: str, ok: bool, bits: int, since_boot: bool) -> None:
    seen = run(FIXTURES / board)
    assert (seen.ok, seen.reason) == (ok, Reason.NONE if ok else Reason.UNDERVOLTAGE)
    assert seen.detail == {"throttled": bits, "since_boot": since_boot}


@pytest.mark.parametrize("board", ["pc", "virtual_machine"])
def test_a_board_that_does_not_say_is_no_target(board: str) -> None:
    seen = run(FIXTURES / board)
    assert (seen.ok, seen.reason) == (False, Reason.NO_TARGET)


@pytest.mark.parametrize("junk", [b"", b"\0", b"\xff\xfe", b"zzz", b"0x", b"-1", b"1" * 500])
def test_junk_is_no_reading(tmp_path: Path, junk: bytes) -> None:
    file = tmp_path / "sys/devices/platform/soc/soc:firmware/get_throttled"
    file.parent.mkdir(parents=True)
    file.write_bytes(junk)
    assert read_throttled(tmp_path) is None
    assert run(tmp_path).reason is Reason.NO_TARGET
