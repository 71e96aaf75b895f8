"""What one probe's memory makes of a target that is gone, or is another machine."""

from collections import Counter

import pytest

from agent.core.diagnosis import diagnose
from agent.core.evidence import Evidence, from_plain, to_plain
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


def test_a_router_that_spoke_only_while_the_last_ping_was_still_answered_is_believed() -> None:
    target = Target("icmp", "center", IcmpConfig(), host="center")
    job = Job(target, first_slot("kel-1", "icmp", 30_000, 0), Window("icmp", "center"))
    said = {
        "address": "10.9.1.2",
        "offender": "10.9.0.1",
        "offender_is_us": False,
        "offender_hops": 1,
        "said": "net_unreachable",
    }
    job.take(Observation("icmp", "center", 0, True, rtts_ms=(1.0, None, None), detail=said), 3_000)
    silent = Observation("icmp", "center", 3_000, False, Reason.NO_REPLY, (None,) * 6, detail={"address": "10.9.1.2"})
    job.take(silent, 6_000)
    found = job.evidence(6_000)
    assert found is not None
    gateway = Observation("icmp", "gateway", 6_000, True, rtts_ms=(1.0,) * 6, detail={"address": "10.9.0.1"})
    assert diagnose([found, Evidence(gateway, "up", 0, 40)]).code == "L5a"
    assert from_plain(to_plain(found)) == found
    job.take(Observation("icmp", "center", 9_000, True, rtts_ms=(1.0,) * 3, detail={"address": "10.9.1.2"}), 12_000)
    assert job.complaint is None
