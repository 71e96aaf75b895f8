"""Pings without an end become rounds: when one closes, what it says, from when it dates, what a busy host excuses."""

from hypothesis import given
from hypothesis import strategies as st

from agent.core.reachability import Reachability, Transition, after_burst, after_round
from agent.core.rounds import PATIENCE, Ping, Round, Rounds


def play(letters: str, size: int = 3) -> list[Round[Ping]]:
    """One ping a second: + answered, - lost, ~ sent late and lost, ! sent late and answered; each settled at once."""
    rounds: Rounds[Ping] = Rounds(size)
    found = []
    for number, letter in enumerate(letters):
        ping = Ping(1000 * number, suspect=letter in "~!", rtt_ms=5.0 if letter in "+!" else None, settled=True)
        rounds.sent(ping)
        found += rounds.closed()
    return found


def test_a_round_closes_with_its_last_ping_and_is_good_when_anything_came_back() -> None:
    first, second = play("+--" + "---")
    assert (first.ok, first.rtts_ms) == (True, (5.0, None, None))
    assert (second.ok, second.rtts_ms) == (False, (None, None, None))


def test_a_failed_round_dates_from_the_first_lost_ping_in_the_round_before() -> None:
    assert [one.began_ms for one in play("++-" + "---" + "---")] == [0, 2000, 2000]


def test_a_good_round_dates_from_its_first_answer() -> None:
    assert [one.began_ms for one in play("---" + "--+")] == [0, 5000]


def test_a_round_waits_for_those_before_it() -> None:
    rounds: Rounds[Ping] = Rounds(2)
    pings = [Ping(number) for number in range(4)]
    for ping in pings:
        rounds.sent(ping)
    pings[2].settled = pings[3].settled = True
    assert rounds.closed() == []
    pings[0].settled = pings[1].settled = True
    assert [one.pings for one in rounds.closed()] == [(pings[0], pings[1]), (pings[2], pings[3])]


def test_a_late_answer_makes_the_round_it_comes_in_good_and_is_counted_there() -> None:
    rounds: Rounds[Ping] = Rounds(1)
    rounds.sent(Ping(0, settled=True))
    assert [one.ok for one in rounds.closed()] == [False]
    rounds.came_late()
    rounds.sent(Ping(1, settled=True))
    (alive,) = rounds.closed()
    assert (alive.ok, alive.late, alive.rtts_ms) == (True, 1, (None,))


def test_losses_of_a_busy_host_are_passed_over_but_not_for_ever() -> None:
    found = play("~--" * (PATIENCE + 1) + "~--")
    assert [one.counted for one in found] == [False] * PATIENCE + [True, False]
    assert found[PATIENCE].rtts_ms == (None, None, None)
    assert found[0].suspect == 1


def test_answers_of_a_busy_host_count_and_its_losses_among_them_do_not() -> None:
    (seen,) = play("!~+")
    assert (seen.ok, seen.counted, seen.rtts_ms, seen.suspect, seen.excused) == (True, True, (5.0, 5.0), 2, 1)


def test_a_burst_cuts_the_round_it_interrupts_short_and_is_only_one() -> None:
    rounds: Rounds[Ping] = Rounds(3)
    rounds.sent(Ping(0, settled=True))
    rounds.begin_burst(2)
    rounds.begin_burst(2)
    assert rounds.burst_unsent
    for number in (1, 2, 3):
        rounds.sent(Ping(number, settled=True))
    assert [(one.burst, len(one.pings)) for one in rounds.closed()] == [(False, 1), (True, 2)]
    assert not rounds.in_burst


def test_an_outage_is_down_after_three_rounds_and_the_burst_since_its_first_lost_ping() -> None:
    memory, rounds, announced = Reachability("up"), Rounds[Ping](3), list[Transition]()
    for second in range(40):
        rounds.sent(Ping(1000 * second, rtt_ms=5.0 if second < 7 else None, settled=True))
        for one in rounds.closed():
            take = after_burst if one.burst else after_round
            step = take(memory, one.ok, one.began_ms, 1000 * second)
            memory, announced = step.memory, [*announced, *step.transitions]
            if step.confirm:
                rounds.begin_burst(5)
    assert announced == [Transition("down", 22_000, 7_000)]  # at one a second; a burst's five take one


@given(st.text("+-~!", max_size=80), st.integers(1, 6))
def test_every_ping_is_in_one_round_in_order_and_nothing_lost_by_the_host_alone_counts(letters: str, size: int) -> None:
    found = play(letters, size)
    sent = [ping.sent_ms for one in found for ping in one.pings]
    assert sent == [1000 * number for number in range(len(letters) // size * size)]
    for one in found:
        assert one.began_ms <= one.pings[-1].sent_ms
        if one.ok:
            assert len(one.rtts_ms) + one.excused == len(one.pings)
            assert one.counted
        elif not one.counted:
            assert one.excused
        else:
            assert one.rtts_ms == (None,) * len(one.pings)
    passed = "".join("." if one.counted else "x" for one in found)
    assert "x" * (PATIENCE + 1) not in passed
