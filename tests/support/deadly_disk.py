"""kill -9 for the commands of a node, in one process: from the chosen step on the disk on, nothing is done any more.

Steps are what makes something durable: writing a command's file, filing an event, filing an end under its mark, and
whatever a test adds.
"""

from collections.abc import Callable
from typing import Any

import pytest

from agent.commands import store
from agent.outbox import Outbox


class Killed(BaseException):
    """The process is gone."""


class Deadly:
    """Counts steps; the chosen one is not done any more, nor is any after it."""

    def __init__(self) -> None:
        self.count = 0
        self.dies_at = -1
        self._over = False

    def begin(self, dies_at: int) -> None:
        """A new life; -1: it does not die on the disk."""
        self.count, self.dies_at, self._over = 0, dies_at, False

    @property
    def dead(self) -> bool:
        return self._over or 0 <= self.dies_at < self.count

    def end(self, *_: object) -> None:
        """The process ends here, by its own wish."""
        self._over = True
        raise Killed

    def step(self, work: Callable[..., Any], *given: Any, **named: Any) -> Any:
        self.count += 1
        if self.dead:
            raise Killed
        return work(*given, **named)

    def watch(self, monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> None:
        """What is a step as well."""
        work = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda *a, **k: self.step(work, *a, **k))


def deadly_disk(monkeypatch: pytest.MonkeyPatch) -> Deadly:
    """With the steps of every command."""
    found = Deadly()
    for owner, name in ((store, "write_durably"), (Outbox, "append"), (Outbox, "append_once")):
        found.watch(monkeypatch, owner, name)
    return found
