"""One session with the broker, from CONNECT to its end: birth, lanes, acknowledgements, goodbye.

1. A session number that was never used; will = retained death of exactly this session.
2. CONNECT; the broker's limits are read. Subscribe; only then the retained birth (`greeting`).
3. Pump: handle what arrived, send again what is overdue, fill the window; wait for whichever comes first. A watch looks
   whether the pump turns and the connection looks after itself, and ends a session that is stuck.
4. Asked to stop: what waits in the event lane, the retained death with reason `stop`, DISCONNECT.
Whether it works is judged by the centre's acknowledgements, never by the connection being up.
"""

import asyncio
import logging

from agent.core.inflight import Window
from agent.core.pacing import Pacing
from agent.outbox import OutboxError
from agent.uplink import ending, hearing
from agent.uplink.answers import EPOCH_CONFLICT, Answers
from agent.uplink.context import Context
from agent.uplink.delivery import Delivery
from agent.uplink.ending import Ending, SessionEndedError
from agent.uplink.feeder import Feeder
from agent.uplink.goodbye import Goodbye
from agent.uplink.greeting import greet, open_line
from agent.uplink.link import Link
from agent.uplink.linkevents import Event, Message, Taken
from agent.uplink.payloads import Limits
from agent.uplink.presence import Presence
from agent.uplink.watch import Watch

log = logging.getLogger("agent.uplink")

BURST_BYTES = 256 * 1024
"""Backlog that may follow at once after a short interruption."""
QUIET_ENDINGS = ("epoch", EPOCH_CONFLICT)
"""We come back at once: a DISCONNECT without a death, so that the wall does not blink."""


class Session:
    """Use once: `await run()` returns how it ended."""

    def __init__(self, context: Context) -> None:
        self._shared = context
        self._arrived = asyncio.Event()
        self._epoch = context.outbox.epoch
        self._feeder: Feeder | None = None
        self._window: Window | None = None
        self._watch = Watch()
        self.up_since_s: float | None = None
        self.progressed = False
        """Whether the centre has committed something of ours."""
        self.payload_too_large_bytes = 0
        """What the broker hung up over, when it said so."""

    def news(self, stream: str) -> None:
        """Records became durable."""
        if self._feeder is not None:
            self._feeder.news(stream)
            self._arrived.set()

    async def run(self, packet_limit: int | None) -> Ending:
        """Live one session; `packet_limit` is what an earlier one learned about the broker."""
        shared = self._shared
        try:
            line, presence = await open_line(shared, self._epoch, self._arrived)
        except (OSError, SessionEndedError, OutboxError) as error:
            return ending.of_error(error)
        except Exception as error:  # a host name Python cannot even encode, a key file with rubbish in it
            log.exception("uplink-fault")
            return ending.of_error(error)
        shared.traffic.began()
        why = Ending("goodbye", "closed")
        try:
            why = await self._live(line, presence, packet_limit)
            return why
        finally:
            line.close(Ending("goodbye", "closed"))
            lasted_s = 0.0 if self.up_since_s is None else shared.clock.mono_s() - self.up_since_s
            shared.facts.gave_way += why.code == "gave_way"
            shared.traffic.ended(line, self._window, lasted_s, why, shared.clock.mono_s())
            shared.facts.ended()

    async def _live(self, line: Link, presence: Presence, packet_limit: int | None) -> Ending:
        delivery: Delivery | None = None
        answers: Answers | None = None
        try:
            limits, flights = await greet(self._shared, line, self._arrived, presence, packet_limit)
            delivery, answers = await self._set_up(line, limits, flights)
            await self._watch.over(line, self._pump(line, presence, delivery, answers))
        except asyncio.CancelledError:
            goodbye = Goodbye(line, presence, self._arrived, delivery)
            if delivery is not None and answers is not None and self._shared.outbox.epoch == self._epoch:
                await goodbye.with_last_words(answers, self._handle)
            else:
                await goodbye.say()
            raise
        except SessionEndedError as error:
            if error.ending.code in QUIET_ENDINGS:
                line.disconnect()
            if error.ending.code == "wedged":
                self._shared.facts.wedged(self._shared.clock.mono_s(), error.ending.words)
            if error.ending.code == "packet_too_large" and delivery is not None:
                self.payload_too_large_bytes = delivery.largest_not_taken()
            return error.ending
        except Exception as error:
            # A fault of ours ends the session and is named; it must never wedge the uplink.
            log.exception("uplink-fault")
            return ending.of_error(error)
        return Ending("internal", "the pump ended by itself")

    async def _set_up(self, line: Link, limits: Limits, flights: int) -> tuple[Delivery, Answers]:
        shared, traffic = self._shared, self._shared.traffic
        window = Window(
            traffic.window_bytes(),
            flights,
            smoothed_s=shared.facts.round_trip_s,
            start_bytes=traffic.start_bytes(),
        )
        pacing = Pacing(shared.config.backlog_bytes_per_s, BURST_BYTES)
        feeder = Feeder(
            shared.outbox,
            shared.node,
            limits,
            pacing,
            gate=traffic.gate,
            patience=traffic.patience,
            refusals=shared.facts.refusals,
        )
        feeder.limit_batches(traffic.batch_bytes())
        await feeder.start()
        self._feeder, self._window = feeder, window
        self.up_since_s = shared.clock.mono_s()
        shared.facts.began(self.up_since_s, window)
        log.info("uplink-up", extra={"host": shared.config.host, "session": shared.facts.sessions})
        delivery = Delivery(line, shared.clock, window, feeder, facts=shared.facts, traffic=traffic)
        return delivery, Answers(shared.outbox, shared.node, window, feeder, shared.facts)

    # -- living ------------------------------------------------------------------------------------------------------

    async def _pump(self, line: Link, presence: Presence, delivery: Delivery, answers: Answers) -> None:
        while True:
            self._watch.turned()
            self._arrived.clear()
            while line.events:
                await self._handle(line.events.popleft(), delivery, answers)
            hearing.check_alive(line)
            if self._shared.outbox.epoch != self._epoch:
                raise SessionEndedError(Ending("epoch", "a new epoch has begun", at_once=True))
            presence.keep_true(self._shared.clock.mono_s())
            delivery.send_again(answers)
            await delivery.fill(answers)
            await delivery.wait(self._arrived, self._shared.report_every_s)

    async def _handle(self, event: Event, delivery: Delivery, answers: Answers) -> None:
        if isinstance(event, Taken):
            delivery.taken(event)
        elif isinstance(event, Message):
            leaf = await answers.handle(event.topic, event.payload, self._shared.clock)
            self.progressed = self.progressed or answers.progressed
            if leaf is not None:
                self._shared.desk.take(leaf, event.payload)
