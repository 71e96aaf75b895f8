"""One session with the broker, from CONNECT to its end: birth, lanes, acknowledgements, goodbye.

1. A session number that was never used; will = retained death of exactly this session.
2. CONNECT; the broker's limits are read. Subscribe; only then the retained birth, since at our birth the centre
   publishes again what is open for us.
3. Pump: handle what arrived, send again what is overdue, fill the window; wait for whichever comes first.
4. Asked to stop: what waits in the event lane, the retained death with reason `stop`, DISCONNECT.
Whether it works is judged by the centre's acknowledgements, never by the connection being up.
"""

import asyncio
import logging
import os
from dataclasses import dataclass
from typing import Literal, TypeVar

from msgspec.structs import replace

from agent.clock import Clock
from agent.core.inflight import Window
from agent.core.pacing import Pacing
from agent.outbox import OutboxError, OutboxWriter
from agent.uplink import ending, link
from agent.uplink.answers import EPOCH_CONFLICT, Answers
from agent.uplink.config import UplinkConfig
from agent.uplink.delivery import Delivery
from agent.uplink.downlinks import DownlinkDesk
from agent.uplink.ending import Ending, SessionEndedError
from agent.uplink.feeder import Feeder
from agent.uplink.payloads import Limits
from agent.uplink.progress import Progress
from wire import PROTOCOL_VERSION, topics
from wire.codec import encode
from wire.messages import State

log = logging.getLogger("agent.uplink")

BURST_BYTES = 256 * 1024
"""Backlog that may follow at once after a short interruption."""
HANDSHAKE_S = 20.0
GOODBYE_S = 0.7
LAST_WORDS_S = 0.3
QUIET_ENDINGS = ("epoch", EPOCH_CONFLICT)
"""We come back at once: a DISCONNECT without a death, so that the wall does not blink."""

E = TypeVar("E", link.Connected, link.Subscribed)


@dataclass(frozen=True, slots=True)
class Context:
    """What all sessions of an uplink share."""

    config: UplinkConfig
    node: str
    version: str
    outbox: OutboxWriter
    clock: Clock
    desk: DownlinkDesk
    facts: Progress


class Session:
    """Use once: `await run()` returns how it ended."""

    def __init__(self, context: Context) -> None:
        self._shared = context
        self._arrived = asyncio.Event()
        self._epoch = context.outbox.epoch
        self._feeder: Feeder | None = None
        self._birth: State | None = None
        self.up_since_s: float | None = None
        self.payload_too_large_bytes = 0
        """What the broker hung up over, when it said so."""

    def news(self, stream: str) -> None:
        """Records became durable."""
        if self._feeder is not None:
            self._feeder.news(stream)
            self._arrived.set()

    async def run(self, packet_limit: int | None) -> Ending:
        """Live one session; `packet_limit` is what an earlier one learned about the broker."""
        try:
            line = await self._open()
        except (OSError, SessionEndedError, OutboxError) as error:
            return ending.of_error(error)
        except Exception as error:  # a host name Python cannot even encode, a key file with rubbish in it
            log.exception("uplink-fault")
            return ending.of_error(error)
        delivery: Delivery | None = None
        answers: Answers | None = None
        try:
            limits, flights = await self._greet(line, packet_limit)
            delivery, answers = await self._set_up(line, limits, flights)
            await self._pump(line, delivery, answers)
        except asyncio.CancelledError:
            await self._say_goodbye(line, delivery, answers)
            raise
        except SessionEndedError as error:
            if error.ending.code in QUIET_ENDINGS:
                line.disconnect()
            if error.ending.code == "packet_too_large" and delivery is not None:
                self.payload_too_large_bytes = delivery.largest_not_taken()
            return error.ending
        except Exception as error:
            # A fault of ours ends the session and is named; it must never wedge the uplink.
            log.exception("uplink-fault")
            return ending.of_error(error)
        finally:
            line.close(Ending("goodbye", "closed"))
            self._shared.facts.ended()
        return Ending("goodbye", "closed")

    # -- beginning ---------------------------------------------------------------------------------------------------

    async def _open(self) -> link.Link:
        shared = self._shared
        number = await shared.outbox.call(shared.outbox.outbox.next_session)
        shared.facts.sessions = number
        self._birth = State(
            v=PROTOCOL_VERSION,
            node=shared.node,
            status="online",
            reason="birth",
            boot=shared.clock.boot,
            run=shared.clock.run,
            epoch=self._epoch,
            session=number,
            nonce=os.urandom(12).hex(),
            version=shared.version,
        )
        will = (topics.state(shared.node), encode(replace(self._birth, status="offline", reason="will")))
        return await link.connect(shared.config, shared.node, will, self._arrived)

    async def _greet(self, line: link.Link, packet_limit: int | None) -> tuple[Limits, int]:
        """CONNACK and SUBACK, then the birth; returns the limits of payloads and of flights."""
        shared = self._shared
        connected = await self._expect(line, link.Connected, "CONNECT")
        if connected.reason != 0:
            refused = connected.reason in (ending.BAD_CREDENTIALS, ending.NOT_AUTHORISED)
            words = f"the broker refused the connection: {connected.words}"
            shared.facts.not_authorised = words if refused else ""
            raise SessionEndedError(Ending("not_authorised" if refused else "refused_by_broker", words))
        line.subscribe(topics.down_filter(shared.node), topics.CENTER_STATE)
        subscribed = await self._expect(line, link.Subscribed, "SUBSCRIBE")
        if subscribed.reason >= ending.REFUSED:
            raise SessionEndedError(Ending("not_authorised", "the broker refused our subscription"))
        self._publish_state(line, "online", "birth")
        sizes = [size for size in (packet_limit, connected.maximum_packet_bytes) if size is not None]
        limits = Limits(shared.config.batch_bytes, packet_bytes=min(sizes, default=None))
        return limits, max(1, min(link.RECEIVE_MAXIMUM, connected.receive_maximum))

    async def _set_up(self, line: link.Link, limits: Limits, flights: int) -> tuple[Delivery, Answers]:
        shared = self._shared
        window = Window(shared.config.window_bytes, flights, smoothed_s=shared.facts.round_trip_s)
        feeder = Feeder(shared.outbox, shared.node, limits, Pacing(shared.config.backlog_bytes_per_s, BURST_BYTES))
        await feeder.start()
        self._feeder = feeder
        self.up_since_s = shared.clock.mono_s()
        shared.facts.began(self.up_since_s, window)
        log.info("uplink-up", extra={"host": shared.config.host, "session": shared.facts.sessions})
        delivery = Delivery(line, shared.clock, window, feeder, shared.facts)
        return delivery, Answers(shared.outbox, shared.node, window, feeder, shared.facts)

    async def _expect(self, line: link.Link, kind: type[E], what: str) -> E:
        """The event that must come first. Others before it (a retained message) go back into the queue."""
        early: list[link.Event] = []
        try:
            async with asyncio.timeout(HANDSHAKE_S):
                while True:
                    while line.events:
                        event = line.events.popleft()
                        if isinstance(event, kind):
                            return event
                        early.append(event)
                    _check_alive(line)
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError as error:
            raise SessionEndedError(Ending("timeout", f"the broker did not answer {what}")) from error
        finally:
            line.events.extendleft(reversed(early))

    # -- living ------------------------------------------------------------------------------------------------------

    async def _pump(self, line: link.Link, delivery: Delivery, answers: Answers) -> None:
        while True:
            self._arrived.clear()
            while line.events:
                await self._handle(line.events.popleft(), delivery, answers)
            _check_alive(line)
            if self._shared.outbox.epoch != self._epoch:
                raise SessionEndedError(Ending("epoch", "a new epoch has begun", at_once=True))
            delivery.send_again(answers)
            await delivery.fill(answers)
            await delivery.wait(self._arrived)

    async def _handle(self, event: link.Event, delivery: Delivery, answers: Answers) -> None:
        if isinstance(event, link.Taken):
            delivery.taken(event)
        elif isinstance(event, link.Message):
            leaf = await answers.handle(event.topic, event.payload, self._shared.clock)
            if leaf is not None:
                self._shared.desk.take(leaf, event.payload)

    # -- ending ------------------------------------------------------------------------------------------------------

    async def _say_goodbye(self, line: link.Link, delivery: Delivery | None, answers: Answers | None) -> None:
        """Last events, retained death, DISCONNECT; whatever does not work within its time is left to the will."""
        try:
            async with asyncio.timeout(GOODBYE_S):
                if delivery is not None and answers is not None:
                    await self._last_words(line, delivery, answers)
                mid = self._publish_state(line, "offline", "stop")
                while mid not in self._taken(line, delivery):
                    await self._next_event(line)
                line.disconnect()
                while line.closed is None:
                    line.events.clear()
                    await self._next_event(line)
        except (TimeoutError, SessionEndedError, OSError):
            return
        except Exception:
            log.exception("goodbye-failed")  # we are leaving anyway: the will speaks

    async def _last_words(self, line: link.Link, delivery: Delivery, answers: Answers) -> None:
        if self._shared.outbox.epoch != self._epoch:
            return
        try:
            async with asyncio.timeout(LAST_WORDS_S):
                await delivery.fill(answers)
                while delivery.not_taken():
                    while line.events:
                        await self._handle(line.events.popleft(), delivery, answers)
                    if delivery.not_taken():
                        await self._next_event(line)
        except TimeoutError:
            return

    def _taken(self, line: link.Link, delivery: Delivery | None) -> set[int]:
        taken: set[int] = set()
        while line.events:
            event = line.events.popleft()
            if isinstance(event, link.Taken):
                taken.add(event.mid)
                if delivery is not None:
                    delivery.taken(event)
        return taken

    async def _next_event(self, line: link.Link) -> None:
        self._arrived.clear()
        if line.events:
            return
        _check_alive(line)
        await self._arrived.wait()

    def _publish_state(
        self, line: link.Link, status: Literal["online", "offline"], reason: Literal["birth", "stop"]
    ) -> int:
        if self._birth is None:
            raise SessionEndedError(Ending("internal", "no birth was made"))
        state = replace(self._birth, status=status, reason=reason)
        return line.publish(topics.state(self._shared.node), encode(state), retain=True)


def _check_alive(line: link.Link) -> None:
    if line.closed is not None and not line.events:
        raise SessionEndedError(line.closed.ending)
