"""The gap audit's arithmetic, against a simulated node whose true losses are known."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from center.core.audit import (
    EVENT,
    Ending,
    Lane,
    Statement,
    Statements,
    common,
    examine,
    newer,
    outstanding,
    settle,
    sound_to,
    without,
)
from center.core.counts import Entry
from tests.support.torture import often
from wire.ranges import Ranges

sets = st.sets(st.integers(1, 60))


def as_set(numbers: Ranges) -> set[int]:
    return {number for first, last in numbers.pairs for number in range(first, last + 1)}


def entries(numbers: Iterable[int]) -> tuple[Entry, ...]:
    """A ledger of single numbers."""
    return tuple(Entry(number, number, 1) for number in sorted(numbers))


def statement(seq: int, oldest: int = 1, head: int = 0, events: tuple[int, int] = (1, 0)) -> Statement:
    return Statement(seq, {"health": (oldest, head), EVENT: events})


def known(said: Statement, *, settled: bool = True) -> Statements:
    return Statements(said, said, said if settled else None)


@given(sets, sets)
def test_difference_and_intersection_are_those_of_sets(one: set[int], two: set[int]) -> None:
    assert as_set(without(Ranges.of(one), Ranges.of(two))) == one - two
    assert as_set(common(Ranges.of(one), Ranges.of(two))) == one & two


@given(sets, sets, st.integers(1, 70), st.integers(1, 70), st.integers(1, 40))
def test_a_lane_in_use_is_what_a_set_model_says(
    stored: set[int], declared: set[int], oldest: int, settled: int, start: int
) -> None:
    said = Statements(statement(9, oldest, 60), statement(9, oldest, 60), statement(4, settled, 60))
    found = examine("health", Lane(Ranges.of(stored), entries(declared)), said, None, start)
    missing = set(range(start, oldest)) - stored - declared
    assert as_set(found.fault) == {number for number in missing if number < settled}
    assert as_set(found.checking) == {number for number in missing if number >= settled}
    assert not found.card and not found.restore


@given(sets, sets, st.integers(1, 70), st.integers(0, 70), st.booleans(), st.integers(1, 60), st.integers(0, 60))
def test_an_ended_epoch_and_a_restore_are_what_a_set_model_says(
    stored: set[int], declared: set[int], oldest: int, head: int, moved: bool, floor: int, bound: int
) -> None:
    lane = Lane(Ranges.of(stored), entries(declared), ahead=head, restored=Ranges.from_pairs([(floor, bound)]))
    ending = Ending(moved, {"health": head + 3}, settled=moved)
    found = examine("health", lane, known(statement(9, oldest, head)), ending)
    explained = set(range(floor, bound + 1))
    missing = set(range(1, oldest)) - stored - declared
    gone = set() if moved else set(range(oldest, head + 4)) - stored - declared
    assert as_set(found.fault) == missing - explained
    assert as_set(found.card) == gone - explained
    assert as_set(found.restore) == (missing | gone) & explained
    assert not found.checking


@dataclass
class Node:
    """A node that loses records with and without saying so; every step ends in a report. Messages wait in `sent`."""

    next_health: int = 1
    next_event: int = 1
    held: set[int] = field(default_factory=set)
    held_events: set[int] = field(default_factory=set)
    ledger: dict[int, int] = field(default_factory=dict)  # event number -> the health number it declares
    stolen: set[int] = field(default_factory=set)
    sent: list[tuple[str, int, Statement | None]] = field(default_factory=list)

    def note(self) -> int:
        number, self.next_event = self.next_event, self.next_event + 1
        self.held_events.add(number)
        self.sent.append((EVENT, number, None))
        return number

    def step(self, action: str) -> None:
        if action == "evict" and self.held:
            lost = min(self.held)
            self.held.discard(lost)
            self.sent = [one for one in self.sent if one[:2] != ("health", lost)]
            self.ledger[self.note()] = lost
        elif action == "steal" and self.held:
            lost = min(self.held)
            self.held.discard(lost)
            self.sent = [one for one in self.sent if one[:2] != ("health", lost)]
            self.stolen.add(lost)
        elif action == "event":
            self.note()
        heads = {
            "health": (min(self.held, default=self.next_health), self.next_health - 1),
            EVENT: (min(self.held_events, default=self.next_event), self.next_event - 1),
        }
        number, self.next_health = self.next_health, self.next_health + 1
        self.held.add(number)
        self.sent.append(("health", number, Statement(number, heads)))


@dataclass
class Centre:
    """What arrived, and what the audit makes of it."""

    stored: set[int] = field(default_factory=set)
    events: set[int] = field(default_factory=set)
    said: Statements | None = None

    def take(self, node: Node, index: int) -> None:
        """One message arrives; acknowledged, the node forgets it."""
        stream, number, said = node.sent.pop(index)
        (self.stored if stream == "health" else self.events).add(number)
        (node.held if stream == "health" else node.held_events).discard(number)
        if said is not None:
            self.said = newer(self.said, said)

    def audit(self, node: Node) -> tuple[set[int], set[int]]:
        """(faults, being checked)."""
        if self.said is None:
            return set(), set()
        self.said = settle(self.said, Ranges.of(self.events))
        declared = {lost for event, lost in node.ledger.items() if event in self.events}
        found = examine("health", Lane(Ranges.of(self.stored), entries(declared)), self.said, None)
        return as_set(found.fault), as_set(found.checking)


@settings(max_examples=often(100, 300))
@given(
    st.lists(st.sampled_from(("evict", "steal", "event", "none")), min_size=1, max_size=25),
    st.data(),
)
def test_in_any_order_of_arrival_a_fault_is_never_false_and_in_the_end_always_found(
    actions: list[str], data: st.DataObject
) -> None:
    node, centre = Node(), Centre()
    for action in actions:
        node.step(action)
        while node.sent and data.draw(st.booleans()):
            centre.take(node, data.draw(st.integers(0, len(node.sent) - 1)))
            faults, _checking = centre.audit(node)
            assert faults <= node.stolen
    while node.sent:
        centre.take(node, data.draw(st.integers(0, len(node.sent) - 1)))
        assert centre.audit(node)[0] <= node.stolen
    node.step("none")
    while node.sent:
        centre.take(node, 0)
    faults, checking = centre.audit(node)
    assert (faults, checking) == (node.stolen, set())


def test_a_fault_is_found_although_the_newest_statement_never_settles() -> None:
    node, centre = Node(), Centre()
    for action in ("none", "none", "steal"):
        node.step(action)
    for _ in range(20):  # at each report an event is on its way; it arrives after the next report
        before = len(node.sent)
        node.step("event")
        for _ in range(before):
            centre.take(node, 0)
        centre.take(node, len(node.sent) - 1)
        faults, _checking = centre.audit(node)
        if faults:
            break
    assert faults == {1}


def test_what_is_offered_again_is_not_missing() -> None:
    said = Statements(statement(9, oldest=3, head=9), statement(9, 3, 9), statement(5, oldest=8, head=9))
    found = examine("health", Lane(Ranges.of([9])), said, None)
    assert (found.fault.pairs, found.checking.pairs) == (((1, 2),), ())


def test_an_event_given_up_out_of_order_keeps_no_statement_open_for_ever() -> None:
    said = statement(9, events=(3, 5))
    assert outstanding(said, said, Ranges.of([1, 2, 4])).pairs == ((3, 3), (5, 5))
    assert settle(known(said, settled=False), Ranges.of([3, 4, 5])).settled == said


@given(sets, sets, st.integers(1, 70), st.integers(1, 70))
def test_beginning_where_all_is_sound_finds_the_same(
    stored: set[int], declared: set[int], oldest: int, settled: int
) -> None:
    said = Statements(statement(9, oldest, 60), statement(9, oldest, 60), statement(4, settled, 60))
    lane = Lane(Ranges.of(stored), entries(declared))
    start = sound_to("health", lane, said)
    assert examine("health", lane, said, None, start) == examine("health", lane, said, None)


def test_what_is_open_when_an_epoch_moves_is_checked_until_a_later_epoch_settles_and_then_a_fault() -> None:
    said, lane = known(statement(9, 8, 9), settled=False), Lane(Ranges.of([1, 9]))
    waiting = examine("health", lane, said, Ending(moved=True, heads={"health": 9}))
    assert (waiting.fault.pairs, waiting.checking.pairs) == ((), ((2, 7),))
    decided = examine("health", lane, said, Ending(moved=True, heads={"health": 9}, settled=True))
    assert (decided.fault.pairs, decided.checking.pairs) == (((2, 7),), ())
    damaged = examine("health", lane, said, Ending(moved=True, heads={"health": 9}, settled=True, damaged=True))
    assert (damaged.fault.pairs, damaged.checking.pairs, damaged.card.pairs) == ((), (), ((2, 7),))


def test_more_missing_under_an_entry_than_it_counts_is_a_fault_and_the_lane_is_not_left_behind() -> None:
    said = known(statement(400, 301, 400))
    thinned = Lane(Ranges.from_pairs([(1, 100), *((seq, seq) for seq in range(101, 300, 10))]), (Entry(102, 290, 171),))
    assert examine("health", thinned, said, None) == examine("health", thinned, said, None, 50)
    lost = Lane(without(thinned.stored, Ranges.of([151, 201])), thinned.entries)
    assert len(examine("health", thinned, said, None).fault) == 9, "292..300 stand beside the entry"
    found = examine("health", lost, said, None)
    assert len(found.fault) == 9 + 2
    assert sound_to("health", lost, said) == 102
    assert sound_to("health", thinned, said) == 292


def test_a_head_of_2_to_the_53_is_arithmetic_like_any_other() -> None:
    found = examine("health", Lane(Ranges.of([5])), known(statement(1, 2**53 - 1, 2**53 - 1)), None)
    assert len(found.fault) == 2**53 - 3
