"""What to send next, in the order of `lanes.PRECEDENCE`.

For health and pictures the newest record goes first after a (re)connection, then what is new since, and in between,
paced, the backlog from its oldest. Payloads are made in the outbox's thread; nothing but the one being published is in
memory.
"""

import logging

from agent.core.inflight import Window, halves
from agent.core.pacing import Pacing
from agent.core.patience import Patience
from agent.outbox import Outbox, OutboxError, OutboxWriter
from agent.uplink.lanes import BACKLOG, GREETING, LIVE_FIRST, PRECEDENCE, Cursor, Gate, Lane
from agent.uplink.payloads import Limits, Made, Request, make
from agent.uplink.refusals import Refusals
from agent.uplink.turns import Turns
from wire.shape import replace
from wire.topics import STREAMS

GIVEN_UP_WHEN_TOO_LARGE = ("health", "snapshot")
"""What no broker setting will ever let through is given up with a ledger entry; a complaint waits for a better day."""
HOLD_S = 300.0
READ_AGAIN_S = 10.0
"""A card that fails to be read answers mostly the next time; asking a dead one six times a minute costs nothing."""

log = logging.getLogger("agent.uplink")


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
        refusals: Refusals,
    ) -> None:
        self._outbox = outbox
        self._node = node
        self._limits = limits
        self._most_batch_bytes = limits.batch_bytes
        self._pacing = pacing
        self._gate = gate
        self._refusals = refusals
        self._epoch = outbox.epoch
        self._lanes: dict[str, Lane] = {stream: Lane() for stream in STREAMS}
        self._turns = Turns(self._lanes, pacing, gate, patience)
        self.too_large: set[tuple[str, int]] = set()
        """Records this broker does not let through; they stay in the outbox."""
        self._unread: set[str] = set()

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

    def repeats(self, now_s: float) -> bool:
        """Whether something waits to be sent again, and only for its turn."""
        return self._turns.repeats(now_s)

    @property
    def too_large_known(self) -> bool:
        """Whether `too_large` names all there are: the streams it is about have been gone through to their ends."""
        return not any(self._lanes[stream].live.more for stream in STREAMS if stream not in GIVEN_UP_WHEN_TOO_LARGE)

    def refused(self, stream: str, seqs: tuple[int, ...], code: str, now_s: float) -> int | None:
        """A payload could not be read: halve it; returns the record's number when it stood alone and is to be given up.

        A centre that refuses one record after the other is broken itself: the stream rests instead of being buried.
        """
        parts = halves(seqs)
        if parts:
            self._lanes[stream].again.extend(parts)
            return None
        if not self._refusals.alone(stream, code):
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
            try:
                made = await self._from(stream, part, now_s)
            except OutboxError as error:
                self._rest(stream, error, now_s)
                continue
            if made is not None:
                self._unread.discard(stream)
                return made
        return None

    def wait_s(self, now_s: float) -> float | None:
        """Seconds until something more may go without anything arriving; None when nothing is held back."""
        return self._turns.wait_s(now_s)

    def _rest(self, stream: str, error: OutboxError, now_s: float) -> None:
        """The outbox could not be read: a while later again, and meanwhile the other streams."""
        if error.permanent:
            raise error
        if stream not in self._unread:
            log.warning("outbox-unread", extra={"stream": stream, "code": error.code, "detail": error.detail})
        self._unread.add(stream)
        self._lanes[stream].held_until_s = now_s + READ_AGAIN_S

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
        if lane.greeting is None:
            return None
        made = await self._advance("health", lane.greeting)
        lane.greeting = None  # only now: what raised is to be tried again
        if made is not None:
            self._gate.health_sent(now_s)
        return made

    async def _live_health(self, lane: Lane, now_s: float) -> Made | None:
        if not lane.live.more:
            return None
        thins = self._gate.thins()
        if thins:
            lane.skip_to(await self._outbox.call(self._outbox.outbox.newest_waiting, "health"))
        made = await self._advance("health", lane.live, first=thins)  # more may be there by now
        if made is not None:
            self._gate.health_sent(now_s)
        return made

    async def _again(self, stream: str, lane: Lane) -> Made | None:
        while lane.again:
            seqs = lane.again.popleft()
            try:
                made = await self._make(stream, Request(seqs[0] - 1, None, seqs))
            except BaseException:
                lane.again.appendleft(seqs)
                raise
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

    async def _advance(self, stream: str, cursor: Cursor, *, first: bool = False) -> Made | None:
        while cursor.more:
            cursor.more = False  # news during the await sets it again
            try:
                made = await self._make(stream, Request(cursor.after, cursor.until, first=first))
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
            try:
                await self._outbox.refuse(stream, seq, "too_large")
            except OutboxError as error:  # a disk that takes no ledger entry must not keep the records behind this one
                if error.permanent:
                    raise
            else:
                return
        self.too_large.add((stream, seq))
