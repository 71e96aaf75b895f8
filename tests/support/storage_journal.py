"""Reading what a storage victim found at its start."""

import json
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.warm import Warm

VICTIM = "tests.support.storage_victim"
WITHIN_S = 60.0


@dataclass(frozen=True)
class Opening:
    """One `opened` line: the epoch, heads, [seq, key] per stream, and the epochs that the `epoch` events name."""

    epoch: str
    heads: dict[str, int]
    held: dict[str, list[tuple[int, str]]]
    predecessors: set[str]
    gaps: list[dict[str, object]]

    @property
    def keys(self) -> set[str]:
        """Contents of callers' records (the outbox's own events have no number)."""
        return {key for rows in self.held.values() for _, key in rows if not key.startswith("None:")}


def first_opening(warm: Warm, directory: Path, journal: Path) -> Opening:
    """Start a victim that only rests, read what it found, kill it. AssertionError when it did not open."""
    pid = warm.start(f"{VICTIM}:main", str(directory), str(journal), 1, "rest")
    try:
        deadline = time.monotonic() + WITHIN_S
        while time.monotonic() < deadline:
            lines = journal.read_bytes().splitlines(keepends=True) if journal.exists() else []
            if lines and lines[0].endswith(b"\n"):
                return _opening(lines[0])
            assert warm.alive(pid), f"the outbox in {directory} was not opened: see the victims' log"
            time.sleep(0.002)
        raise AssertionError(f"the outbox in {directory} was not opened within {WITHIN_S} s")
    finally:
        warm.kill(pid)


def _opening(line: bytes) -> Opening:
    _, what, epoch, heads, held, events = json.loads(line)
    assert what == "opened"
    rows = {stream: [(seq, key) for seq, key in found] for stream, found in held.items()}
    predecessors = {body["predecessor"] for kind, body in events if kind == "epoch" and body["predecessor"]}
    return Opening(epoch, heads, rows, predecessors, [body for kind, body in events if kind == "gap"])
