"""What the centre says: acknowledgements, refusals, its presence and generation."""

import logging

from agent.clock import Clock
from agent.core.inflight import Flight, Window
from agent.outbox import OutboxWriter
from agent.outbox.lanes import KEPT_STREAMS
from agent.uplink.ending import Ending, SessionEndedError
from agent.uplink.feeder import Feeder
from agent.uplink.progress import Progress
from wire import topics
from wire.codec import decode_ack, decode_center_state
from wire.errors import WireError
from wire.messages import Ack

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
        if ack.stored:
            await self._outbox.call(self._outbox.outbox.acknowledge, ack.epoch, ack.stream, ack.stored, rejected)
            if self._window.answered(ack.stream, ack.stored, now_s):
                self._feeder.accepted(ack.stream)
                self._facts.acknowledged(now_s)
                self.progressed = True
                for first, last in ack.stored:
                    for key in [key for key in self._tries if key[0] == ack.stream and first <= key[1] <= last]:
                        del self._tries[key]
            await self._outbox.call(self._outbox.outbox.maintain, clock.stamp())
        if any(code == EPOCH_CONFLICT for _, code in rejected):
            log.error("epoch-conflict", extra={"epoch": ack.epoch, "stream": ack.stream})
            raise SessionEndedError(Ending(EPOCH_CONFLICT, "the centre knows other content under this epoch"))

    async def _refused(self, digest: str, code: str, now_s: float) -> None:
        flight = self._window.refused(digest)
        if flight is None:
            return
        log.warning("payload-refused", extra={"stream": flight.stream, "records": len(flight.seqs), "code": code})
        if code in NOT_ABOUT_RECORDS:
            self._facts.last_error = Ending("refused_by_center", f"the centre refuses {flight.stream}: {code}")
            self._feeder.hold(flight.stream, flight.seqs, now_s)
            return
        alone = self._feeder.refused(flight.stream, flight.seqs, now_s)
        if alone is not None:
            await self._outbox.refuse(flight.stream, alone, code)

    async def _center(self, payload: bytes) -> None:
        state = decode_center_state(payload)
        self._facts.center = state.status
        if state.status == "online":
            self._window.hurry()
        offered = await self._outbox.call(self._outbox.outbox.reoffer, state.generation)
        if offered:
            log.warning("offering-again", extra={"records": offered, "generation": state.generation})
            for stream in KEPT_STREAMS:
                self._feeder.rewind(stream)
