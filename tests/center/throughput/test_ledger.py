"""The day's bytes on disk when a stream ends in the middle of a save."""

import asyncio
import threading
from pathlib import Path

import pytest

from center.throughput import ledger as ledgers
from center.throughput.ledger import TransferLedger, read_state

NODE = "kel-3673011001"
LIMIT = 100_000


def test_a_save_given_up_while_the_disk_hung_does_not_undo_the_last_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, let_go = threading.Event(), threading.Event()
    write = ledgers.write_atomic

    def hang_once(path: Path, content: bytes, mode: int) -> None:
        if not reached.is_set():
            reached.set()
            assert let_go.wait(60)
        write(path, content, mode)

    monkeypatch.setattr(ledgers, "write_atomic", hang_once)

    async def story() -> None:
        ledger = TransferLedger(tmp_path, LIMIT)
        asked = asyncio.create_task(ledger.spend(NODE, 60_000))
        await asyncio.to_thread(reached.wait, 60)
        asked.cancel()
        await asyncio.wait([asked])
        given_back = asyncio.create_task(ledger.spend(NODE, -60_000))
        await asyncio.sleep(0.2)
        let_go.set()
        await given_back

    asyncio.run(story())  # it waits for the threads, too
    assert read_state(tmp_path) == {}, "nothing was used"


def test_a_save_that_comes_to_its_turn_late_is_left_out(tmp_path: Path) -> None:
    ledger = TransferLedger(tmp_path, LIMIT)
    ledger._save(b'{"kel-3673011001":{"1":7}}', 2)
    ledger._save(b'{"kel-3673011001":{"1":60000}}', 1)
    assert read_state(tmp_path) == {NODE: {1: 7}}
