"""One target pinged without an end: what a wakeup settles, what a busy host spoils, what a new address ends."""

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, cast

import pytest

from agent.core.observation import Reason
from agent.fakes import FakeClock
from agent.probes.context import Context, Target
from agent.probes.errors import ProbeError
from agent.probes.icmp import IcmpConfig
from agent.probes.icmpwire import IcmpError
from agent.probes.pinger import Echo, Pinger
from agent.probes.resolve import Resolver
from agent.probes.stream import BURST, HURRY_S, METERED_S, PRIMED_S, ROUND, Seen, Stream

ADDRESS = "10.9.1.2"
UNREACHABLE = IcmpError(Reason.HOST_UNREACHABLE, 3, 1, "10.9.0.1", 113)


class Wire(Pinger):
    """Pings that leave now and are answered as the test says."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self.sent: list[tuple[float, Echo]] = []
        self.forgotten: list[Echo] = []
        self.refusal: ProbeError | None = None

    def send(self, address: str, payload_bytes: int, changed: Callable[[Echo], None], **_: Any) -> Echo:
        if self.refusal is not None:
            raise self.refusal
        echo = Echo(address, changed, b"", sent_ns=round(self.now_s * 1e9))
        self.sent.append((self.now_s, echo))
        return echo

    def forget(self, echoes: Iterable[Echo]) -> None:
        self.forgotten += echoes


class Driven:
    """A stream driven along its own wakeups. `answer(at_s)` is the round trip in ms of a ping sent then, or None."""

    def __init__(self, *, metered: bool = False, **config: Any) -> None:
        self.wire, self.clock = Wire(), FakeClock(mono_ms=0)
        context = Context(self.clock, self.wire, Resolver(Path("/"), ""))
        target = Target("icmp", "center", IcmpConfig(**config), host="center")
        self.stream = Stream(target, context, metered=metered)
        self.answer: Callable[[float], float | None] = lambda _: 5.0
        self.late_s: Callable[[float], float] = lambda _: 0.0
        self.seen: list[Seen] = []
        self.stream.begin(ADDRESS, 0.0, 0.0)

    def until(self, end_s: float) -> "Driven":
        """Wake the stream whenever it asks for it."""
        while (planned_s := self.stream.wake_s) <= end_s:
            now_s = max(planned_s, self.wire.now_s) + self.late_s(planned_s)
            self.clock.advance(now_s - self.wire.now_s)
            self.wire.now_s = now_s
            for at_s, echo in self.wire.sent:
                rtt_ms = self.answer(at_s)
                if rtt_ms is not None and at_s + rtt_ms / 1000 <= now_s:
                    echo.rtt_ms = rtt_ms
            self.seen += self.stream.tick(now_s, planned_s)
        return self

    @property
    def times(self) -> list[float]:
        """When the counted pings left."""
        return [round(at_s, 3) for at_s, _ in self.wire.sent[1:]]

    @property
    def runs(self) -> list[Any]:
        return [seen.run for seen in self.seen if seen.run is not None]


def test_the_first_round_is_quick_and_then_a_ping_leaves_every_second_on_the_grid() -> None:
    line = Driven().until(6.5)
    assert line.times[:3] == [PRIMED_S, 0.4, 0.6]
    assert line.times[-5:] == [2.0, 3.0, 4.0, 5.0, 6.0]
    assert all(run.ok and run.lost == 0 and run.sent == ROUND for run in line.runs)


def test_a_healthy_line_costs_one_wakeup_a_second() -> None:
    line = Driven().until(10.0)
    before = len(line.wire.sent)
    wakes = 0
    while line.stream.wake_s <= 70.0:
        wakes += 1
        line.until(line.stream.wake_s)
    assert (wakes, len(line.wire.sent) - before) == (60, 60)


def test_on_a_metered_line_a_ping_leaves_every_five_seconds_once_its_state_is_known() -> None:
    line = Driven(metered=True).until(3.0)
    line.stream.hurried = False
    line.until(40.0)
    assert {round(b - a, 3) for a, b in zip(line.times[-5:], line.times[-4:], strict=False)} == {METERED_S}
    line.stream.hurried = True
    line.until(60.0)
    assert round(line.times[-1] - line.times[-2], 3) == HURRY_S


def test_a_dead_line_fails_its_rounds_from_the_first_lost_ping_on() -> None:
    line = Driven()
    line.answer = lambda at_s: 5.0 if at_s < 10.5 else None
    line.until(20.0)
    failed = [run for run in line.runs if not run.ok]
    assert [run.reason for run in failed] == [Reason.NO_REPLY] * len(failed)
    assert {run.mono_ms for run in failed} == {11_000}
    assert line.clock.mono_ms() <= 20_000
    shown = [seen.shown for seen in line.seen if seen.shown is not None]
    assert [one.ok for one in shown].index(False) > [run.ok for run in line.runs].index(False)


def test_an_answer_after_its_time_keeps_the_target_alive() -> None:
    line = Driven()
    line.answer = lambda _: 2500.0  # the limit is 2 s, late is up to 5 s
    line.until(20.0)
    assert len(line.runs) >= 4
    assert all(run.lost == run.sent for run in line.runs)
    assert all(run.ok and run.late for run in line.runs[2:])


def test_a_burst_is_sent_at_once_and_only_once() -> None:
    line = Driven().until(5.0)
    line.stream.confirm()
    line.stream.confirm()
    line.until(12.0)
    burst = [seen for seen in line.seen if seen.burst]
    assert len(burst) == 1
    run = burst[0].run
    assert run is not None
    assert run.sent == BURST
    quick = [b - a for a, b in zip(line.times, line.times[1:], strict=False) if a >= 5.0][:4]
    assert all(gap_s < 0.25 for gap_s in quick)


def test_losses_that_left_late_are_set_apart_and_answers_that_left_late_count() -> None:
    line = Driven().until(10.0)
    line.late_s = lambda planned_s: 0.05 if planned_s == math.floor(planned_s) else 0.0
    line.answer = lambda _: None
    line.until(18.0)
    passed_over = [seen for seen in line.seen if seen.run is None]
    assert passed_over
    assert all(seen.suspect for seen in passed_over)
    line.answer = lambda _: 5.0
    line.until(40.0)
    last = line.runs[-1]
    assert (last.ok, last.lost, last.sent_late) == (True, 0, ROUND)
    assert last.detail["lateness_ms"] == 50.0


def test_what_ran_out_while_the_host_stood_still_is_suspect() -> None:
    line = Driven().until(10.0)
    line.answer = lambda at_s: None if 10.5 < at_s < 13.5 else 5.0
    line.late_s = lambda planned_s: 6.0 if planned_s == 12.0 else 0.0
    line.until(30.0)
    assert line.stream.skipped >= 5
    assert not [run for run in line.runs if not run.ok]


def test_an_error_that_comes_after_the_ping_was_given_up_still_tells_who_complained() -> None:
    line = Driven().until(10.0)
    line.answer = lambda _: None
    line.until(13.5)
    late = next(echo for at_s, echo in line.wire.sent if at_s >= 11.0)
    line.until(14.0)
    late.error, late.error_ms = UNREACHABLE, 3000.0
    line.until(16.0)
    told = [run for run in line.runs if run.detail.get("offender")]
    assert told[0].detail["offender"] == "10.9.0.1"
    assert told[0].detail["error_after_ms"] == 3000.0
    assert told[0].reason is Reason.HOST_UNREACHABLE


def test_another_address_starts_from_nothing_and_the_same_one_goes_on() -> None:
    line = Driven().until(5.0)
    sent = len(line.wire.sent)
    line.stream.begin(ADDRESS, 0.0, 5.0)
    assert len(line.wire.sent) == sent
    line.stream.begin("10.9.1.9", 0.0, 5.0)
    assert line.wire.sent[-1][1].address == "10.9.1.9"
    line.until(8.0)
    assert line.runs[-1].detail["address"] == "10.9.1.9"
    line.stream.end()
    assert line.stream.wake_s == math.inf
    assert {id(echo) for _, echo in line.wire.sent} == {id(echo) for echo in line.wire.forgotten}


def test_nothing_is_remembered_of_pings_that_are_settled() -> None:
    line = Driven()
    line.answer = lambda at_s: 5.0 if int(at_s) % 7 else None
    line.until(400.0)
    held = len(line.wire.sent) - len({id(echo) for echo in line.wire.forgotten})
    assert held <= 2 * ROUND + 5


def test_a_ping_that_may_not_be_sent_is_the_callers_to_tell() -> None:
    line = Driven().until(5.0)
    line.wire.refusal = ProbeError(Reason.NOT_PERMITTED)
    with pytest.raises(ProbeError, match="not_permitted"):
        line.until(6.0)
    assert cast(float, line.stream.due_s) > 6.0


def test_pings_that_were_on_their_way_when_the_box_was_put_to_sleep_date_no_outage_to_before_it() -> None:
    line = Driven().until(10.0)
    line.answer = lambda at_s: None if at_s > 10.5 else 5.0
    line.until(11.5)
    line.clock.advance(3600)  # boot-time goes on, the loop's clock does not
    asleep_until_ms = line.clock.mono_ms()
    line.until(60.0)
    failed = [run for run in line.runs if not run.ok]
    assert failed
    assert min(run.mono_ms for run in failed) >= asleep_until_ms
