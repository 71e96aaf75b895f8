"""Up, down and flapping: the table in the module, and what holds for every sequence of rounds."""

from hypothesis import given
from hypothesis import strategies as st

from agent.core.reachability import (
    DEFAULT_POLICY,
    FACT_POLICY,
    Reachability,
    ReachPolicy,
    Transition,
    after_burst,
    after_loss,
    after_round,
)

UP = Reachability("up")


def play(rounds: str, memory: Reachability = UP, burst: bool = False, every_ms: int = 10_000) -> list[Transition]:
    """Rounds of "+" and "-", ten seconds apart, each a second long; every burst asked for ends as `burst` says."""
    announced: list[Transition] = []
    for number, letter in enumerate(rounds):
        began = number * every_ms
        step = after_round(memory, letter == "+", began, began + 1000)
        announced += step.transitions
        memory = step.memory
        if step.confirm:
            step = after_burst(memory, burst, began + 1000, began + 2000)
            announced += step.transitions
            memory = step.memory
    return announced


def test_three_failed_rounds_and_a_failed_burst_are_down_since_the_first_failure() -> None:
    assert play("++---") == [Transition("down", 42_000 + 0, 20_000)]


def test_two_failed_rounds_are_not_down() -> None:
    assert play("--+--+--+") == []


def test_an_answered_burst_saves_the_target_and_starts_the_count_anew() -> None:
    assert play("---", burst=True) == []
    assert play("-----", burst=True) == []


def test_five_good_rounds_are_up_since_the_first_of_them() -> None:
    down = Reachability("down")
    assert play("++++", down) == []
    assert play("+-+++++", down) == [Transition("up", 61_000, 20_000)]


def test_the_first_good_round_of_all_is_up_at_once() -> None:
    assert play("+", Reachability()) == [Transition("up", 1000, 0)]


def test_nothing_is_called_down_at_the_start_without_rounds_and_burst() -> None:
    assert play("--", Reachability()) == []
    assert play("---", Reachability()) == [Transition("down", 22_000, 0)]
    assert play("--+", Reachability()) == [Transition("up", 21_000, 20_000)]


def test_three_transitions_in_ten_minutes_are_flapping_and_announced_once() -> None:
    announced = play("---+++++---+++++---+++++")
    assert [change.state for change in announced] == ["down", "up", "flapping"]
    assert announced[2].onset_ms == 0


def test_flapping_ends_after_ten_quiet_minutes_in_the_state_that_holds() -> None:
    announced = play("---+++++---" + "+" * 80)
    assert [change.state for change in announced] == ["down", "up", "flapping", "up"]
    last_change = 15  # the fifth good round after the second outage
    assert announced[3].since_ms >= last_change * 10_000 + DEFAULT_POLICY.flap_ms
    assert announced[3].onset_ms == 110_000


def test_slow_changes_are_no_flapping() -> None:
    announced = play("---" + "+" * 70 + "---" + "+" * 70 + "---")
    assert [change.state for change in announced] == ["down", "up", "down", "up", "down"]


def test_a_fact_is_believed_at_once() -> None:
    step = after_round(UP, False, 1000, 1001, FACT_POLICY)
    assert step.transitions == (Transition("down", 1001, 1000),)
    assert not step.confirm
    assert after_round(step.memory, True, 2000, 2001, FACT_POLICY).transitions == (Transition("up", 2001, 2000),)


def test_a_burst_nobody_waits_for_any_more_counts_as_a_round() -> None:
    assert after_burst(UP, False, 0, 1000).memory.streak == 1


ROUNDS = st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 400_000), st.integers(0, 20_000)), max_size=80)


@given(ROUNDS, st.sampled_from([DEFAULT_POLICY, FACT_POLICY, ReachPolicy(2, 2, 4, 60_000)]))
def test_any_sequence_gives_legal_states_honest_onsets_and_no_down_from_one_loss(
    rounds: list[tuple[bool, bool, int, int]], policy: ReachPolicy
) -> None:
    memory, now, failed = Reachability(), 0, 0
    announced: list[Transition] = []
    for ok, burst_ok, pause, length in rounds:
        began = now + pause
        now = began + length
        failed = 0 if ok else failed + 1
        step = after_round(memory, ok, began, now, policy)
        if step.confirm:
            assert failed >= policy.down_after
            burst = after_burst(step.memory, burst_ok, now, now + 1000, policy)
            step = type(step)(burst.memory, (*step.transitions, *burst.transitions))
            now += 1000
            failed = 0 if burst_ok else failed
        memory = step.memory
        for change in step.transitions:
            assert 0 <= change.onset_ms <= change.since_ms == now
            assert change.state in ("up", "down", "flapping")
            if change.state == "down" and memory.actual == "down" and not ok:
                assert failed >= policy.down_after
            assert not announced or announced[-1].state != change.state or change.state == memory.actual
        announced += step.transitions
        assert memory.state == (announced[-1].state if announced else "unknown")
    assert [change.since_ms for change in announced] == sorted(change.since_ms for change in announced)


@given(st.lists(st.booleans(), max_size=60))
def test_a_single_loss_now_and_then_never_makes_a_target_down(gaps: list[bool]) -> None:
    rounds = "".join("-+" if gap else "+" for gap in gaps)
    assert play(rounds) == []


def test_a_target_that_comes_and_goes_is_flapping_and_told_once_it_stays() -> None:
    memory, told, now_ms = Reachability(), list[str](), 0
    for number in range(400):
        step = after_loss(memory, now_ms) if number % 2 else after_round(memory, True, now_ms, now_ms)
        memory, now_ms = step.memory, now_ms + 1500
        told += [change.state for change in step.transitions]
    assert told == ["up", "unknown", "up", "unknown", "up", "flapping"]
    for _ in range(500):
        step = after_loss(memory, now_ms)
        memory, now_ms = step.memory, now_ms + 1500
        told += [change.state for change in step.transitions]
    assert told[6:] == ["unknown"]
    assert after_round(memory, True, now_ms, now_ms).transitions[0].state == "up"
