"""The state of a node is a function of its last evidence and the centre's clock, and of nothing else."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.core.node_state import DEFAULT_POLICY, Evidence, State, judge, silence_window_ms
from wire.verdicts import VERDICTS

T0 = 1_760_000_000_000
LISTENING = T0 - 3_600_000
WELL = Evidence(live_ms=T0, born_ms=T0 - 60_000, hint="online", hint_ms=T0 - 60_000, report_ms=T0, verdict="OK")
WINDOW = silence_window_ms(WELL)

times = st.none() | st.integers(T0 - 10_000_000, T0)
evidences = st.builds(
    Evidence,
    live_ms=times,
    born_ms=times,
    hint=st.sampled_from(["", "online", "offline"]),
    hint_reason=st.sampled_from(["birth", "will", "stop"]),
    hint_ms=times,
    report_ms=times,
    report_period_s=st.floats(0, 100_000),
    verdict=st.sampled_from(["", "OK", "L4", "U0", "invented"]),
    warnings=st.lists(st.just("sd_wear"), max_size=1).map(tuple),
    retired=st.booleans(),
    maintenance=st.booleans(),
    parent_down=st.booleans(),
)


def state(evidence: Evidence, at_ms: int, listening: int | None = LISTENING) -> State:
    return judge(evidence, at_ms, listening).state


def test_a_node_that_reports_well_is_up_until_its_evidence_is_stale() -> None:
    assert state(WELL, T0) is State.UP
    assert state(WELL, T0 + WINDOW - 1) is State.UP
    silent = judge(WELL, T0 + WINDOW, LISTENING)
    assert (silent.state, silent.cause, silent.since_ms) == (State.DOWN, "silent", T0)


def test_a_node_never_heard_of_is_unknown_not_down() -> None:
    assert judge(Evidence(), T0, LISTENING).cause == "never_seen"
    assert state(Evidence(), T0) is State.UNKNOWN


def test_a_retained_online_alone_is_not_evidence() -> None:
    assert state(Evidence(hint="online", hint_ms=T0, born_ms=T0), T0) is State.UNKNOWN


def test_a_will_counts_after_a_grace_and_says_since_when() -> None:
    dead = replace(WELL, hint="offline", hint_reason="will", hint_ms=T0 + 100)
    assert state(dead, T0 + 100) is State.UP
    judgement = judge(dead, T0 + 100 + DEFAULT_POLICY.grace_ms, LISTENING)
    assert (judgement.state, judgement.cause, judgement.since_ms) == (State.DOWN, "lost", T0 + 100)


def test_an_orderly_stop_is_a_planned_outage() -> None:
    stopped = replace(WELL, hint="offline", hint_reason="stop", hint_ms=T0 + 100)
    assert judge(stopped, T0 + 60_000, LISTENING).cause == "planned"


def test_batches_under_way_when_the_will_fired_do_not_revive_the_node_but_later_life_does() -> None:
    dead = replace(WELL, hint="offline", hint_reason="will", hint_ms=T0)
    late = replace(dead, live_ms=T0 + DEFAULT_POLICY.settle_ms)
    alive = replace(dead, live_ms=T0 + 20_000, report_ms=T0 + 20_000)
    assert state(late, T0 + 20_000) is State.DOWN
    assert state(alive, T0 + 20_000) is State.UP


@pytest.mark.parametrize(
    ("verdict", "expected"), [("L4", State.DEGRADED), ("Q2", State.DEGRADED), ("U0", State.UP), ("W1", State.UP)]
)
def test_its_own_verdict_degrades_a_node_unless_it_is_a_mere_note(verdict: str, expected: State) -> None:
    assert state(replace(WELL, verdict=verdict), T0) is expected


def test_every_verdict_that_is_more_than_a_note_degrades_and_so_does_one_from_the_future() -> None:
    for code, verdict in VERDICTS.items():
        quiet = verdict.severity in {"ok", "note"} or verdict.party == "agency"
        assert state(replace(WELL, verdict=code), T0) is (State.UP if quiet else State.DEGRADED)
    assert state(replace(WELL, verdict="X9"), T0) is State.DEGRADED


def test_warnings_degrade() -> None:
    assert judge(replace(WELL, warnings=("sd_wear",)), T0, LISTENING).cause == "warnings"


def test_connected_but_without_reports_is_degraded() -> None:
    talking = replace(WELL, live_ms=T0 + WINDOW)
    assert judge(talking, T0 + WINDOW, LISTENING).cause == "no_report"


def test_a_blind_centre_calls_nobody_dead() -> None:
    assert state(WELL, T0 + 1, None) is State.UP
    assert state(WELL, T0 + WINDOW, None) is State.UNKNOWN
    assert state(WELL, T0 + 10 * WINDOW, T0 + 10 * WINDOW - 1) is State.UNKNOWN
    assert state(WELL, T0 + 11 * WINDOW, T0 + 10 * WINDOW) is State.DOWN


def test_a_death_heard_before_the_centre_went_blind_fades_into_unknown() -> None:
    dead = replace(WELL, hint="offline", hint_reason="will", hint_ms=T0)
    assert state(dead, T0 + 20_000, None) is State.DOWN
    assert state(dead, T0 + WINDOW, None) is State.UNKNOWN


def test_below_a_parent_that_is_down_a_silent_node_is_unreachable() -> None:
    assert state(replace(WELL, parent_down=True), T0 + WINDOW) is State.UNREACHABLE


@given(evidences, st.integers(T0, T0 + 100_000_000), st.none() | st.integers(T0 - 10_000_000, T0))
def test_any_evidence_gives_a_state_and_the_same_one_twice(
    evidence: Evidence, now_ms: int, listening_ms: int | None
) -> None:
    first = judge(evidence, now_ms, listening_ms)
    assert first == judge(evidence, now_ms, listening_ms)
    assert first.since_ms is None or first.since_ms <= now_ms


@given(evidences, st.integers(T0, T0 + 100_000_000))
def test_peoples_word_stands_above_evidence(evidence: Evidence, now_ms: int) -> None:
    assert state(replace(evidence, retired=True), now_ms) is State.RETIRED
    assert state(replace(evidence, retired=False, maintenance=True), now_ms) is State.MAINT


@given(evidences, st.integers(T0, T0 + 100_000_000))
def test_down_is_said_only_while_listening_or_just_after_a_death_was_heard(evidence: Evidence, now_ms: int) -> None:
    if state(evidence, now_ms, None) in {State.DOWN, State.UNREACHABLE}:
        assert evidence.hint == "offline"
        assert evidence.hint_ms is not None
        heard_ms = max(evidence.hint_ms, evidence.live_ms or 0)
        assert now_ms < heard_ms + silence_window_ms(evidence)


@given(evidences, st.integers(T0, T0 + 100_000_000))
def test_without_fresh_evidence_no_node_is_up(evidence: Evidence, now_ms: int) -> None:
    if state(evidence, now_ms) in {State.UP, State.DEGRADED}:
        assert evidence.live_ms is not None
        assert now_ms < evidence.live_ms + silence_window_ms(evidence)
