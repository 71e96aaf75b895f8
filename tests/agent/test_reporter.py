"""When health reports are filed, whatever the clock of a box that slept does."""

import asyncio

import pytest

from agent.events import EventLog
from agent.fakes import FakeClock
from agent.health.board import Board
from agent.health.config import HealthConfig
from agent.health.reading import SystemReader
from agent.reporter import Reporter
from tests.support.told_line import Outbox


class NoProbes:
    def windows(self) -> tuple[()]:
        return ()

    def verdict(self) -> str:
        return "OK"


async def _held() -> tuple[str, dict[str, tuple[int, int, int]]]:
    return "e", {}


def test_the_reports_a_box_slept_through_are_one_and_the_next_is_in_time(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, outbox, slept = FakeClock(), Outbox(), list[float]()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) > 5:
            raise asyncio.CancelledError
        clock.advance(seconds + (1000 if len(slept) == 3 else 0.01))  # the box was put to sleep the third time

    monkeypatch.setattr(asyncio, "sleep", sleep)
    subject = Reporter(
        interval_s=60.0,
        clock=clock,
        reader=SystemReader(HealthConfig(), tmp_path, Board()),  # type: ignore[arg-type]
        probes=NoProbes(),
        events=EventLog(outbox, clock),
        held=_held,
        warnings=lambda: (),
    )
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(subject.run())
    periods = [body["period_s"] for body in outbox.of("report")]
    assert periods[2] > 1000
    assert all(period >= 19 for period in periods[3:]), periods
