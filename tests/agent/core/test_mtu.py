"""What pings of different sizes prove, and what they do not."""

import random

from agent.core.mtu import IPV6_MINIMUM, PLATEAUS, SMALL, Tally, below


def tally(*rows: tuple[int, int, int]) -> Tally:
    """(size, sent, answered) rows."""
    found = Tally()
    for size, sent, answered in rows:
        found.add((size, number < answered) for number in range(sent))
    return found


def test_plateaus_fall_and_end_at_what_every_host_must_take() -> None:
    assert list(PLATEAUS) == sorted(set(PLATEAUS), reverse=True)
    assert below(1500, ipv6=False)[0] == 1492
    assert below(1450, ipv6=False)[0] == 1420
    assert below(576, ipv6=False) == ()
    assert below(1500, ipv6=True)[-1] == IPV6_MINIMUM


def test_all_large_ones_lost_and_no_small_one_is_size() -> None:
    assert tally((1500, 3, 0), (1400, 2, 2), (1300, 2, 2), (1200, 2, 2), (SMALL, 4, 4)).size_matters
    assert tally((1500, 3, 0), (1400, 2, 2), (1300, 2, 2), (1200, 2, 2), (SMALL, 4, 4)).largest == 1400


def test_loss_of_the_small_ones_too_is_loss() -> None:
    assert not tally((1500, 3, 0), (SMALL, 6, 3)).size_matters
    assert not tally((1500, 1, 0), (SMALL, 3, 3)).size_matters


def test_nothing_proves_nothing() -> None:
    assert not Tally().size_matters
    assert not tally((1500, 8, 0), (SMALL, 8, 0)).size_matters
    assert not tally((1500, 8, 8)).size_matters
    assert Tally().largest == 0


def test_a_line_that_loses_a_third_blames_size_in_less_than_one_run_in_a_hundred() -> None:
    """The pings of a whole run: full ones with small ones beside, then two of each plateau."""
    dice = random.Random(4)
    wrong = 0
    for _ in range(3000):
        found = Tally()
        sizes = [1500, SMALL] * 3 + [size for size in below(1500, ipv6=False) for _ in range(2)]
        found.add((size, dice.random() > 0.36) for size in sizes)
        if found.largest < 1500 and not found.size_matters:
            found.add((size, dice.random() > 0.36) for size in [1500, found.largest or SMALL] * 5)
        wrong += found.largest < 1492 and found.size_matters
    assert wrong / 3000 < 0.01
