"""What a live diagnosis makes of several runs of one probe."""

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
