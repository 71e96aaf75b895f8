"""Outboxes in temporary folders, and what tests of them need to say often."""

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.fakes import FakeClock
from agent.outbox import Outbox, OutboxConfig, OutboxError, open_outbox

EVERYTHING = 10**9


class Box:
    """An outbox that can be closed, or left as a crash leaves it, and opened again."""

    def __init__(self, directory: Path, config: OutboxConfig) -> None:
        self.directory = directory
        self.config = config
        self.clock = FakeClock()
        self.board = "board-1"
        self.outbox = self.open()

    def open(self) -> Outbox:
        return open_outbox(self.directory, self.board, self.clock.stamp(), self.config)

    def reopen(self) -> Outbox:
        self.outbox.close()
        self.outbox = self.open()
        return self.outbox

    def crash(self) -> Outbox:
        """As kill -9: nothing is flushed, the files stay as they are, the lock goes."""
        self.outbox._opened.db._connection.close()
        self.outbox = self.open()
        return self.outbox

    def add(self, stream: str, **body: object) -> int:
        kind = {"complaint": "complaint", "event": "reach", "health": "report"}[stream]
        return self.outbox.append(stream, kind, json.dumps(body).encode(), self.clock.stamp())

    def add_file(self, stream: str, content: bytes) -> int:
        return self.outbox.append_file(stream, stream, lambda seq, epoch: content, self.clock.stamp())

    def waiting(self, stream: str) -> list[int]:
        """Numbers that would be offered to the centre."""
        return [held.record.seq for held in self.outbox.page(stream, 0, EVERYTHING, 10**6)]

    def bodies(self, stream: str) -> list[dict[str, object]]:
        return [json.loads(bytes(held.record.body)) for held in self.outbox.page(stream, 0, EVERYTHING, 10**6)]

    def ledger(self) -> list[dict[str, object]]:
        """Gap entries that name lost records."""
        rows = self.outbox.page("event", 0, EVERYTHING, 10**6)
        gaps = [json.loads(bytes(held.record.body)) for held in rows if held.record.kind == "gap"]
        return [gap for gap in gaps if gap["count"]]

    def ack(self, stream: str, *pairs: tuple[int, int]) -> int:
        return self.outbox.acknowledge(self.outbox.epoch, stream, pairs)


@pytest.fixture
def make_box(tmp_path: Path) -> Iterator[Callable[..., Box]]:
    made: list[Box] = []

    def make(**values: object) -> Box:
        made.append(Box(tmp_path / f"outbox-{len(made)}", OutboxConfig(**values)))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for box in made:
        with contextlib.suppress(OutboxError):
            box.outbox.close()


@pytest.fixture
def box(make_box: Callable[..., Box]) -> Box:
    return make_box()


def numbers_of(gaps: list[dict[str, object]], stream: str) -> set[int]:
    """The numbers of a stream that entries of the ledger speak of."""
    return {n for gap in gaps if gap["stream"] == stream for n in range(gap["first"], gap["last"] + 1)}  # type: ignore[call-overload]
