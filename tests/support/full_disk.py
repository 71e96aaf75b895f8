"""A disk without any room, for tests that are not about the disk itself; those fill a real one."""

import pytest

from agent.outbox import Outbox, files, reserve
from wire.shape import replace


def fill_disk(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on nothing is free and the reserve is used up, however large the disk of this machine is."""
    monkeypatch.setattr(outbox, "config", replace(outbox.config, reserve_mb=64))
    monkeypatch.setattr(files, "free_bytes", lambda _: 0)
    monkeypatch.setattr(reserve, "held_bytes", lambda _: 0)
