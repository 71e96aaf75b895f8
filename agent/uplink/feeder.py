"""What to send next, in the order of `lanes.PRECEDENCE`.

For health and pictures the newest record goes first after a (re)connection, then what is new since, and in between,
paced, the backlog from its oldest. Payloads are made in the outbox's thread; nothing but the one being published is in
memory.
"""

from dataclasses import replace

from agent.core.inflight import Window, halves
from agent.core.pacing import Pacing
from agent.core.patience import Patience
from agent.outbox import Outbox, OutboxWriter
from agent.uplink.lanes import BACKLOG, GREETING, LIVE_FIRST, PRECEDENCE, Cursor, Gate, Lane
from agent.uplink.payloads import Limits, Made, Request, make
from agent.uplink.turns import Turns
from wire.topics import STREAMS

GIVEN_UP_WHEN_TOO_LARGE = ("health", "snapshot")
"""What no broker setting will ever let through is given up with a ledger entry; a complaint waits for a better day."""
MOST_LONE_REFUSALS = 20
HOLD_S = 300.0


class Feeder:
    """The lanes of one session."""

    def __init__(
        self,
        outbox: OutboxWriter,
        node: str,
        limits: Limits,
        pacing: Pacing,
        *,
        gate: Gate,
        patience: Patience,
    ) -> None:
        self._outbox = outbox
        self._node = node
        self._limits = limits
        self._most_batch_bytes = limits.batch_bytes
        self._pacing = pacing
        self._gate = gate
        self._epoch = outbox.epoch
        self._lanes: dict[str, Lane] = {stream: Lane() for stream in STREAMS}
        self._turns = Turns(self._lanes, pacing, gate, patience)
        self.too_large: set[tuple[str, int]] = set()
        """Records this broker does not let through; they stay in the outbox."""

    async def start(self) -> None:
        """Point the live cursors at what is newest."""
        for stream in LIVE_FIRST:
            newest = await self._outbox.call(self._outbox.outbox.newest_waiting, stream)
            self._lanes[stream].begin(newest, greets=stream == "health" and not self._gate.thins())

    def limit_batches(self, batch_bytes: int) -> None:
        """From now on batches are at most this large, before compression."""
        self._limits = replace(self._limits, batch_bytes=min(self._most_batch_bytes, batch_bytes))

    def news(self, stream: str) -> None:
        """Records of this stream became durable."""
        self._lanes[stream].live.more = True

    def rewind(self, stream: str) -> None:
        """Acknowledged records wait again: start this stream from its oldest."""
        self._lanes[stream] = Lane()

    def again(self, stream: str, seqs: tuple[int, ...]) -> None:
        """Send these once more, before anything new of the stream."""
        self._lanes[stream].again.append(seqs)

    def accepted(self, stream: str) -> None:
        """The centre took something of this stream."""
        self._lanes[stream].lone_refusals = 0

    def refused(self, stream: str, seqs: tuple[int, ...], now_s: float) -> int | None:
        """A payload could not be read: halve it; returns the record's number when it already stood alone.

        A centre that refuses one record after the other is broken itself: the stream rests instead of being buried.
        """
        lane = self._lanes[stream]
        parts = halves(seqs)
        if parts:
            lane.again.extend(parts)
            return None
        lane.lone_refusals += 1
        if lane.lone_refusals > MOST_LONE_REFUSALS:
            self.hold(stream, seqs, now_s)
            return None
        return seqs[0]

    def hold(self, stream: str, seqs: tuple[int, ...], now_s: float) -> None:
        """Let the stream rest: what is wrong is not in its records."""
        lane = self._lanes[stream]
        lane.again.append(seqs)
        lane.held_until_s = now_s + HOLD_S

    async def next(self, window: Window, now_s: float) -> Made | None:
        """The next payload to publish, or None when nothing may be sent now."""
        for stream, part in PRECEDENCE:
            if not self._turns.may_start(stream, part, window, now_s, self._limits.batch_bytes):
                continue
            made = await self._from(stream, part, now_s)
            if made is not None:
                return made
        return None

    def wait_s(self, now_s: float) -> float | None:
        """Seconds until something more may go without anything arriving; None when nothing is held back."""
        return self._turns.wait_s(now_s)

    async def _from(self, stream: str, part: str, now_s: float) -> Made | None:
        lane = self._lanes[stream]
        if part == GREETING:
            return await self._greeting(lane, now_s)
        if part == BACKLOG:
            return await self._again(stream, lane) or await self._old(stream, lane, now_s)
        if stream not in LIVE_FIRST and (made := await self._again(stream, lane)) is not None:
            return made
        if stream == "health":
            return await self._live_health(lane, now_s)
        return await self._advance(stream, lane.live) if lane.live.more else None

    async def _greeting(self, lane: Lane, now_s: float) -> Made | None:
        cursor, lane.greeting = lane.greeting, None
        made = None if cursor is None else await self._advance("health", cursor)
        if made is not None:
            self._gate.health_sent(now_s)
        return made

    async def _live_health(self, lane: Lane, now_s: float) -> Made | None:
        if not lane.live.more:
            return None
        if self._gate.thins():
            lane.skip_to(await self._outbox.call(self._outbox.outbox.newest_waiting, "health"))
        made = await self._advance("health", lane.live)
        if made is not None:
            self._gate.health_sent(now_s)
        return made

    async def _again(self, stream: str, lane: Lane) -> Made | None:
        while lane.again:
            seqs = lane.again.popleft()
            made = await self._make(stream, Request(seqs[0] - 1, None, seqs))
            if made is None:
                continue  # acknowledged or given up meanwhile
            rest = tuple(seq for seq in seqs if seq > made.last)
            if rest:
                lane.again.appendleft(rest)
            if made.payload:
                return made
        return None

    async def _old(self, stream: str, lane: Lane, now_s: float) -> Made | None:
        if lane.backlog is None or not lane.backlog.more or not self._pacing.ready(now_s):
            return None
        made = await self._advance(stream, lane.backlog)
        if made is not None:
            self._pacing.spend(len(made.payload), now_s)
        return made

    async def _advance(self, stream: str, cursor: Cursor) -> Made | None:
        while cursor.more:
            cursor.more = False  # news during the await sets it again
            try:
                made = await self._make(stream, Request(cursor.after, cursor.until))
            except BaseException:  # asked to stop in the middle: the last words must not leave this record out
                cursor.more = True
                raise
            if made is None:
                return None
            cursor.after, cursor.more = made.last, True
            if made.payload:
                return made
        return None

    async def _make(self, stream: str, request: Request) -> Made | None:
        made = await self._outbox.call(self._make_here, self._outbox.outbox, stream, request)
        if made is not None and made.too_large:
            await self._too_large(stream, made.last)
        return made

    def _make_here(self, outbox: Outbox, stream: str, request: Request) -> Made | None:
        skipped = {seq for other, seq in self.too_large if other == stream}
        return make(outbox, (self._node, self._epoch, stream), request, self._limits, skipped)

    async def _too_large(self, stream: str, seq: int) -> None:
        if stream in GIVEN_UP_WHEN_TOO_LARGE:
            await self._outbox.refuse(stream, seq, "too_large")
        else:
            self.too_large.add((stream, seq))
