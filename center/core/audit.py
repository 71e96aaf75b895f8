"""The gap audit: which numbers of a lane are gone without anybody having said so. Pure interval arithmetic.

A *statement* is what one health report says of all streams of its outbox at one moment: per stream the oldest number
still held and the newest given out. Below `oldest_held` the node has nothing left to send: each number was
acknowledged, hence is stored here, or was given up, hence declared in the gap ledger. The rules:

1. Missing = below `oldest_held`, neither stored nor declared.
2. The declaration is itself an event, committed on the node together with the loss, so it is one of the events up to
   the event head *of the same statement*. It may arrive later than the report. While any event of the statement that
   the node still holds has not arrived, the statement is *open* and what it makes us miss is being checked.
3. Once none is outstanding the statement is *settled*: what is missing by it is a fault. It counts from then on.
4. A node that says something at every moment has always an open newest statement. So the oldest open one is kept as
   the *asked* one until it settles, then the newest takes its place: a fault is found however busy the node is.
5. What a node holds again (it offers again after the centre was restored) is not missing, whatever was said before.
6. Numbers that only an acknowledgement of a lost database can explain belong to the restore: not below what the node
   held as far as the restored database knew, not above what it had given out soon after (`Lane.restored`).
7. An epoch that has ended says nothing more. Moved within its file (`board_changed`, `epoch_conflict`), everything it
   still held went on under the next epoch, and its ledger's last entries arrive there: what is missing by an open
   statement is being checked until a later epoch of the file has settled, then it is a fault, unless events were
   damaged when they moved: then it may have been declared by one of them. Otherwise what was given out and never
   arrived went with the card, as far as a settled statement does not call it a fault already.
8. Where one identity came with two contents (a cloned card) two boxes speak of the same numbers: nothing can be said.
9. A declaration covers a range and counts what of it was given up: more missing than counted is a fault (`counts`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from center.core.counts import Entry, Excess, excess
from wire.ranges import Ranges

Kind = Literal["fault", "checking", "card", "restore"]
KINDS: tuple[Kind, ...] = ("fault", "checking", "card", "restore")
SAME_FILE_REASONS = frozenset({"board_changed", "epoch_conflict"})
"""Reasons of a new epoch under which everything that was not acknowledged moved on (rule 7)."""
EVENT = "event"
NOTHING = Ranges()


@dataclass(frozen=True, slots=True)
class Statement:
    """Per stream (oldest held, newest given out), as of health report `seq`."""

    seq: int
    lanes: Mapping[str, tuple[int, int]]

    def oldest(self, stream: str) -> int:
        """The oldest number still held; 1 (nothing is below it) where the stream is not named."""
        return self.lanes.get(stream, (1, 0))[0]

    def head(self, stream: str) -> int:
        """The newest number given out."""
        return self.lanes.get(stream, (1, 0))[1]


@dataclass(frozen=True, slots=True)
class Statements:
    """What is remembered of an epoch's statements: the newest, the one asked about, the last one that settled."""

    newest: Statement
    asked: Statement
    settled: Statement | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """What the centre has of one stream of one epoch. `ahead` is the highest head anybody named, statement or batch;
    `declared` is all that `entries` cover."""

    stored: Ranges = NOTHING
    entries: tuple[Entry, ...] = ()
    ahead: int = 0
    restored: Ranges = NOTHING

    @property
    def declared(self) -> Ranges:
        """All that the entries cover."""
        return Ranges.from_pairs((entry.first, entry.last) for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Ending:
    """How an epoch ended: `moved` within its file or not; `heads` as its successor knows them; `settled`: a later epoch
    of the same file has settled, so that all that moved along has arrived; `damaged`: not everything could move."""

    moved: bool
    heads: Mapping[str, int] = field(default_factory=dict)
    settled: bool = False
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """Numbers of one stream, disjoint: faults, being checked, gone with the card, explained by a restore."""

    fault: Ranges = NOTHING
    checking: Ranges = NOTHING
    card: Ranges = NOTHING
    restore: Ranges = NOTHING

    def of(self, kind: Kind) -> Ranges:
        """The numbers of one kind."""
        return {"fault": self.fault, "checking": self.checking, "card": self.card, "restore": self.restore}[kind]


def newer(known: Statements | None, said: Statement) -> Statements:
    """With one more statement heard; reports arrive in any order, and an older one is no news."""
    if known is None:
        return Statements(said, said)
    if said.seq <= known.newest.seq:
        return known
    return Statements(said, known.asked, known.settled)


def settle(known: Statements, events: Ranges) -> Statements:
    """Rules 2 to 4: what can be settled with these events stored."""
    asked, settled = known.asked, known.settled
    for statement in (known.asked, known.newest):
        if outstanding(statement, known.newest, events):
            return Statements(known.newest, asked, settled)
        asked = known.newest
        settled = statement
    return Statements(known.newest, known.newest, settled)


def outstanding(statement: Statement, newest: Statement, events: Ranges) -> Ranges:
    """Events of a statement that the node still holds and that have not arrived."""
    return events.missing(newest.oldest(EVENT), statement.head(EVENT))


def examine(stream: str, lane: Lane, known: Statements | None, ending: Ending | None, start: int = 1) -> Finding:
    """What is missing of one lane from number `start` on, by whose word. `known` is after `settle`."""
    accounted = lane.stored.union(lane.declared)
    held = known.newest.oldest(stream) if known else 1
    missing = accounted.missing(start, held - 1)
    sure = _sure(stream, known)
    restore = common(missing, lane.restored)
    missing = without(missing, restore)
    fault = between(missing, 1, sure - 1).union(_excess(lane, start, sure).fault)
    if ending is None or ending.moved:
        open_ones = between(missing, sure, held - 1)
        if ending is not None and ending.settled:
            if ending.damaged:
                return Finding(fault, card=open_ones, restore=restore)
            return Finding(fault.union(open_ones), restore=restore)
        return Finding(fault, checking=open_ones, restore=restore)
    last = max(ending.heads.get(stream, 0), known.newest.head(stream) if known else 0, lane.ahead)
    gone = accounted.missing(max(start, sure), last)
    explained = common(gone, lane.restored)
    return Finding(fault, card=without(gone, explained), restore=restore.union(explained))


def sound_to(stream: str, lane: Lane, known: Statements | None, start: int = 1) -> int:
    """Where the next audit of a lane may begin: below it everything is accounted for, and stays so."""
    sure = _sure(stream, known)
    missing = lane.stored.union(lane.declared).missing(start, sure - 1)
    sound = missing.pairs[0][0] if missing else max(start, sure)
    begin = _excess(lane, start, sure).begin
    return sound if begin is None else max(start, min(sound, begin))


def _sure(stream: str, known: Statements | None) -> int:
    """Below it everything is stored here or declared, by the word of a settled statement."""
    return min(known.newest.oldest(stream), known.settled.oldest(stream)) if known and known.settled else 1


def _excess(lane: Lane, start: int, sure: int) -> Excess:
    return excess(lane.entries, lane.stored.union(lane.restored), start, sure)


def without(numbers: Ranges, others: Ranges) -> Ranges:
    """The numbers that are not among the others."""
    return Ranges(tuple(pair for first, last in numbers.pairs for pair in others.missing(first, last).pairs))


def between(numbers: Ranges, first: int, last: int) -> Ranges:
    """The part within first..last."""
    clipped = ((max(first, start), min(last, end)) for start, end in numbers.pairs)
    return Ranges(tuple((start, end) for start, end in clipped if start <= end))


def common(numbers: Ranges, others: Ranges) -> Ranges:
    """The numbers that are among the others."""
    return without(numbers, without(numbers, others))
