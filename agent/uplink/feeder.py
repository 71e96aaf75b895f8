"""What to send next: complaints before blobs before events before health before pictures, live before backlog.

For health and pictures the newest record goes first after a (re)connection, then what is new since, and in between,
paced, the backlog from its oldest. Payloads are made in the outbox's thread; nothing but the one being published is in
memory.
"""

from collections import deque
from dataclasses import dataclass, field

from agent.core.inflight import Window, halves
from agent.core.pacing import Pacing
from agent.outbox import Outbox, OutboxWriter
from agent.outbox.held import FILE_STREAMS
from agent.uplink.payloads import Limits, Made, Request, make
from wire.topics import STREAMS

LIVE_FIRST = ("health", "snapshot")
GIVEN_UP_WHEN_TOO_LARGE = ("health", "snapshot")
"""What no broker setting will ever let through is given up with a ledger entry; a complaint waits for a better day."""
MOST_LONE_REFUSALS = 20
HOLD_S = 300.0


@dataclass(slots=True)
class _Cursor:
    """`after` is the last number handed out; `until` bounds a backlog (exclusive); `more` may be optimistic."""

    after: int = 0
    until: int | None = None
    more: bool = True


@dataclass(slots=True)
class _Lane:
    live: _Cursor = field(default_factory=_Cursor)
    backlog: _Cursor | None = None
    again: deque[tuple[int, ...]] = field(default_factory=deque)
    held_until_s: float = 0.0
    lone_refusals: int = 0


class Feeder:
    """The lanes of one session."""

    def __init__(self, outbox: OutboxWriter, node: str, limits: Limits, pacing: Pacing) -> None:
        self._outbox = outbox
        self._node = node
        self._limits = limits
        self._pacing = pacing
        self._epoch = outbox.epoch
        self._lanes = {stream: _Lane() for stream in STREAMS}
        self.too_large: set[tuple[str, int]] = set()
        """Records this broker does not let through; they stay in the outbox."""

    async def start(self) -> None:
        """Point the live cursors at what is newest."""
        for stream in LIVE_FIRST:
            newest = await self._outbox.call(self._outbox.outbox.newest_waiting, stream)
            lane = self._lanes[stream]
            lane.live = _Cursor(max(0, newest - 1))
            lane.backlog = _Cursor(0, newest) if newest > 1 else None

    def news(self, stream: str) -> None:
        """Records of this stream became durable."""
        self._lanes[stream].live.more = True

    def rewind(self, stream: str) -> None:
        """Acknowledged records wait again: start this stream from its oldest."""
        self._lanes[stream] = _Lane()

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
        for stream in STREAMS:
            lane = self._lanes[stream]
            if lane.held_until_s > now_s or not self._may_start(stream, window, now_s):
                continue
            made = await self._from(stream, lane, now_s)
            if made is not None:
                return made
        return None

    def wait_s(self, now_s: float) -> float | None:
        """Seconds until pacing or a rest lets something more through; None when neither holds anything back."""
        waits = [lane.held_until_s - now_s for lane in self._lanes.values() if lane.held_until_s > now_s]
        if any(lane.backlog is not None and lane.backlog.more for lane in self._lanes.values()):
            paced = self._pacing.wait_s(now_s)
            waits += [paced] if paced > 0 else []
        return min(waits, default=None)

    def _may_start(self, stream: str, window: Window, now_s: float) -> bool:
        if stream == "snapshot":
            first = ("complaint", "attachment", "event")
            if window.waiting(*first) or any(self._has_more(other, now_s) for other in first):
                return False
        if stream == "attachment" and window.waiting("complaint"):
            return False
        return window.room(parcel=stream in FILE_STREAMS)

    def _has_more(self, stream: str, now_s: float) -> bool:
        lane = self._lanes[stream]
        return lane.held_until_s <= now_s and (bool(lane.again) or lane.live.more)

    async def _from(self, stream: str, lane: _Lane, now_s: float) -> Made | None:
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
        if lane.live.more:
            made = await self._advance(stream, lane.live)
            if made is not None:
                return made
        if lane.backlog is not None and lane.backlog.more and self._pacing.ready(now_s):
            made = await self._advance(stream, lane.backlog)
            if made is not None:
                self._pacing.spend(len(made.payload), now_s)
                return made
        return None

    async def _advance(self, stream: str, cursor: _Cursor) -> Made | None:
        while cursor.more:
            cursor.more = False  # news during the await sets it again
            made = await self._make(stream, Request(cursor.after, cursor.until))
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
