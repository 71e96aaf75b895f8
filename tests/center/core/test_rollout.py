"""How an operation goes over its nodes: by example, and whatever the nodes do."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from center.core.rollout import (
    BAD,
    FINAL,
    HOLD_MS,
    OVER,
    Patience,
    Plan,
    Roll,
    Target,
    allowed_bad,
    decide,
    wave_numbers,
)

NOW = 1_760_000_000_000
PATIENCE = Patience(120_000, 60_000)


def fleet(count: int, **columns: object) -> list[Target]:
    return [replace(Target(f"t{one}", f"n{one}", "queued"), **columns) for one in range(count)]  # type: ignore[arg-type]


def with_states(*states: str) -> list[Target]:
    known = {"due_ms": NOW, "accepted_ms": NOW}
    ended = {"ended_ms": NOW}
    return [
        Target(f"t{number}", f"n{number}", state, **known, **(ended if state in FINAL else {}))
        for number, state in enumerate(states)
    ]


@pytest.mark.parametrize(
    ("total", "canary", "batch", "waves"),
    [
        (3, 0, 0, [1, 1, 1]),
        (5, 2, 0, [1, 1, 2, 2, 2]),
        (5, 1, 2, [1, 2, 2, 3, 3]),
        (4, 0, 3, [1, 1, 1, 2]),
        (2, 5, 1, [1, 1]),
        (0, 1, 1, []),
    ],
)
def test_canaries_are_the_first_wave_and_batches_the_others(
    total: int, canary: int, batch: int, waves: list[int]
) -> None:
    assert wave_numbers(total, canary, batch) == waves


def test_the_first_wave_begins_at_once_and_the_next_when_all_have_ended_and_the_pause_is_over() -> None:
    roll = Roll(canary=1, batch_size=2, pause_ms=5_000)
    assert decide(fleet(4), roll, PATIENCE, "running", NOW) == Plan(release=("t0",), wave=1)
    assert decide(with_states("running", "queued", "queued", "queued"), roll, PATIENCE, "running", NOW) == Plan(wave=1)
    over = with_states("done", "queued", "queued", "queued")
    assert decide(over, roll, PATIENCE, "running", NOW + 4_999) == Plan(wave=1, next_wave_ms=NOW + 5_000)
    assert decide(over, roll, PATIENCE, "running", NOW + 5_000) == Plan(release=("t1", "t2"), wave=2)


def test_a_paused_operation_begins_nothing_and_still_ends() -> None:
    over = with_states("done", "queued")
    assert decide(over, Roll(canary=1), PATIENCE, "paused", NOW) == Plan(wave=1)
    assert decide(with_states("done", "done"), Roll(canary=1), PATIENCE, "paused", NOW).end == "done"


@pytest.mark.parametrize("bad", sorted(BAD))
def test_one_bad_canary_stops_everything_however_high_the_threshold(bad: str) -> None:
    plan = decide(with_states("done", bad, "queued", "due"), Roll(canary=2, abort_pct=100), PATIENCE, "running", NOW)
    assert (plan.end, plan.why, plan.skip, plan.facts["node"]) == ("aborted", "canary", ("t2", "t3"), "n1")


def test_over_the_threshold_it_stops_in_the_middle_of_a_wave_and_says_why() -> None:
    at_the_threshold = with_states("failed", "running", "due", "queued", *["queued"] * 6)
    assert decide(at_the_threshold, Roll(batch_size=5), PATIENCE, "running", NOW).end == ""
    one = replace(at_the_threshold[1], state="rejected", code="busy")
    plan = decide([at_the_threshold[0], one, *at_the_threshold[2:]], Roll(batch_size=5), PATIENCE, "running", NOW)
    assert (plan.end, plan.why, plan.release, len(plan.skip)) == ("aborted", "threshold", (), 8)
    wanted = {"bad": 2, "total": 10, "allowed": 1, "abort_pct": 10, "failed": 1, "rejected": 1, "expired": 0}
    assert {key: plan.facts[key] for key in wanted} == wanted


def test_where_nothing_is_left_to_skip_it_is_done_with_its_bad_ends_counted() -> None:
    assert decide(with_states("failed"), Roll(), PATIENCE, "running", NOW).end == "done"
    assert decide(with_states("failed", "running"), Roll(), PATIENCE, "running", NOW) == Plan(wave=1)


def test_patience_ends_for_what_was_not_accepted_and_for_what_was() -> None:
    targets = with_states("sent", "running", "accepted", "due")
    plan = decide(targets, Roll(abort_pct=100), PATIENCE, "running", NOW + PATIENCE.end_ms)
    assert (plan.give_up, plan.expire, plan.end) == (("t1", "t2"), (), "")
    plan = decide(targets, Roll(abort_pct=100), PATIENCE, "running", NOW + PATIENCE.deliver_ms)
    assert (plan.give_up, plan.expire, plan.end) == (("t1", "t2"), ("t0", "t3"), "done")


def test_a_box_that_is_off_does_not_hold_up_the_city_but_a_canary_does() -> None:
    patience = Patience(7 * 86_400_000, 60_000)
    targets = with_states("sent", "done", "queued")
    assert decide(targets, Roll(batch_size=2), patience, "running", NOW + HOLD_MS - 1).release == ()
    assert decide(targets, Roll(batch_size=2), patience, "running", NOW + HOLD_MS).release == ("t2",)
    targets = with_states("sent", "queued", "queued")
    assert decide(targets, Roll(canary=1), patience, "running", NOW + HOLD_MS).release == ()


@pytest.mark.parametrize("state", sorted(OVER))
def test_what_is_over_begins_nothing_and_still_waits_for_what_was_begun(state: str) -> None:
    targets = with_states("sent", "running", "due", "queued", "done")
    assert decide(targets, Roll(), PATIENCE, state, NOW) == Plan(skip=("t2", "t3"), wave=1)
    later = decide(targets, Roll(), PATIENCE, state, NOW + PATIENCE.deliver_ms)
    assert (later.expire, later.give_up, later.end, later.skip) == (("t0",), ("t1",), "", ("t2", "t3"))


def test_of_110_nodes_with_5_per_cent_failing_it_stops_at_4_per_cent() -> None:
    roll = Roll(canary=2, batch_size=20, abort_pct=4)
    targets, failing, state = fleet(110), {f"t{number}" for number in range(10, 110, 18)}, "running"
    while state not in OVER:
        plan = decide(targets, roll, PATIENCE, state, NOW)
        targets, state = applied(targets, plan, NOW), plan.end or state
        one = next((one for one in targets if one.state == "due"), None)
        if one is not None:
            targets[int(one.id[1:])] = replace(one, state="failed" if one.id in failing else "done", ended_ms=NOW)
    assert (state, plan.why, plan.facts["bad"], plan.facts["allowed"]) == ("aborted", "threshold", 5, 4)
    assert [sum(one.state == end for one in targets) for end in ("done", "failed", "skipped")] == [78, 5, 27]


# -- whatever the nodes do ---------------------------------------------------------------------------------------

ROLLS = st.builds(Roll, st.integers(0, 4), st.integers(0, 5), st.sampled_from([0, 10, 25, 50, 100]), st.integers(0, 50))
MOVES = st.sampled_from(["sent", "accepted", "running", "done", "failed", "rejected", "expired", "silence", "pause"])


def step(one: Target, move: str, now_ms: int) -> Target:
    """The node's or the broker's next deed; nothing where it does not fit what is."""
    if one.state in FINAL or one.state == "queued" or move in {"silence", "pause"}:
        return one
    if move == "sent":
        return replace(one, state="sent") if one.state == "due" else one
    if move in FINAL:
        return replace(one, state=move, ended_ms=now_ms)
    return replace(one, state=move, accepted_ms=one.accepted_ms or now_ms)


def applied(targets: list[Target], plan: Plan, now_ms: int) -> list[Target]:
    """What the tables look like after a plan."""
    ends = {**dict.fromkeys(plan.expire, "expired"), **dict.fromkeys(plan.give_up, "failed")}
    ends |= dict.fromkeys(plan.skip, "skipped")
    return [
        replace(one, state=ends[one.id], ended_ms=now_ms) if one.id in ends
        else replace(one, state="due", due_ms=now_ms) if one.id in plan.release else one
        for one in targets
    ]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 9), ROLLS, st.lists(st.tuples(st.integers(0, 8), MOVES, st.integers(0, 40_000)), max_size=60))
def test_it_ends_once_releases_nothing_after_and_every_node_gets_one_end(
    count: int, roll: Roll, moves: list[tuple[int, str, int]]
) -> None:
    targets, state, now_ms, ends = fleet(count), "running", NOW, list[str]()
    quiet = [(0, "silence", 130_000)] * (3 * count + 3)
    for number, move, passes_ms in [*moves, *quiet]:
        now_ms += passes_ms
        before = targets
        plan = decide(targets, roll, PATIENCE, state, now_ms)
        targets = applied(targets, plan, now_ms)
        assert not (plan.release and (state in OVER or state == "paused" or plan.end))
        bad = sum(one.state in BAD for one in targets)
        assert not plan.release or bad <= allowed_bad(count, roll.abort_pct)
        assert not any(one.state in FINAL and one != after for one, after in zip(before, targets, strict=True))
        if plan.end:
            ends.append(plan.end)
            state = plan.end
        elif state not in OVER:
            state = "paused" if move == "pause" and len(moves) % 2 else "running"
        targets = [step(one, move, now_ms) if int(one.id[1:]) == number else one for one in targets]
    assert len(ends) == 1
    assert all(one.state in FINAL for one in targets)


@given(st.integers(1, 40), ROLLS)
def test_waves_leave_nobody_out_and_never_exceed_their_size(count: int, roll: Roll) -> None:
    waves = wave_numbers(count, roll.canary, roll.batch_size)
    sizes = [waves.count(number) for number in range(1, max(waves) + 1)]
    assert waves == sorted(waves)
    assert sum(sizes) == count
    assert min(sizes) >= 1
    assert all(size <= roll.batch_size for size in sizes[1 if roll.canary else 0 :]) or not roll.batch_size
