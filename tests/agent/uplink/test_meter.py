"""The day's ledger on disk when the stop comes in the middle of a save."""

import asyncio
import threading
from pathlib import Path

import msgspec
import pytest

from agent.clock import Clock
from agent.core.budget import Ledger
from agent.uplink import meter as meters
from agent.uplink.dial import AddressBook
from agent.uplink.meter import FILE, Meter

LIMIT = 1024 * 1024


def test_a_lease_given_up_while_the_disk_hung_does_not_undo_the_last_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, let_go = threading.Event(), threading.Event()
    write = meters.write_durably

    def hang_once(path: Path, content: bytes) -> None:
        if not reached.is_set():
            reached.set()
            assert let_go.wait(60)
        write(path, content)

    monkeypatch.setattr(meters, "write_durably", hang_once)

    async def story() -> None:
        meter = Meter(LIMIT, tmp_path, Clock(), AddressBook("127.0.0.1", 1), report_every_s=30)
        lease = asyncio.create_task(meter.lease(50_000))
        await asyncio.to_thread(reached.wait, 60)
        lease.cancel()
        closing = asyncio.create_task(meter.close())
        await asyncio.sleep(0.2)
        let_go.set()
        await closing

    asyncio.run(story())
    for thread in threading.enumerate():
        if thread.name == "uplink-budget":
            thread.join(60)
    kept = msgspec.json.decode((tmp_path / FILE).read_bytes(), type=Ledger)
    assert kept.used_bytes == 0, "exact, not what was leased"


def test_a_save_that_comes_to_its_turn_late_is_left_out(tmp_path: Path) -> None:
    meter = Meter(LIMIT, tmp_path, Clock(), AddressBook("127.0.0.1", 1), report_every_s=30)
    meter._write(Ledger(used_bytes=7), 2)
    meter._write(Ledger(used_bytes=50_000), 1)
    assert msgspec.json.decode((tmp_path / FILE).read_bytes(), type=Ledger).used_bytes == 7
