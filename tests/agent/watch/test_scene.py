"""The scene out of an agent's answer, whatever the answer, and what is remembered from scene to scene."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agent.core.diagnosis import Diagnosis
from agent.core.evidence import Evidence, to_plain
from agent.core.observation import Observation, Reason
from agent.watch.scene import MOST_SAMPLES, Memory, Scene, from_agent

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
KEYS = ("node", "items", "outbox", "warnings", "maintenance", "connected", "server", "acked_age_s")


def answer(**more: Any) -> dict[str, Any]:
    seen = Observation("icmp", "center", 5_000, True, rtts_ms=(10.0, None, 12.0), detail={"address": "10.0.0.5"})
    link = Observation("link", "local", 5_000, False, Reason.NO_CARRIER, detail={"interface": "eth0"})
    return {
        "node": "kel-3673011001",
        "items": [to_plain(Evidence(seen, "up")), to_plain(Evidence(link, "down", failed_runs=4))],
        "connected": True,
        "server": "pusat:8883",
        "outbox": {"pending": 3, "oldest_s": 40},
        "warnings": [{"code": "clock_unsynced", "severity": "warning"}],
        "maintenance": None,
        **more,
    }


def test_the_verdict_is_judged_from_the_evidence_told() -> None:
    scene = from_agent(answer())
    assert scene.diagnosis.code == "L1"
    assert scene.pings == {"center": (5_000, (10.0, None, 12.0))}
    assert scene.addresses == {"center": "10.0.0.5"}
    assert (scene.pending, scene.oldest_s, scene.warnings) == (3, 40, [("clock_unsynced", "warning")])


def test_evidence_this_version_does_not_know_is_passed_over() -> None:
    items = [{"seen": {"probe": "icmp", "target": "center", "mono_ms": 1, "ok": False, "reason": "from_2031"}}, 7]
    assert from_agent(answer(items=items)).diagnosis.code == "U0"


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, JSON)))
def test_no_answer_breaks_it(raw: dict[str, Any]) -> None:
    assert from_agent(raw).diagnosis.code == "U0"


def test_a_run_of_pings_is_remembered_once_however_often_it_is_told() -> None:
    memory = Memory()
    for _ in range(3):
        memory.take(from_agent(answer()), "10.00.00")
    assert list(memory.samples["center"]) == [10.0, None, 12.0]
    for _ in range(MOST_SAMPLES):
        memory.add("center", (1.0, 2.0))
    assert len(memory.samples["center"]) == MOST_SAMPLES


def test_changes_are_told_once() -> None:
    memory, scene = Memory(), Scene("agent", "kel-1", Diagnosis("OK"), connected=True)
    assert memory.take(scene, "10.00.00") == (">OK",)
    assert memory.take(scene, "10.00.01") == ()
    worse = replace(scene, diagnosis=Diagnosis("L5b"), connected=False)
    assert memory.take(worse, "10.00.02") == ("disconnected", "OK>L5b")
    gone = replace(worse, source="live", connected=None, maintenance_left_s=60)
    assert memory.take(gone, "10.00.03") == ("agent_gone", "maintenance_begun")
    assert memory.take(scene, "10.00.04") == ("agent_back", "L5b>OK", "maintenance_over")
    assert [clock for clock, _ in memory.events][-1] == "10.00.04"


def test_outages_of_before_are_the_first_events_oldest_first() -> None:
    memory = Memory()
    rows = [
        {"code": "L5d", "onset_ms": 2_000, "duration_s": None, "clock_known": True},
        {"code": "L1", "onset_ms": 1_000, "duration_s": 61.5, "clock_known": False},
        {"number": 3, "error": "torn"},
        {"code": "L4", "onset_ms": "x", "duration_s": 1},
    ]
    memory.seed(rows, lambda wall_ms: f"at {wall_ms}")
    assert list(memory.events) == [("??.??.??", "outage L1 61"), ("at 2000", "outage L5d ")]
