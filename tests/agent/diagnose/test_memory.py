"""What a live diagnosis makes of several runs of one probe."""

from random import Random

import pytest

from agent.core.ladder.quality import interruptions
from agent.core.observation import Observation, Reason
from agent.diagnose.memory import Memory

GOOD, LOST = 10.0, None


def pings(rtts_ms: tuple[float | None, ...], reason: Reason = Reason.NONE, **detail: str) -> Observation:
    ok = any(rtt_ms is not None for rtt_ms in rtts_ms)
    return Observation(
        "icmp", "center", 0, ok, Reason.NONE if ok else reason or Reason.NO_REPLY, rtts_ms, detail=detail
    )


def only(memory: Memory) -> tuple[int, int, float]:
    (item,) = memory.evidence()
    return item.sent, item.seen.lost, item.loss_low


def test_all_pings_of_all_runs_speak_for_the_loss() -> None:
    memory = Memory()
    memory.take(pings((GOOD,) * 190 + (LOST,) * 10))
    memory.take(pings((GOOD,) * 54 + (LOST,) * 6), calm=True)
    sent, lost, low = only(memory)
    assert (sent, lost) == (260, 16)
    assert low > 0.02


def test_pings_that_are_only_rationed_are_no_loss() -> None:
    memory = Memory()
    memory.take(pings((GOOD,) * 100 + (LOST,) * 100))
    memory.take(pings((GOOD,) * 60), calm=True)
    assert only(memory) == (60, 0, 0.0)


def rationed(count: int, every: int, saved: int) -> tuple[float | None, ...]:
    """`saved` pings answered at once, then each `every`-th."""
    return tuple(GOOD if number < saved or number % every == 0 else LOST for number in range(count))


@pytest.mark.parametrize(("per_s", "saved"), [(5, 5), (10, 2), (10, 20), (20, 10)])
def test_a_ration_that_not_even_the_calm_pace_keeps_is_no_loss(per_s: int, saved: int) -> None:
    memory = Memory()
    memory.take(pings(rationed(200, 100 // per_s, saved)))
    memory.take(pings(rationed(60, max(1, round(25 / per_s)), 3)), calm=True)
    (item,) = memory.evidence()
    assert (item.loss_low, interruptions(item)) == (0.0, 0)


@pytest.mark.parametrize("answered", [0.3, 0.5, 0.7, 0.9])
def test_the_same_share_lost_at_both_paces_is_loss(answered: float) -> None:
    memory, draw = Memory(), Random(int(answered * 10))
    memory.take(pings(tuple(GOOD if draw.random() < answered else LOST for _ in range(200))))
    memory.take(pings(tuple(GOOD if draw.random() < answered else LOST for _ in range(60))), calm=True)
    assert only(memory)[2] > 0.02


def test_a_line_that_was_gone_for_a_while_is_not_taken_for_a_ration() -> None:
    memory = Memory()
    memory.take(pings((GOOD,) * 30 + (LOST,) * 170))
    memory.take(pings((LOST,) * 150 + (GOOD,) * 50))
    memory.take(pings((GOOD,) * 60), calm=True)
    assert only(memory)[2] > 0.02


def test_a_little_loss_is_not_taken_for_rationing() -> None:
    memory = Memory()
    memory.take(pings((GOOD,) * 190 + (LOST,) * 10))
    memory.take(pings((GOOD,) * 60), calm=True)
    assert only(memory)[:2] == (260, 10)


def test_failures_in_a_row_are_counted_and_a_success_ends_them() -> None:
    memory = Memory()
    refused = Observation("tcp", "center", 0, False, Reason.TIMEOUT, (None,))
    memory.take(refused)
    memory.take(refused)
    assert memory.evidence()[0].failed_runs == 2
    memory.take(Observation("tcp", "center", 0, True, rtts_ms=(1.0,)))
    assert memory.evidence()[0].failed_runs == 0


def test_what_somebody_said_about_the_way_is_kept_although_later_runs_are_silent() -> None:
    memory = Memory()
    memory.take(pings((LOST,) * 5, Reason.PROHIBITED, offender="192.0.2.1"))
    memory.take(pings((LOST,) * 5))
    (item,) = memory.evidence()
    assert item.complaint is not None
    assert item.complaint.reason is Reason.PROHIBITED


def test_a_line_the_agent_saw_flapping_is_flapping() -> None:
    memory = Memory(frozenset({"icmp:center"}))
    memory.take(pings((GOOD,) * 5))
    assert memory.evidence()[0].state == "flapping"
