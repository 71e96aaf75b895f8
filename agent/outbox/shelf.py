"""What every part of the outbox stands on: the open file, the lock, one transaction at a time, recovery from damage."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from agent.core import reserve as arithmetic
from agent.core import retention
from agent.core.clock import Stamp
from agent.core.reasons import DISK
from agent.outbox import damage, files, ledger, opening, reserve, upkeep
from agent.outbox.config import MIB, OutboxConfig
from agent.outbox.database import LOG_BYTES
from agent.outbox.draft import Draft, drafting
from agent.outbox.errors import OutboxError
from agent.outbox.held import Held, renumbered

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound="Shelf")
RELIEVED_SHARE = 0.4
"""Below this share of its bound a stream gives nothing up any more: a step leaves half of it at the least."""


def locked(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """One caller at a time. On a damaged file, recover once and try again; on a full disk, with the reserve's help."""

    @wraps(method)
    def call(outbox: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with outbox.lock:
            try:
                return method(outbox, *args, **kwargs)
            except OutboxError as error:
                if error.code == "corrupt":
                    outbox.recover(error.detail)
                elif error.code != "disk_full" or not reserve.rescue(outbox.directory):
                    raise
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
        self._damage = damage.recall(opened.db, stamp.mono_ms)

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
            given_up = self._opened.memory.given_up
            self._opened = opening.replace_damaged(self.directory, self._opened.board, self._stamp, detail)
            for stream, count in given_up.items():
                self._opened.memory.given_up[stream] = self._opened.memory.given_up.get(stream, 0) + count
            self._damage = damage.recall(self._opened.db, self._stamp.mono_ms)
            head = self._opened.memory.lanes["health"].head
            self._waiting = [renumbered(held, head + 1 + index) for index, held in enumerate(self._waiting)]
            self._upkeep = upkeep.Upkeep(self._stamp.mono_ms)

    @property
    def reserve_target_bytes(self) -> int:
        """How large the reserve should be on this disk."""
        return arithmetic.target(self.config.reserve_mb * MIB, files.total_bytes(self.directory))

    def keep_reserve(self) -> None:
        """Fill log and reserve as far as there is room, and see whether anything is still being given up."""
        with self.lock:
            if files.free_bytes(self.directory) > arithmetic.needed(LOG_BYTES):
                with suppress(OSError):
                    self._opened.db.grow_log()
            reserve.keep(self.directory, self.reserve_target_bytes)
            memory = self._opened.memory
            memory.giving_up = {stream: why for stream, why in memory.giving_up.items() if self._still(stream, why)}

    def _still(self, stream: str, why: str) -> bool:
        if why == DISK:
            return self._disk().free_bytes < self.reserve_target_bytes
        bound = self.config.bound_bytes[stream]
        return self._opened.memory.lanes[stream].size_bytes > bound * RELIEVED_SHARE

    def _disk(self) -> retention.Disk:
        """The room there is. What the reserve holds counts as free: nobody else can have it."""
        free = files.free_bytes(self.directory) + reserve.held_bytes(self.directory)
        target = self.reserve_target_bytes
        reusable = self._opened.db.reusable_bytes() if free < target else 0
        return retention.Disk(free, reusable, target)

    def _insert_waiting(self, draft: Draft) -> None:
        for held in self._waiting:
            draft.insert("health", held)

    @contextmanager
    def _drafting(self, incoming_bytes: int = 0) -> Iterator[Draft]:
        """One transaction, with room for it on the disk beforehand as far as the reserve goes."""
        reserve.ensure(self.directory, arithmetic.needed(incoming_bytes))
        with drafting(self._opened.db, self._opened.memory) as draft:
            yield draft
        if draft.doomed_files:
            # Pictures went: their room is the reserve's before anybody else has it.
            reserve.keep(self.directory, self.reserve_target_bytes)

    def _bury(self, stream: str, seq: int, code: str, stamp: Stamp, held: Held | None) -> None:
        with self._drafting() as draft:
            ledger.bury(draft, stream, seq, held, code=code, epoch=self.epoch, stamp=stamp)
