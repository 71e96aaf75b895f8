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

from agent.clock import Clock
from agent.core.inflight import Flight, Window
from agent.core.pacing import Pacing
from agent.outbox import OutboxWriter
from agent.outbox.held import FILE_STREAMS
from agent.uplink import ending, link
from agent.uplink.answers import Answers
from agent.uplink.config import UplinkConfig
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
NOT_TAKEN_S = 300.0
"""A broker that answers pings but takes no payload for this long is hung; 64 kB need 52 s on a line of 10 kbit/s."""
GOODBYE_S = 0.7
LAST_WORDS_S = 0.3


@dataclass(frozen=True, slots=True)
class Node:
    """Who speaks, and with which version."""

    id: str
    version: str


class Session:
    """Use once: `await run()` returns how it ended."""

    def __init__(
        self, config: UplinkConfig, node: Node, outbox: OutboxWriter, clock: Clock, desk: DownlinkDesk, facts: Progress
    ) -> None:
        self._config = config
        self._node = node
        self._outbox = outbox
        self._clock = clock
        self._desk = desk
        self._facts = facts
        self._arrived = asyncio.Event()
        self._epoch = outbox.epoch
        self._window = Window(config.window_bytes)
        self._mids: dict[int, Flight] = {}
        self._pacing = Pacing(config.backlog_bytes_per_s, BURST_BYTES)
        self._feeder = Feeder(outbox, node.id, Limits(config.batch_bytes), self._pacing)
        self._answers = Answers(outbox, node.id, self._window, self._feeder, facts)
        self._birth: State | None = None

    def news(self, stream: str) -> None:
        """Records became durable."""
        self._feeder.news(stream)
        self._arrived.set()

    async def run(self, packet_limit: int | None) -> Ending:
        """Live one session; `packet_limit` is what an earlier one learned about the broker."""
        try:
            line = await self._open()
        except (OSError, SessionEndedError) as error:
            return ending.of_error(error)
        try:
            await self._greet(line, packet_limit)
            self._facts.connected_s = self._clock.mono_s()
            log.info("uplink-up", extra={"host": self._config.host, "session": self._facts.sessions})
            await self._pump(line)
        except asyncio.CancelledError:
            await self._say_goodbye(line)
            raise
        except SessionEndedError as error:
            if error.ending.at_once:
                await self._say_goodbye(line)
            return error.ending
        except Exception as error:  # noqa: BLE001 - a fault of ours ends the session and is named, never wedges it
            log.exception("uplink-fault")
            return ending.of_error(error)
        finally:
            line.close(Ending("goodbye", "closed"))
            self._facts.connected_s = None
            self._facts.window = None
            self._facts.resent += self._window.resent
        return Ending("goodbye", "closed")

    def largest_in_flight(self) -> int:
        """The largest payload under way: what a broker that hung up over size could not take."""
        return max((flight.size_bytes for flight in self._mids.values()), default=0)

    # -- beginning ---------------------------------------------------------------------------------------------------

    async def _open(self) -> link.Link:
        number = await self._outbox.call(self._outbox.outbox.next_session)
        self._facts.sessions = number
        self._birth = State(
            v=PROTOCOL_VERSION,
            node=self._node.id,
            status="online",
            reason="birth",
            boot=self._clock.boot,
            run=self._clock.run,
            epoch=self._epoch,
            session=number,
            nonce=os.urandom(12).hex(),
            version=self._node.version,
        )
        will = encode(_with(self._birth, "offline", "will"))
        return await link.connect(self._config, self._node.id, (topics.state(self._node.id), will), self._arrived)

    async def _greet(self, line: link.Link, packet_limit: int | None) -> None:
        async with _deadline("the broker did not answer CONNECT"):
            connected = await self._expect(line, link.Connected)
        if connected.reason != 0:
            code = "not_authorised" if connected.reason in (0x86, 0x87) else "refused_by_broker"
            self._facts.not_authorised = connected.words if code == "not_authorised" else ""
            raise SessionEndedError(Ending(code, f"the broker refused the connection: {connected.words}"))
        self._facts.not_authorised = ""
        sizes = [size for size in (packet_limit, connected.maximum_packet_bytes) if size is not None]
        self._window.limit_flights = max(1, min(link.RECEIVE_MAXIMUM, connected.receive_maximum))
        limits = Limits(self._config.batch_bytes, packet_bytes=min(sizes, default=None))
        self._feeder = Feeder(self._outbox, self._node.id, limits, self._pacing)
        self._answers = Answers(self._outbox, self._node.id, self._window, self._feeder, self._facts)
        line.subscribe(topics.down_filter(self._node.id), topics.CENTER_STATE)
        async with _deadline("the broker did not answer SUBSCRIBE"):
            subscribed = await self._expect(line, link.Subscribed)
        if subscribed.reason >= ending.REFUSED:
            raise SessionEndedError(Ending("not_authorised", "the broker refused our subscription"))
        if self._birth is not None:
            line.publish(topics.state(self._node.id), encode(self._birth), retain=True)
        self._facts.window = self._window
        await self._feeder.start()

    async def _expect[E: (link.Connected, link.Subscribed)](self, line: link.Link, kind: type[E]) -> E:
        while True:
            while line.events:
                event = line.events.popleft()
                if isinstance(event, kind):
                    return event
                await self._handle(event)
            self._check_alive(line)
            await self._arrived.wait()
            self._arrived.clear()

    # -- living ------------------------------------------------------------------------------------------------------

    async def _pump(self, line: link.Link) -> None:
        while True:
            self._arrived.clear()
            while line.events:
                await self._handle(line.events.popleft())
            self._check_alive(line)
            if self._outbox.epoch != self._epoch:
                raise SessionEndedError(Ending("epoch", "a new epoch has begun", at_once=True))
            now_s = self._clock.mono_s()
            self._send_again(now_s)
            await self._fill(line)
            self._note_stall(now_s)
            await self._wait(now_s)

    async def _fill(self, line: link.Link) -> None:
        while line.closed is None and not line.events:
            now_s = self._clock.mono_s()
            made = await self._feeder.next(self._window, now_s)
            if made is None or line.closed is not None:
                break
            parcel = made.stream in FILE_STREAMS
            flight = Flight(made.stream, made.seqs, len(made.payload), made.digest, self._clock.mono_s(), parcel)
            flight.attempts = 1 + self._answers.tries(made.stream, made.seqs)
            self._window.add(flight)
            self._mids[line.publish(made.topic, made.payload)] = flight
        self._facts.too_large = len(self._feeder.too_large)

    def _send_again(self, now_s: float) -> None:
        for flight in self._window.overdue(now_s):
            self._answers.note_try(flight)
            self._feeder.again(flight.stream, flight.seqs)
        stuck = [f for f in self._mids.values() if f.taken_s is None and now_s - f.sent_s > NOT_TAKEN_S]
        if stuck:
            raise SessionEndedError(Ending("stalled", "the broker takes no payload any more"))

    async def _handle(self, event: link.Event) -> None:
        match event:
            case link.Taken(mid, reason):
                self._taken(mid, reason)
            case link.Message(topic, payload):
                leaf = await self._answers.handle(topic, payload, self._clock)
                if leaf is not None:
                    self._desk.take(leaf, payload)
            case link.Closed(why):
                raise SessionEndedError(why)
            case _:
                pass  # a second CONNACK or SUBACK changes nothing

    def _taken(self, mid: int, reason: int) -> None:
        flight = self._mids.pop(mid, None)
        if flight is None:
            return  # birth or death
        self._window.taken(flight, self._clock.mono_s())
        if reason == ending.NO_MATCHING_SUBSCRIBERS:
            self._facts.center = "absent"
        elif reason == ending.NOT_AUTHORISED:
            if not self._facts.not_authorised:
                log.error("not-authorised", extra={"stream": flight.stream})
            self._facts.not_authorised = f"the broker does not let this node publish {flight.stream}"
        elif reason >= ending.REFUSED:
            self._facts.last_error = Ending("broker", f"the broker refused a payload: reason {reason:#x}")
        elif self._facts.not_authorised:
            self._facts.not_authorised = ""

    def _note_stall(self, now_s: float) -> None:
        if not self._window.flights:
            self._facts.stalled_since_s = None
        elif self._facts.stalled_since_s is None:
            self._facts.stalled_since_s = min(flight.sent_s for flight in self._window.flights)

    async def _wait(self, now_s: float) -> None:
        deadlines = [self._window.next_deadline_s(), self._feeder.wait_s(now_s)]
        waits = [deadline for deadline in (None if deadlines[0] is None else deadlines[0] - now_s, deadlines[1]) if deadline is not None]
        try:
            async with asyncio.timeout(max(0.02, min([*waits, 60.0]))):
                await self._arrived.wait()
        except TimeoutError:
            return

    def _check_alive(self, line: link.Link) -> None:
        if line.closed is not None and not line.events:
            raise SessionEndedError(line.closed.ending)

    # -- ending ------------------------------------------------------------------------------------------------------

    async def _say_goodbye(self, line: link.Link) -> None:
        """Last events, retained death, DISCONNECT; whatever does not work within its time is left to the will."""
        try:
            async with asyncio.timeout(GOODBYE_S):
                await self._last_words(line)
                if self._birth is None or line.closed is not None:
                    return
                state = encode(_with(self._birth, "offline", "stop"))
                mid = line.publish(topics.state(self._node.id), state, retain=True)
                await self._until_taken(line, {mid})
                line.disconnect()
                while line.closed is None:
                    self._arrived.clear()
                    await self._arrived.wait()
        except (TimeoutError, SessionEndedError, OSError):
            return
        except Exception:  # noqa: BLE001 - we are leaving anyway
            log.exception("goodbye-failed")

    async def _last_words(self, line: link.Link) -> None:
        if self._outbox.epoch != self._epoch:
            return
        try:
            async with asyncio.timeout(LAST_WORDS_S):
                await self._fill(line)
                await self._until_taken(line, set(self._mids))
        except TimeoutError:
            return

    async def _until_taken(self, line: link.Link, mids: set[int]) -> None:
        while mids:
            self._arrived.clear()
            while line.events:
                event = line.events.popleft()
                if isinstance(event, link.Taken):
                    mids.discard(event.mid)
                await self._handle(event)
            self._check_alive(line)
            if mids:
                await self._arrived.wait()


def _with(birth: State, status: str, reason: str) -> State:
    from msgspec.structs import replace

    return replace(birth, status=status, reason=reason)


def _deadline(words: str) -> "asyncio.Timeout":
    del words
    return asyncio.timeout(HANDSHAKE_S)
