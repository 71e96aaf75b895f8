"""Writing acknowledgements down, and deleting what is done: in batches, because each commit wears the card.

How long a kept record stays is counted in `life`: milliseconds during which the agent ran. A Pi's wall clock may jump
by years; time the box was off only makes records stay longer.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from agent.core.clock import Stamp
from agent.core.retention import Taken, kept_long_enough
from agent.outbox import giving_up, lanes, ledger, schema
from agent.outbox.config import OutboxConfig
from agent.outbox.draft import Draft, drafting
from agent.outbox.lanes import KEPT_STREAMS
from agent.outbox.opening import Opened
from wire.ranges import Ranges
from wire.shape import Struct, field
from wire.topics import STREAMS

MOST_ROWS = 1000
"""Rows deleted per transaction: some 50 ms on a slow card."""
MOST_ROUNDS = 16
DAY_MS = 86_400_000
EXPIRY_EVERY_MS = 3_600_000
SIDECAR_EVERY_MS = 6 * 3_600_000


class Upkeep(Struct):
    """What was acknowledged since the last time it was written down."""

    written_ms: int
    """Boot-time of the last writing; `life` is counted from there."""
    count: int = 0
    news: dict[str, Ranges] = field(default_factory=dict)
    _expired_ms: int | None = None
    _sidecar_ms: int | None = None

    def noted(self, stream: str, ranges: Ranges) -> None:
        """One acknowledgement brought news."""
        self.news[stream] = self.news.get(stream, Ranges()).union(ranges)
        self.count += 1

    def due(self, config: OutboxConfig, now_ms: int) -> bool:
        """Whether enough has gathered, or waited long enough."""
        if self.count >= config.ack_commit_count:
            return True
        if self.count and now_ms - self.written_ms >= config.ack_commit_s * 1000:
            return True
        return now_ms - self.written_ms >= max(config.ack_commit_s * 1000, EXPIRY_EVERY_MS)

    def sidecar_due(self, now_ms: int) -> bool:
        """Whether the sidecar's heads are old; asking counts as writing it."""
        due = self._sidecar_ms is not None and now_ms - self._sidecar_ms >= SIDECAR_EVERY_MS
        if due or self._sidecar_ms is None:
            self._sidecar_ms = now_ms
        return due

    def run(self, opened: Opened, config: OutboxConfig, folder: Path, stamp: Stamp) -> None:
        """Write everything down, delete in short transactions, let kept records expire."""
        changed = set(self.news)
        expiry = self._expired_ms is None or stamp.mono_ms - self._expired_ms >= EXPIRY_EVERY_MS
        with drafting(opened.db, opened.memory) as draft:
            life_ms = self.write(draft, stamp.mono_ms)
            if expiry:
                before_ms = life_ms - config.keep_acked_days * DAY_MS
                for stream in KEPT_STREAMS:
                    ledger.expire(draft, stream, before_ms, folder, MOST_ROWS)
                    draft.save(stream)
        self.written(stamp.mono_ms)
        if expiry:
            self._expired_ms = stamp.mono_ms
            _expire_pictures(opened, config, folder, stamp)
        for stream in STREAMS:
            more = stream in changed
            for _ in range(MOST_ROUNDS):
                if not more:
                    break
                with drafting(opened.db, opened.memory) as draft:
                    more = ledger.forget_acknowledged(draft, stream, folder, MOST_ROWS)
                    draft.save(stream)

    def write(self, draft: Draft, now_ms: int) -> int:
        """Put what was noted into the caller's transaction; returns the agent's life so far."""
        life_ms = lanes.life_ms(draft.db) + max(0, now_ms - self.written_ms)
        lanes.set_note(draft.db, "life_ms", str(life_ms))
        for stream, ranges in self.news.items():
            if stream in KEPT_STREAMS:
                for first, last in ranges.pairs:
                    values = (stream, first, last, life_ms)
                    draft.db.execute("INSERT INTO acked (stream, first, last, at_life_ms) VALUES (?,?,?,?)", values)
            draft.save(stream)
        return life_ms

    def written(self, now_ms: int) -> None:
        """The transaction of `write` is on the disk."""
        self.written_ms = now_ms
        self.count = 0
        self.news = {}


def begin(opened: Opened, now_ms: int) -> Upkeep:
    """Upkeep of a file just opened.

    Where a lane was saved for another reason, a crash may leave rows as done of which `acked` does not know; they would
    stay for ever. They count as acknowledged now.
    """
    found = Upkeep(now_ms)
    for stream in KEPT_STREAMS:
        rows = Ranges.from_pairs(_runs(int(str(seq)) for (seq,) in opened.db.rows(schema.NUMBERS[stream])))
        noted = opened.db.rows("SELECT first, last FROM acked WHERE stream = ?", (stream,))
        known = Ranges.from_pairs((int(str(first)), int(str(last))) for first, last in noted)
        forgotten = _minus(_minus(rows, _minus(rows, opened.memory.lanes[stream].done)), known)
        if forgotten:
            found.noted(stream, forgotten)
    return found


def _expire_pictures(opened: Opened, config: OutboxConfig, folder: Path, stamp: Stamp) -> None:
    """What no clock can date stays until a picture behind it is known to be old, or the bound takes it."""
    moments = (
        Taken(int(str(seq)), str(boot), int(str(mono_ms)), int(str(wall_ms)), bool(synced))
        for seq, boot, mono_ms, wall_ms, synced in opened.db.rows(schema.MOMENTS["snapshot"])
    )
    upto = kept_long_enough(moments, stamp, config.keep_pictures_days * DAY_MS)
    for _ in range(MOST_ROUNDS if upto else 0):
        with drafting(opened.db, opened.memory) as draft:
            if not giving_up.expire_pictures(draft, upto, folder, stamp):
                return


def _minus(numbers: Ranges, others: Ranges) -> Ranges:
    return Ranges.from_pairs(pair for first, last in numbers.pairs for pair in others.missing(first, last).pairs)


def _runs(ascending: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The same numbers as runs, without a list of them all."""
    first = last = 0
    for number in ascending:
        if first and number != last + 1:
            yield first, last
            first = 0
        first, last = first or number, number
    if first:
        yield first, last


def offer_again(draft: Draft, stream: str) -> int:
    """Let every record of a kept stream that is still here wait again; returns how many more wait now."""
    lane = draft.lane(stream)
    present = Ranges.of(int(str(seq)) for (seq,) in draft.db.rows(schema.NUMBERS[stream]))
    done = present.missing(1, lane.head)
    draft.memory.lanes[stream] = lanes.Lane(lane.head, done, lane.rows, lane.size_bytes)
    draft.db.execute("DELETE FROM acked WHERE stream = ?", (stream,))
    draft.save(stream)
    return len(lane.done) - len(done)
