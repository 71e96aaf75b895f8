"""kill -9 in the middle of everything: what a citizen was told is accepted is there, once."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.support.kiosk_box import Kiosk, a_request

ROUNDS = 6
ROOT = Path(__file__).resolve().parents[3]


def test_each_ticket_given_out_before_a_kill_is_in_the_outbox_exactly_once(tmp_path: Path) -> None:
    promised: dict[int, dict[str, object]] = {}
    dice = random.Random(5)
    for _ in range(ROUNDS):
        promised |= _until_killed(tmp_path, max(promised, default=0), dice.uniform(0.05, 0.4))
    kiosk = Kiosk(tmp_path)
    try:
        asyncio.run(_settled(kiosk))
        ids = [complaint.service_request_id for complaint in kiosk.complaints()]
        texts = [kiosk.opened(complaint)["text"] for complaint in kiosk.complaints()]
        assert len(promised) >= ROUNDS
        assert {ticket["service_request_id"] for ticket in promised.values()} <= set(ids)
        assert len(ids) == len(set(ids)) and len(texts) == len(set(texts)), "nothing is counted twice"
        assert kiosk.intake.store.counts()["pending"] == 0
        for number in (min(promised), max(promised)):
            again = asyncio.run(_handed_in_again(kiosk, number))
            assert {key: again[key] for key in ("code", "pin")} == {
                key: promised[number][key] for key in ("code", "pin")
            }
    finally:
        kiosk.abandon()


def _until_killed(directory: Path, first: int, after_s: float) -> dict[int, dict[str, object]]:
    """Tickets whose whole line came out before SIGKILL, which comes some time after the first of them."""
    command = [sys.executable, "-m", "tests.support.kiosk_that_dies", str(directory), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        time.sleep(after_s)
        os.kill(process.pid, signal.SIGKILL)
        lines += process.stdout.readlines()
    tickets = [json.loads(line) for line in lines if line.endswith(b"\n")]
    return {ticket["number"]: ticket for ticket in tickets}


async def _settled(kiosk: Kiosk) -> None:
    task = asyncio.create_task(kiosk.intake.run())
    async with asyncio.timeout(30):
        while (await kiosk.intake.status())["pending"]:  # noqa: ASYNC110 - a row in a database
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])


async def _handed_in_again(kiosk: Kiosk, number: int) -> dict[str, object]:
    kiosk.intake._lock = asyncio.Lock()
    return await kiosk.intake.submit(a_request() | {"client_id": f"{number:032}", "text": f"Keluhan {number}"})
