"""Publishing and following up: fills the window, notes what the broker took, sends again what the centre owes."""

import asyncio
import logging

from agent.clock import Clock
from agent.core.inflight import URGENT, Flight, Window
from agent.outbox.held import FILE_STREAMS
from agent.uplink import ending
from agent.uplink.answers import Answers
from agent.uplink.ending import Ending, SessionEndedError
from agent.uplink.feeder import Feeder
from agent.uplink.link import Link
from agent.uplink.linkevents import Taken
from agent.uplink.meter import Meter
from agent.uplink.payloads import Made
from agent.uplink.progress import Progress
from agent.uplink.traffic import Traffic

log = logging.getLogger("agent.uplink")

NOT_TAKEN_S = 300.0
"""A broker that answers pings but takes no payload for this long is hung; 64 kB need 52 s on a line of 10 kbit/s."""
UNANSWERED_S = 600.0
"""A centre that says it is online and a broker that takes our payloads, but no answer: perhaps our subscription is
gone."""
LONGEST_WAIT_S = 60.0
BUSY_WAIT_S = 1.0
"""While something queues on the line its rate is measured."""
SHORTEST_WAIT_S = 0.02


class Delivery:
    """The payloads of one session."""

    def __init__(
        self, line: Link, clock: Clock, window: Window, feeder: Feeder, *, facts: Progress, traffic: Traffic
    ) -> None:
        self._line = line
        self._clock = clock
        self._window = window
        self._feeder = feeder
        self._facts = facts
        self._traffic = traffic
        self._mids: dict[int, Flight] = {}
        self._looked_s = clock.mono_s()
        """When it was last asked what may go."""

    async def fill(self, answers: Answers) -> None:
        """Publish until the window is full, nothing is left, or something arrived."""
        meter = self._traffic.meter
        while self._line.closed is None and not self._line.events:
            self._traffic.observe(self._line, self._window, self._feeder, self._clock.mono_s())
            self._looked_s = self._clock.mono_s()
            made = await self._feeder.next(self._window, self._looked_s)
            if made is None or self._line.closed is not None:
                break
            if made.stream == URGENT:
                self._traffic.give_way(self._line, self._window, self._clock.mono_s())
            if meter is not None:
                await self._leased(meter, made)
            flight = Flight(
                stream=made.stream,
                seqs=made.seqs,
                size_bytes=len(made.payload),
                digest=made.digest,
                sent_s=self._clock.mono_s(),
                parcel=made.stream in FILE_STREAMS,
                attempts=1 + answers.tries(made.stream, made.seqs),
            )
            self._window.add(flight)
            self._facts.published += len(flight.seqs)
            self._mids[self._line.publish(made.topic, made.payload)] = flight
        found = frozenset(self._feeder.too_large)
        self._facts.too_large = found if self._feeder.too_large_known else self._facts.too_large | found

    async def _leased(self, meter: Meter, made: Made) -> None:
        try:
            await meter.lease(len(made.payload))
        except BaseException:  # asked to stop in the middle: the last words must not leave these records out
            self._feeder.again(made.stream, made.seqs)
            raise

    def taken(self, event: Taken) -> None:
        """The broker has acknowledged a payload, which is not storage."""
        flight = self._mids.pop(event.mid, None)
        if flight is None:
            return  # birth or death
        self._window.taken(flight, self._clock.mono_s())
        if flight.parcel:
            self._traffic.patience.arrived((flight.stream, flight.seqs[0]))
        if event.reason < ending.REFUSED:
            self._facts.denied.discard(flight.stream)
        if event.reason == ending.NO_MATCHING_SUBSCRIBERS:
            flight.unheard = True
            self._facts.center = "absent"
        elif event.reason == ending.NOT_AUTHORISED:
            if flight.stream not in self._facts.denied:
                log.error("not-authorised", extra={"stream": flight.stream})
            self._facts.denied.add(flight.stream)
            # Sent again after each time-out it would hold the window, one flight by then, against all other streams.
            self._window.drop(flight)
            self._feeder.hold(flight.stream, flight.seqs, self._clock.mono_s())
        elif event.reason >= ending.REFUSED:
            self._facts.last_error = Ending("broker", f"the broker refused a payload: reason {event.reason:#x}")

    def send_again(self, answers: Answers) -> None:
        """Put overdue flights back into their lanes; ends the session when the broker takes nothing any more."""
        now_s = self._clock.mono_s()
        self._traffic.observe(self._line, self._window, self._feeder, now_s)
        if self._window.waiting(URGENT):
            self._traffic.give_way(self._line, self._window, now_s)
        for flight in self._window.overdue(now_s):
            answers.note_try(flight)
            self._feeder.again(flight.stream, flight.seqs)
        if any(now_s - flight.sent_s > NOT_TAKEN_S for flight in self._mids.values()):
            raise SessionEndedError(Ending("stalled", "the broker takes no payload any more"))
        self._watch_answers(now_s)

    def _watch_answers(self, now_s: float) -> None:
        oldest_s = self._window.owed_since_s
        self._facts.owed(now_s if oldest_s is None and self._feeder.repeats(now_s) else oldest_s)
        since_s = self._facts.stalled_since_s
        if since_s is not None and now_s - since_s > UNANSWERED_S and self._facts.center == "online":
            raise SessionEndedError(Ending(ending.UNANSWERED, "the centre does not answer what the broker has taken"))

    async def wait(self, arrived: asyncio.Event, most_s: float) -> None:
        """Until something arrives or becomes due, or for `most_s`."""
        now_s = self._clock.mono_s()
        # As it was then: a rest that has ended meanwhile, while a slow disk was read, is one nobody has looked behind.
        deadline_s, rest_s = self._window.next_deadline_s(), self._feeder.wait_s(self._looked_s)
        waits = [LONGEST_WAIT_S, most_s]
        waits += [] if deadline_s is None else [deadline_s - now_s]
        waits += [] if rest_s is None else [self._looked_s + rest_s - now_s]
        waits += [] if self._window.clear else [BUSY_WAIT_S]
        urgent_s = self._traffic.urgent_within_s(self._window)
        waits += [] if urgent_s is None else [urgent_s]
        try:
            async with asyncio.timeout(max(SHORTEST_WAIT_S, min(waits))):
                await arrived.wait()
        except TimeoutError:
            return

    def not_taken(self) -> set[int]:
        """Ids of payloads the broker has not acknowledged."""
        return set(self._mids)

    def largest_not_taken(self) -> int:
        """The largest of those: what a broker that hung up over size could not take."""
        return max((flight.size_bytes for flight in self._mids.values()), default=0)
