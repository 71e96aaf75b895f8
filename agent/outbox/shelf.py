"""What every part of the outbox stands on: the open file, the lock, one transaction at a time, recovery from damage."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from agent.core import reserve as arithmetic
from agent.core import retention
from agent.core.clock import Stamp
from agent.core.reasons import DISK
from agent.outbox import damage, files, ledger, opening, reading, reserve, upkeep
from agent.outbox.config import MIB, OutboxConfig
from agent.outbox.database import LOG_BYTES
from agent.outbox.draft import Draft, drafting
from agent.outbox.errors import OutboxError
from agent.outbox.handed import HandedOut
from agent.outbox.held import Held
from agent.outbox.sessions import Sessions

log = logging.getLogger("agent.outbox")
P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound="Shelf")
RECOVER_EVERY_S = 10.0
"""A recovery that failed is not tried at each call: it reads the whole damaged file."""
MOST_UNBURIED = 1000
"""Beyond these, a damaged row is met again with each session; nothing is forgotten."""
RELIEVED_SHARE = 0.4
"""Below this share of its bound a stream gives nothing up any more: a step leaves half of it at the least."""


def locked(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """One caller at a time. On a damaged file, recover once and try again; on a full disk, with the reserve's help."""

    @wraps(method)
    def call(outbox: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with outbox.lock:
            outbox.heal()
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
        self._stamp = stamp
        self._last_rejection = ""
        self._unrecovered: OutboxError | None = None
        """Why the damaged file could not be replaced yet; nothing can be done with the outbox until it is."""
        self._retry_s = self._try_again_s = 0.0
        self._begin()
        self._begin_sessions()

    def _begin(self) -> None:
        """What is known only since this file was opened, or since its epoch began."""
        self._upkeep = upkeep.begin(self._opened, self._stamp.mono_ms)
        self._damage = damage.recall(self._opened.db, self._stamp.mono_ms)
        self._handed_out = HandedOut()
        self._unburied: dict[tuple[str, int], str] = {}
        self._unreadable: dict[str, int] = {}
        """How often the disk failed to give the bytes of these files."""

    def _begin_sessions(self) -> None:
        self._sessions = Sessions()
        try:
            self._sessions.begin(self._opened)
        except OutboxError as error:
            if error.code != "corrupt":
                raise
            # Which numbers this epoch has used nobody knows any more: another one begins.
            self.recover(error.detail)

    @property
    def epoch(self) -> str:
        """The present epoch; it changes with `new_epoch` and when a damaged file was replaced."""
        return self._opened.epoch

    @property
    def last_life(self) -> Stamp | None:
        """When the newest health report found at opening was made; None in a new outbox."""
        return self._opened.newest

    @property
    def refusal(self) -> OutboxError | None:
        """Why the disk takes nothing, as the last attempt found; None while it does. For any thread."""
        return self._unrecovered or self._opened.db.refusal

    def recover(self, detail: str) -> None:
        """The file turned out to be damaged: go on with a new one. When that fails, `heal` tries again."""
        with self.lock:
            with suppress(OutboxError):  # a damaged file may refuse even that
                self._opened.db.close()
            self._replace(lambda: opening.replace_damaged(self.directory, self._opened.board, self._stamp, detail))

    def heal(self) -> None:
        """Go on with a recovery that failed, as a start of the agent would; its error while the disk still refuses."""
        if self._unrecovered is None:
            return
        if time.monotonic() < self._retry_s:
            raise self._unrecovered
        self._replace(lambda: opening.open_directory(self.directory, self._opened.board, self._stamp))

    def _replace(self, make: Callable[[], opening.Opened]) -> None:
        memory = self._opened.memory
        try:
            self._opened = make()
        except (OutboxError, OSError) as error:
            refusal = error if isinstance(error, OutboxError) else files.translated(error, self.directory)
            self._unrecovered, self._retry_s = refusal, time.monotonic() + RECOVER_EVERY_S
            raise refusal from error
        if self._unrecovered is not None:
            log.info("outbox-recovered")
        self._unrecovered = None
        now = self._opened.memory
        for stream, count in memory.given_up.items():
            now.given_up[stream] = now.given_up.get(stream, 0) + count
        now.waiting = memory.waiting.moved(now.lanes["health"].head)
        self._begin()
        self._begin_sessions()

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

    @contextmanager
    def _drafting(self, incoming_bytes: int = 0) -> Iterator[Draft]:
        """One transaction, with room for it on the disk beforehand as far as the reserve goes."""
        reserve.ensure(self.directory, arithmetic.needed(incoming_bytes))
        with drafting(self._opened.db, self._opened.memory) as draft:
            yield draft
        if draft.doomed_files:
            # Pictures went: their room is the reserve's before anybody else has it.
            with suppress(OutboxError):  # the commit is on the disk, whatever statvfs says now
                reserve.keep(self.directory, self.reserve_target_bytes)

    def _bury(self, stream: str, seq: int, code: str, stamp: Stamp, held: Held | None) -> None:
        """Into the cemetery; while the disk takes nothing, the record is only passed over until it does."""
        try:
            with self._drafting() as draft:
                ledger.bury(draft, stream, seq, held, code=code, epoch=self.epoch, stamp=stamp)
        except OutboxError as error:
            if not error.of_disk:
                raise
            if len(self._unburied) < MOST_UNBURIED:
                self._unburied[stream, seq] = code
        else:
            self._unburied.pop((stream, seq), None)

    def _bury_rest(self) -> None:
        """What had to be passed over until the disk took writes again."""
        for (stream, seq), code in list(self._unburied.items()):
            held = reading.one(self._opened, self._folder, stream, seq)
            self._bury(stream, seq, code, self._stamp, held)
            if (stream, seq) in self._unburied:
                return  # not yet
