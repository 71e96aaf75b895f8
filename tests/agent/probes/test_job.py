"""What one probe's memory makes of a target that is gone, or is another machine."""

from collections import Counter

import pytest

from agent.core.observation import Observation, Reason
from agent.core.schedule import first_slot
from agent.core.window import Window
from agent.probes.context import Target
from agent.probes.icmp import IcmpConfig
from agent.probes.job import Job

GONE_MS = 3_000_000


@pytest.fixture
def job() -> Job:
    target = Target("icmp", "gateway", IcmpConfig(), host="gateway")
    return Job(target, first_slot("kel-1", "icmp", 30_000, 0), Window("icmp", "gateway"))


def answered(at_ms: int, address: str = "10.9.0.1") -> Observation:
    return Observation("icmp", "gateway", at_ms, True, rtts_ms=(1.0,) * 3, detail={"address": address})


def gone(at_ms: int) -> Observation:
    return Observation("icmp", "gateway", at_ms, False, Reason.NO_TARGET)


def test_a_gateway_that_comes_and_goes_a_thousand_times_is_a_handful_of_events(job: Job) -> None:
    told = Counter[str]()
    for at_ms in range(0, GONE_MS, 3_000):
        for seen in (answered(at_ms), gone(at_ms + 1_500)):
            told.update(change.state for change in job.take(seen, seen.mono_ms)[0])
    assert told["flapping"] == 1
    assert told.total() <= 6
    states = [change.state for at_ms in (0, 700_000) for change in job.take(gone(GONE_MS + at_ms), GONE_MS + at_ms)[0]]
    assert states == ["unknown"]
    assert [change.state for change in job.take(answered(GONE_MS + 701_000), GONE_MS + 701_000)[0]] == ["up"]


def test_two_gateways_in_turn_are_a_handful_of_events_and_each_begins_from_nothing(job: Job) -> None:
    told = Counter[str]()
    for number, at_ms in enumerate(range(0, GONE_MS, 3_000)):
        seen = answered(at_ms, f"10.9.0.{1 + number % 2}")
        told.update(change.state for change in job.take(seen, at_ms)[0])
        assert job.recent.sent == 3
    assert told["flapping"] == 1
    assert told.total() <= 4
