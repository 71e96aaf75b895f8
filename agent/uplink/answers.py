"""What the centre says: acknowledgements, refusals, its presence and generation."""

import logging
from collections.abc import Awaitable
from typing import TypeVar

from msgspec.structs import replace

from agent.clock import Clock
from agent.core.inflight import Flight, Window
from agent.outbox import OutboxError, OutboxWriter
from agent.outbox.lanes import KEPT_STREAMS
from agent.uplink.ending import Ending, SessionEndedError
from agent.uplink.feeder import Feeder
from agent.uplink.progress import Progress
from wire import topics
from wire.codec import decode_ack, decode_center_state
from wire.errors import WireError
from wire.messages import Ack
from wire.ranges import Ranges

R = TypeVar("R")
log = logging.getLogger("agent.uplink")

EPOCH_CONFLICT = "epoch_conflict"
NOT_ABOUT_RECORDS = ("version", "topic", "node_mismatch", "stream_mismatch")
"""Refusals that would hit every record alike: a centre of another version, a confused topic. Nothing is buried."""
MOST_TRIES_NOTED = 1000


class Answers:
    """Applies what arrives on our downlink topics to outbox, window and lanes of one session."""

    def __init__(self, outbox: OutboxWriter, node: str, window: Window, feeder: Feeder, facts: Progress) -> None:
        self._outbox = outbox
        self._node = node
        self._window = window
        self._feeder = feeder
        self._facts = facts
        self._tries: dict[tuple[str, int], int] = {}
        self._unwritten: dict[str, str] = {}
        self.progressed = False
        """Whether the centre has committed something in this session."""

    async def handle(self, topic: str, payload: bytes, clock: Clock) -> str | None:
        """Deal with one message; returns the leaf when it is a downlink for somebody else to deal with."""
        try:
            parsed = topics.parse(topic)
            if parsed.kind == "center":
                await self._center(payload)
            elif parsed.kind == "down" and parsed.node == self._node:
                if parsed.leaf != "ack":
                    return parsed.leaf
                await self._ack(decode_ack(payload), clock)
        except WireError as error:
            self._facts.undecodable += 1
            if self._facts.undecodable == 1:
                log.warning("undecodable-downlink", extra={"topic": topic, "detail": str(error)[:200]})
        return None

    def tries(self, stream: str, seqs: tuple[int, ...]) -> int:
        """How often the first of these records was sent before: its answer then says nothing about the round trip."""
        return self._tries.get((stream, seqs[0]), 0)

    def note_try(self, flight: Flight) -> None:
        """A flight ran into its time-out."""
        if len(self._tries) > MOST_TRIES_NOTED:
            self._tries.clear()
        for seq in flight.seqs:
            self._tries[(flight.stream, seq)] = flight.attempts

    async def _ack(self, ack: Ack, clock: Clock) -> None:
        now_s = clock.mono_s()
        for refusal in ack.refused:
            await self._refused(refusal.digest, refusal.code, now_s)
        if ack.epoch != self._outbox.epoch:
            return
        rejected = [(rejection.seq, rejection.code) for rejection in ack.rejected]
        conflicts = {seq for seq, code in rejected if code == EPOCH_CONFLICT}
        if conflicts:  # stored there is the other box's record of that number: ours must not be let go
            ack = replace(ack, stored=_without(ack.stored, conflicts))
        if ack.stored:
            noted = self._outbox.call(self._outbox.outbox.acknowledge, ack.epoch, ack.stream, ack.stored, rejected)
            settled = await self._tried("acknowledge", noted)
            if settled is not None:
                self._stored(ack, now_s, settled)
                await self._tried("maintain", self._outbox.call(self._outbox.outbox.maintain, clock.stamp()))
        if conflicts:
            log.error("epoch-conflict", extra={"epoch": ack.epoch, "stream": ack.stream})
            raise SessionEndedError(Ending(EPOCH_CONFLICT, "the centre knows other content under this epoch"))

    def _stored(self, ack: Ack, now_s: float, settled: int) -> None:
        """`settled` records are done. An answer that comes after its time-out finds no flight and is progress too."""
        if not self._window.answered(ack.stream, ack.stored, now_s) and not settled:
            return
        self._facts.refusals.taken(ack.stream)
        self._facts.acknowledged(now_s)
        self.progressed = True
        for first, last in ack.stored:
            for key in [key for key in self._tries if key[0] == ack.stream and first <= key[1] <= last]:
                del self._tries[key]

    async def _tried(self, what: str, work: Awaitable[R]) -> R | None:
        """None when the disk did not do it. The centre answers again, so that nothing hangs on any one time; to end the
        session would only cost a handshake for each answer."""
        try:
            done = await work
        except OutboxError as error:
            if error.permanent:
                raise
            if self._unwritten.get(what) != error.code:
                log.warning("answer-not-noted", extra={"step": what, "code": error.code, "detail": error.detail})
            self._unwritten[what] = error.code
            return None
        self._unwritten.pop(what, None)
        return done

    async def _refused(self, digest: str, code: str, now_s: float) -> None:
        flight = self._window.refused(digest)
        if flight is None:
            return
        log.warning("payload-refused", extra={"stream": flight.stream, "records": len(flight.seqs), "code": code})
        if code in NOT_ABOUT_RECORDS:
            self._facts.last_error = Ending("refused_by_center", f"the centre refuses {flight.stream}: {code}")
            self._facts.refusals.all_alike(flight.stream, code)
            self._feeder.hold(flight.stream, flight.seqs, now_s)
            return
        alone = self._feeder.refused(flight.stream, flight.seqs, code, now_s)
        if alone is not None and not await self._tried("refuse", self._buried(flight.stream, alone, code)):
            self._feeder.hold(flight.stream, flight.seqs, now_s)

    async def _buried(self, stream: str, seq: int, code: str) -> bool:
        await self._outbox.refuse(stream, seq, code)
        return True

    async def _center(self, payload: bytes) -> None:
        state = decode_center_state(payload)
        self._facts.center = state.status
        if state.status == "online":
            self._window.hurry()
        offered = await self._tried("reoffer", self._outbox.call(self._outbox.outbox.reoffer, state.generation))
        if offered:
            log.warning("offering-again", extra={"records": offered, "generation": state.generation})
            for stream in KEPT_STREAMS:
                self._feeder.rewind(stream)


def _without(stored: tuple[tuple[int, int], ...], numbers: set[int]) -> tuple[tuple[int, int], ...]:
    left = Ranges.of(numbers)
    return tuple(pair for first, last in stored for pair in left.missing(first, last).pairs)
