"""Filing what the agent itself notices: events and health reports, with the stamp of the moment they tell of.

An event the outbox does not take now (that the disk is full cannot be written to a full disk) waits in memory:

1. events are filed one after the other, in the order they happened, each with its own stamp; one that waits keeps
   those after it waiting;
2. what waits is tried again with the next event and at each round of the self-check;
3. at most `MOST_WAITING` wait. Then the oldest of the kind there is most of gives way, so that a warning which comes
   and goes at every tick does not push out how the run before this one ended;
4. how many gave way is filed as well, as soon as the outbox takes anything.

A health report does not wait: the next one tells the same, and what it measured would take the memory of many events.
"""

import asyncio
import logging
from collections import Counter, deque
from typing import Final, Protocol

from agent.clock import Clock
from agent.core.clock import Stamp
from agent.outbox.errors import OutboxError
from wire.bodies import SelfWarning, encode_body
from wire.shape import Struct

log = logging.getLogger("agent.events")

NO_ROOM = ("full", "disk_full")
MOST_WAITING: Final = 200  # some 80 kB; a node has a handful of events an hour, and in a bad one some dozens
FILING_S: Final = (
    5.0  # far more than a commit on a tired card; who files has other things to do than to wait for longer
)


class Recorder(Protocol):
    """The outbox as the rest of the agent sees it: an event is durable on return, a health report within 10 s."""

    async def append(self, stream: str, kind: str, body: bytes, stamp: Stamp) -> int:
        """Store one record and return its sequence number; OutboxError when it is not accepted."""


class _Event(Struct, eq=False):
    kind: str
    body: bytes
    stamp: Stamp
    filed: bool = False


class EventLog:
    """Files on behalf of parts that have nobody to hand an error to.

    A refusal is said in the log once, and as a self-warning while it lasts.
    """

    def __init__(self, recorder: Recorder, clock: Clock) -> None:
        self._recorder = recorder
        self._clock = clock
        self._refusals: dict[str, OutboxError] = {}
        self._waiting: deque[_Event] = deque()
        self._lost: Counter[str] = Counter()
        self._filing: asyncio.Task[None] | None = None

    async def file(
        self, kind: str, body: Struct, stamp: Stamp | None = None, stream: str = "event", wait_s: float = FILING_S
    ) -> bool:
        """Store one record; `stamp` when it happened earlier than now. Whether it is on the disk now.

        An event that is not waits to be filed later; so does one whose commit takes longer than `wait_s`, and goes on.
        """
        if stream != "event":
            refusal = await self._append(stream, kind, encode_body(body), stamp or self._clock.stamp())
            return refusal is None
        event = self._queue(kind, body, stamp)
        await self.retry(wait_s)
        return event.filed

    def warn(self, code: str, active: bool, detail: str) -> None:
        """Take down that a self-warning appeared or went, with this moment; `retry` files it."""
        self._queue("warning", SelfWarning(code, active, detail[:500]), None)

    async def retry(self, wait_s: float = FILING_S) -> None:
        """File what waits, as far as the outbox takes it. Returns after `wait_s` at the latest; the filing goes on."""
        if self._filing is None or self._filing.done():
            if not self._waiting and not self._lost:
                return
            self._filing = asyncio.create_task(self._file_waiting(), name="events")
        filing = self._filing
        await asyncio.wait({filing}, timeout=wait_s)
        if filing.done():
            filing.result()

    def conditions(self) -> dict[str, str]:
        """What the last refusals say against the storage."""
        return {
            "disk_reserve" if refusal.code in NO_ROOM else "outbox_readonly": refusal.detail[:200]
            for refusal in self._refusals.values()
        }

    def status(self) -> dict[str, object]:
        """How many events wait for the outbox, and how many of each kind have given way since that was last told."""
        return {"waiting": len(self._waiting), "lost": dict(self._lost)}

    def tell_unfiled(self) -> None:
        """At the end of the process: say in the log what goes with it."""
        if self._waiting:
            kinds = Counter(event.kind for event in self._waiting)
            log.error("events-unfiled", extra={"detail": ", ".join(f"{n} {kind}" for kind, n in kinds.items())})

    def _queue(self, kind: str, body: Struct, stamp: Stamp | None) -> _Event:
        event = _Event(kind, encode_body(body), stamp or self._clock.stamp())
        self._waiting.append(event)
        if len(self._waiting) > MOST_WAITING:
            [(most, _)] = Counter(each.kind for each in self._waiting).most_common(1)
            self._waiting.remove(next(each for each in self._waiting if each.kind == most))
            self._lose(most, "too many wait")
        return event

    async def _file_waiting(self) -> None:
        while self._waiting:
            event = self._waiting.popleft()  # out of the way of the bound while it is in the outbox's hands
            keep = True
            try:
                refusal = await self._append("event", event.kind, event.body, event.stamp)
                event.filed, keep = refusal is None, refusal is not None and not refusal.permanent
            finally:
                if keep:
                    self._waiting.appendleft(event)
            if keep:
                return
            if refusal is not None:  # it never will be a record; those behind it may
                self._lose(event.kind, str(refusal))
        if self._lost:
            await self._tell_loss()

    async def _tell_loss(self) -> None:
        lost, self._lost = self._lost, Counter()
        kinds = ", ".join(f"{count} {kind}" for kind, count in lost.most_common())
        word = SelfWarning("giving_up", False, f"events lost while the storage refused them: {lost.total()} ({kinds})")
        if await self._append("event", "warning", encode_body(word), self._clock.stamp()) is not None:
            self._lost += lost

    def _lose(self, kind: str, why: str) -> None:
        if not self._lost:
            log.error("events-lost", extra={"kind": kind, "detail": why})
        self._lost[kind] += 1

    async def _append(self, stream: str, kind: str, body: bytes, stamp: Stamp) -> OutboxError | None:
        """None when the outbox took it, otherwise why not."""
        try:
            await self._recorder.append(stream, kind, body, stamp)
        except OutboxError as error:
            if error.permanent:  # nothing the storage could be blamed for
                return error
            if all(error.code != known.code for known in self._refusals.values()):
                log.error("outbox-refuses", extra={"kind": kind, "code": error.code, "detail": error.detail})
            self._refusals[stream] = error
            return error
        if self._refusals.pop(stream, None) is not None and not self._refusals:
            log.info("outbox-accepts-again")
        return None
