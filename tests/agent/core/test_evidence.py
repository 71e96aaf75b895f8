"""Evidence in a journal: exact both ways, strict about everything else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.evidence import Evidence, EvidenceError, from_plain, to_plain
from agent.core.observation import Observation, Reason
from wire.histogram import wilson_interval

NUMBERS = st.floats(0, 1e6, allow_nan=False)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(2**50), 2**50), NUMBERS, st.text(max_size=20))
OBSERVATIONS = st.builds(
    Observation,
    st.sampled_from(["icmp", "tcp", "site"]),
    st.text(max_size=20),
    st.integers(0, 2**50),
    st.booleans(),
    st.sampled_from(list(Reason)),
    st.lists(st.none() | NUMBERS, max_size=8).map(tuple),
    st.integers(0, 9),
    st.integers(0, 9),
    phases_ms=st.dictionaries(st.text(max_size=8), NUMBERS, max_size=4),
    detail=st.dictionaries(st.text(max_size=8), SCALARS, max_size=4),
)
EVIDENCE = st.builds(
    Evidence,
    OBSERVATIONS,
    st.sampled_from(["unknown", "up", "down", "flapping"]),
    st.integers(0, 99),
    st.integers(0, 99),
    st.floats(0, 1),
    st.none() | OBSERVATIONS,
    fresh=st.booleans(),
)


@given(EVIDENCE)
def test_what_is_written_is_read_back_exactly(item: Evidence) -> None:
    assert from_plain(json.loads(json.dumps(to_plain(item)))) == item


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_anything_else_is_refused_with_its_own_error(raw: object) -> None:
    with pytest.raises(EvidenceError):
        from_plain(raw)


@given(EVIDENCE, st.sampled_from(["seen", "state", "failed_runs", "sent", "loss_low", "complaint", "fresh"]), JSON)
def test_one_damaged_field_is_refused_or_harmless(item: Evidence, name: str, value: object) -> None:
    plain = {**to_plain(item), name: value}
    try:
        found = from_plain(plain)
    except EvidenceError:
        return
    assert from_plain(json.loads(json.dumps(to_plain(found)))) == found


@pytest.mark.parametrize(
    "seen",
    [
        {"probe": "icmp", "target": "x", "mono_ms": 1},
        {"probe": "icmp", "target": "x", "mono_ms": 1, "ok": True, "reason": "no_such_reason"},
        {"probe": "icmp", "target": "x", "mono_ms": 1, "ok": True, "rtts_ms": [1.0] * 10_001},
        {"probe": "icmp", "target": "x", "mono_ms": 1, "ok": True, "rtts_ms": [float("nan")]},
        {"probe": "icmp", "target": "x", "mono_ms": 1, "ok": True, "rtts_ms": [10**400]},
        {"probe": "icmp", "target": "x", "mono_ms": 1, "ok": True, "detail": {"a": [1]}},
        {"probe": "icmp", "target": "x", "mono_ms": 1, "ok": True, "surprise": 1},
    ],
)
def test_an_observation_out_of_shape_is_refused(seen: dict[str, object]) -> None:
    with pytest.raises(EvidenceError):
        from_plain({"seen": seen})


@given(st.integers(1, 500), st.data())
def test_the_share_that_was_lost_can_be_told_from_what_is_kept(sent: int, data: st.DataObject) -> None:
    lost = data.draw(st.integers(0, sent))
    seen = Observation("icmp", "center", 0, True)
    item = Evidence(seen, sent=sent, loss_low=wilson_interval(lost, sent)[0])
    assert item.loss == pytest.approx(lost / sent, abs=1e-6) or lost == 0
