"""What ledger entries count, against a node that gives up and loses numbers under them."""

import random

from hypothesis import given
from hypothesis import strategies as st

from center.core.counts import Entry, excess
from wire.ranges import Ranges

ALL = 400


def thinned(chance: random.Random, held: set[int], first: int, last: int) -> list[Entry]:
    """Give up about half of what is held from `first` to `last`, as one entry that begins and ends with one of them."""
    gone = sorted(seq for seq in held if first <= seq <= last and chance.random() < 0.5)
    held.difference_update(gone)
    return [Entry(gone[0], gone[-1], len(gone))] if gone else []


@given(st.integers(0, 10_000))
def test_what_is_counted_is_no_fault_and_each_silent_loss_under_an_entry_is_one(seed: int) -> None:
    chance = random.Random(seed)
    held = set(range(1, ALL + 1))
    entries: list[Entry] = []
    for first in (chance.randrange(1, ALL) for _ in range(6)):
        entries += thinned(chance, held, first, first + chance.randrange(5, 120))
    assert not excess(entries, Ranges.of(held), 1, ALL + 1).fault
    covered = sorted(seq for seq in held if any(entry.first <= seq <= entry.last for entry in entries))
    stolen = set(chance.sample(covered, min(3, len(covered))))
    found = excess(entries, Ranges.of(held - stolen), 1, ALL + 1)
    assert len(found.fault) == len(stolen)
    assert (found.begin is None) == (not stolen)


def test_a_stretch_that_is_not_over_says_nothing_and_is_not_left_behind() -> None:
    entries = [Entry(10, 20, 3), Entry(18, 30, 2)]
    found = excess(entries, Ranges(), 1, sure=30)
    assert (found.fault.pairs, found.begin) == ((), 10)
    found = excess(entries, Ranges(), 1, sure=31)
    assert (found.fault.pairs, found.begin) == (((15, 30),), 10), "21 missing, 5 counted: the newest 16 stand for it"


def test_a_stretch_of_which_only_the_end_was_read_says_nothing() -> None:
    assert excess([Entry(10, 20, 3)], Ranges(), start=15, sure=31).begin is None


def test_an_entry_that_counts_none_explains_all_it_covers() -> None:
    assert not excess([Entry(1, 2**53 - 1, 0), Entry(5, 9, 1)], Ranges(), 1, 2**53).fault
