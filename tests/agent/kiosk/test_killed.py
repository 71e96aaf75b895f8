"""kill -9 in the middle of everything: what a citizen was told is accepted is there, once."""

import asyncio
import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from nacl.public import SealedBox
from PIL import Image

from tests.support.kiosk_box import Kiosk
from tests.support.kiosk_that_dies import PHOTO_EVERY, request_of
from wire import attachment

ROUNDS = 6
ROOT = Path(__file__).resolve().parents[3]


def test_each_ticket_given_out_before_a_kill_is_in_the_outbox_exactly_once(tmp_path: Path) -> None:
    promised: dict[int, dict[str, object]] = {}
    dice = random.Random(5)
    for _ in range(ROUNDS):
        promised |= _until_killed(tmp_path, max(promised, default=0), dice.uniform(0.05, 0.9))
    kiosk = Kiosk(tmp_path)
    try:
        asyncio.run(_settled(kiosk))
        ids = [complaint.service_request_id for complaint in kiosk.complaints()]
        texts = [kiosk.opened(complaint)["text"] for complaint in kiosk.complaints()]
        assert len(promised) >= ROUNDS
        _judge_photos(kiosk, promised)
        assert {ticket["service_request_id"] for ticket in promised.values()} <= set(ids)
        assert len(ids) == len(set(ids)) and len(texts) == len(set(texts)), "nothing is counted twice"
        assert kiosk.intake.store.counts()["pending"] == 0
        for number in (min(promised), max(promised)):
            again = asyncio.run(_handed_in_again(kiosk, promised[number]))
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


def _judge_photos(kiosk: Kiosk, promised: dict[int, dict[str, object]]) -> None:
    """Each promised photo is in the outbox, once, with its own complaint; it can be told by its size."""
    of_ticket = {str(ticket["service_request_id"]): number for number, ticket in promised.items()}
    found: list[int] = []
    for row in kiosk.outbox.page("attachment", 0, 10_000_000):
        sent = attachment.unpack(kiosk.outbox.read_file("attachment", row) or b"")
        with Image.open(io.BytesIO(SealedBox(kiosk.private_key).decrypt(sent.sealed))) as image:
            number = image.width - 8
        found.append(number)
        assert of_ticket.get(sent.record.service_request_id, number) == number
    assert len(found) == len(set(found)), "no photo is sent twice"
    assert {number for number in promised if number % PHOTO_EVERY == 0} <= set(found)
    assert (kiosk.directory / "kiosk-photos").is_dir() == bool(found)


async def _settled(kiosk: Kiosk) -> None:
    task = asyncio.create_task(kiosk.intake.run())
    async with asyncio.timeout(120):
        while (await kiosk.intake.status())["pending"] or kiosk.intake.rounds == 0:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])


async def _handed_in_again(kiosk: Kiosk, ticket: dict[str, object]) -> dict[str, object]:
    kiosk.intake.lock = asyncio.Lock()
    number, named = ticket["number"], ticket["named"]
    return await kiosk.intake.submit(request_of(number, named))  # type: ignore[arg-type]
