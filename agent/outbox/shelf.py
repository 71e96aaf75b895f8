"""What every part of the outbox stands on: the open file, the lock, one transaction at a time, recovery from damage."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from agent.core.clock import Stamp
from agent.outbox import files, ledger, opening, upkeep
from agent.outbox.config import OutboxConfig
from agent.outbox.draft import Draft, drafting
from agent.outbox.errors import OutboxError
from agent.outbox.held import Held, renumbered

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound="Shelf")


def locked(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """One caller at a time; on a damaged file, recover once and try again."""

    @wraps(method)
    def call(outbox: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with outbox.lock:
            try:
                return method(outbox, *args, **kwargs)
            except OutboxError as error:
                if error.code != "corrupt":
                    raise
                outbox.recover(error.detail)
                return method(outbox, *args, **kwargs)

    return call


class Shelf:
    """The state of an open outbox. What is done with it stands in `Accepting`, `LettingGo` and `Looking`."""

    def __init__(self, directory: Path, opened: opening.Opened, config: OutboxConfig, stamp: Stamp) -> None:
        self.directory = directory
        self.config = config
        self.lock = threading.RLock()
        self._opened = opened
        self._folder = directory / files.FOLDER
        self._waiting: list[Held] = []
        self._stamp = stamp
        self._upkeep = upkeep.Upkeep(stamp.mono_ms)
        self._last_rejection = ""

    @property
    def epoch(self) -> str:
        """The present epoch; it changes with `new_epoch` and when a damaged file was replaced."""
        return self._opened.epoch

    @property
    def last_life(self) -> Stamp | None:
        """When the newest health report found at opening was made; None in a new outbox."""
        return self._opened.newest

    def recover(self, detail: str) -> None:
        """The file turned out to be damaged: go on with a new one."""
        with self.lock:
            with suppress(OutboxError):  # a damaged file may refuse even that
                self._opened.db.close()
            self._opened = opening.replace_damaged(self.directory, self._opened.board, self._stamp, detail)
            head = self._opened.memory.lanes["health"].head
            self._waiting = [renumbered(held, head + 1 + index) for index, held in enumerate(self._waiting)]
            self._upkeep = upkeep.Upkeep(self._stamp.mono_ms)

    def _insert_waiting(self, draft: Draft) -> None:
        for held in self._waiting:
            draft.insert("health", held)

    def _drafting(self) -> AbstractContextManager[Draft]:
        return drafting(self._opened.db, self._opened.memory)

    def _bury(self, stream: str, seq: int, code: str, stamp: Stamp, held: Held | None) -> None:
        with self._drafting() as draft:
            ledger.bury(draft, stream, seq, held, code=code, epoch=self.epoch, stamp=stamp)
