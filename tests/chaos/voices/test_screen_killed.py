"""The kiosk's screen and the agent behind it die by kill -9 while citizens fill in forms: a receipt is a promise."""

import random
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.chaos.voices.run import Options, Run, running
from tests.support.city import Program
from tests.support.ports import free_port
from tests.support.processes import wait_until
from tests.support.voice_visitor import LostError, ScreenVisitor

pytestmark = [pytest.mark.full, pytest.mark.broker, pytest.mark.timeout(500)]
KILLS, CITIZENS = 6, 3


@dataclass
class Told:
    """What citizens read on receipts; `tried`: everything anybody began to hand in."""

    receipts: dict[str, tuple[str, str]] = field(default_factory=dict)
    tried: set[str] = field(default_factory=set)
    lost: int = 0


def citizens(base: str, told: Told, number: int, stop: threading.Event) -> None:
    """One after the other, each with words of their own; who is left without a receipt goes home."""
    visitor = ScreenVisitor(base)
    chance = random.Random(number)
    while not stop.is_set():
        text = f"Warga {number}-{chance.getrandbits(48):012x}: lampu padam"
        told.tried.add(text)
        try:
            told.receipts[text] = visitor.hand_in(text)
        except LostError:
            told.lost += 1
            time.sleep(0.05)


def test_every_receipt_that_was_shown_is_at_the_centre_once_whatever_is_killed(tmp_path: Path) -> None:
    with running(Options(seed=7, real=False, boxes=1), tmp_path) as this:
        box, port, told, stop = this.boxes[0], free_port(), Told(), threading.Event()
        config = tmp_path / "screen.toml"
        config.write_text(
            f'[node]\nid = "{box.node}"\nrun_dir = "{box.run_dir}"\n[uplink]\nhost = "127.0.0.1"\n'
            f"[kiosk.web]\nport = {port}\n"
        )
        screen = Program(tmp_path / "screen.log", "agent.cli", "kiosk", "--config", str(config))
        screen.start()
        people = [
            threading.Thread(target=citizens, args=(f"http://127.0.0.1:{port}", told, number, stop), daemon=True)
            for number in range(CITIZENS)
        ]
        try:
            for one in people:
                one.start()
            _kill_and_kill(this, screen, told)
        finally:
            stop.set()
            for one in people:
                one.join(120)
            screen.stop(signal.SIGKILL)
        assert not any(one.is_alive() for one in people)
        wait_until(lambda: box.waiting() == 0, "the box to hand over what it holds", 120)
        _judge(this, told)


def _kill_and_kill(this: Run, screen: Program, told: Told) -> None:
    chance, box = random.Random(7), this.boxes[0]
    for number in range(KILLS):
        before = len(told.receipts)
        wait_until(lambda before=before: len(told.receipts) >= before + 3, "receipts", 120)  # type: ignore[misc]
        time.sleep(chance.random() * 0.3)  # somewhere on somebody's way, or in the middle of handing in
        if number % 2:
            box.kill()
            box.start()
        else:
            screen.stop(signal.SIGKILL)
            lost = told.lost
            wait_until(lambda lost=lost: told.lost > lost, "somebody to feel it", 120)  # type: ignore[misc]
            screen.start()
    before = len(told.receipts)
    wait_until(lambda: len(told.receipts) >= before + 3, "receipts after the last kill", 120)


def _judge(this: Run, told: Told) -> None:
    desk = this.town.desk()
    assert desk.problems == []
    rows = [held for rows in desk.by_id.values() for held in rows]
    there = Counter(held.content["text"] for held in rows)
    assert max(there.values()) == 1, "nothing is there twice"
    assert set(there) <= told.tried, "nothing is there that nobody said"
    opened = {held.content["text"]: (held.code, held.pin) for held in rows}
    assert {text: opened.get(text) for text in told.receipts} == told.receipts, "what receipts promised"
    assert told.lost >= KILLS // 2, "the kills were felt"
    assert len(told.receipts) >= 3 * KILLS
