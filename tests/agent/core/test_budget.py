"""The daily byte budget: hard, deaf to clock steps, and pessimistic after a crash."""

from hypothesis import given
from hypothesis import strategies as st

from agent.core.budget import DAY_S, LEASES_PER_DAY, SHARES, SIGN_OF_LIFE_S, Budget, Ledger, Moment
from wire.shape import replace

LIMIT = 1_000_000
NOW = Moment("boot-1", 1000.0, 1_700_000_000.0, synced=True)
USES = ("complaint", "event", *SHARES)


def later(seconds: float, **changes: object) -> Moment:
    moved = replace(NOW, mono_s=NOW.mono_s + seconds, wall_s=NOW.wall_s + seconds)
    return replace(moved, **changes)  # type: ignore[arg-type]


steps = st.lists(
    st.tuples(
        st.sampled_from(USES),
        st.integers(1, LIMIT // 3),
        st.floats(0, 5_000),
        st.floats(-1e9, 1e9),
        st.booleans(),
    ),
    max_size=60,
)


@given(steps)
def test_only_what_is_always_allowed_ever_passes_the_limit_whatever_the_wall_clock_does(
    story: list[tuple[str, int, float, float, bool]],
) -> None:
    budget = Budget(LIMIT, Ledger(), NOW)
    mono_s, day_began_s, spent = NOW.mono_s, NOW.mono_s, {"always": 0, "held": 0}
    for use, size, passes_s, wall_s, synced in story:
        mono_s += passes_s
        budget.tick(Moment("boot-1", mono_s, wall_s, synced))
        if mono_s - day_began_s >= DAY_S:
            day_began_s, spent = mono_s, {"always": 0, "held": 0}
        if budget.allows(use, size):
            budget.spend(size)
            spent["held" if use in SHARES else "always"] += size
        assert budget.used_bytes == sum(spent.values())
        assert spent["held"] <= LIMIT
    assert not budget.allows("snapshot", LIMIT)


@given(st.lists(st.tuples(st.floats(-1e10, 1e10), st.booleans()), max_size=30))
def test_a_step_of_the_wall_clock_never_begins_a_day(walls: list[tuple[float, bool]]) -> None:
    budget = Budget(LIMIT, Ledger(), NOW)
    budget.spend(LIMIT)
    for number, (wall_s, synced) in enumerate(walls):
        budget.tick(Moment("boot-1", NOW.mono_s + number, wall_s, synced))
    assert budget.used_bytes == LIMIT
    assert budget.days == ()


@given(st.lists(st.tuples(st.integers(1, 50_000), st.booleans()), min_size=1, max_size=80))
def test_a_crash_forgets_nothing_and_costs_at_most_a_lease(payloads: list[tuple[int, bool]]) -> None:
    budget, saved, really, crashes = Budget(LIMIT, Ledger(), NOW), Ledger(), 0, 0
    writes = 0
    for size, crash in payloads:
        ledger = budget.lease(size)
        if ledger is not None:
            saved, writes = ledger, writes + 1
        budget.spend(size)
        really += size
        if crash:
            crashes += 1
            budget = Budget(LIMIT, saved, NOW)
        assert really <= budget.used_bytes <= really + crashes * (LIMIT // LEASES_PER_DAY + 50_000)
    assert writes <= len(payloads)


def test_a_lease_covers_many_payloads() -> None:
    budget = Budget(LIMIT, Ledger(), NOW)
    writes = 0
    for _ in range(1000):
        writes += budget.lease(500) is not None
        budget.spend(500)
    assert writes <= 35


def test_within_a_boot_the_day_goes_on_while_the_agent_does_not_run() -> None:
    budget = Budget(LIMIT, Ledger(), NOW)
    budget.spend(700_000)
    saved = budget.closing()
    again = Budget(LIMIT, saved, later(DAY_S - 10, wall_s=0.0, synced=False))
    assert again.used_bytes == 700_000
    again = Budget(LIMIT, saved, later(DAY_S + 10, wall_s=0.0, synced=False))
    assert (again.used_bytes, again.days) == (0, (700_000,))


def test_what_the_box_was_off_counts_only_between_two_synchronised_clocks() -> None:
    budget = Budget(LIMIT, Ledger(), NOW)
    budget.spend(700_000)
    saved = budget.closing()
    boot = Moment("boot-2", 20.0, saved.wall_s + 50_000, synced=False)
    other = Budget(LIMIT, saved, boot)
    assert other.left_s == DAY_S
    other.tick(replace(boot, mono_s=80.0, wall_s=boot.wall_s + 60, synced=True))
    assert other.left_s == DAY_S - 50_000 - 60
    unsynced = Budget(LIMIT, replace(saved, synced=False), boot)
    unsynced.tick(replace(boot, mono_s=80.0, wall_s=boot.wall_s + 60, synced=True))
    assert unsynced.left_s == DAY_S - 60
    back = Budget(LIMIT, saved, boot)
    back.tick(replace(boot, mono_s=80.0, wall_s=5.0, synced=True))
    assert (back.left_s, back.used_bytes) == (DAY_S - 60, 700_000)


@given(
    st.lists(st.tuples(st.integers(0, LIMIT // 3), st.floats(0, DAY_S / 8)), max_size=6),
    st.integers(0, LIMIT),
    st.floats(0, 3 * DAY_S),
)
def test_what_was_spent_before_the_clock_was_set_belongs_to_the_day_that_has_begun_by_then(
    spends: list[tuple[int, float]], before: int, off_s: float
) -> None:
    budget = Budget(LIMIT, Ledger(), NOW)
    budget.spend(before)
    saved = budget.closing()
    now = Moment("boot-2", 20.0, 5.0, synced=False)
    budget = Budget(LIMIT, saved, now)
    for size, passes_s in spends:
        budget.spend(size)
        now = replace(now, mono_s=now.mono_s + passes_s)
        budget.tick(now)
    spent = sum(size for size, _ in spends)
    assert budget.used_bytes == before + spent, "not yet known how long the box was off"
    budget.tick(replace(now, wall_s=saved.wall_s + off_s + now.mono_s - 20.0, synced=True))
    assert budget.used_bytes in (spent, before + spent)
    assert budget.used_bytes + sum(budget.days) == before + spent
    if off_s > DAY_S:
        assert budget.used_bytes == spent


def test_the_bytes_of_an_unset_clock_are_neither_lost_nor_counted_for_the_day_before() -> None:
    budget = Budget(LIMIT, Ledger(), NOW)
    budget.spend(700_000)
    saved = budget.closing()
    boot = Moment("boot-2", 20.0, 5.0, synced=False)
    other = Budget(LIMIT, saved, boot)
    other.spend(300_000)
    assert not other.allows("health", 1)
    other.tick(replace(boot, mono_s=80.0, wall_s=saved.wall_s + DAY_S + 60, synced=True))
    assert (other.used_bytes, other.days) == (300_000, (700_000,))
    assert other.lease(0) is not None, "and it must be saved like that"


def test_pictures_stop_first_then_backlog_then_all_but_the_newest_health() -> None:
    budget = Budget(LIMIT, Ledger(), NOW)
    assert all(budget.allows(use, 1000) for use in USES)
    budget.spend(600_000)
    assert not budget.allows("snapshot", 1)
    assert budget.allows("backlog", 1000)
    assert budget.health_every_s() == 0
    budget.spend(200_000)
    assert not budget.allows("backlog", 1)
    assert budget.tight
    assert budget.health_every_s() == 60, "of reports every 30 s the centre needs one in three"
    assert budget.allows("attachment", 100_000)
    assert not budget.allows("attachment", 100_000, under_way_bytes=1)
    budget.spend(200_000)
    assert budget.health_every_s() == SIGN_OF_LIFE_S
    assert [use for use in USES if budget.allows(use, 1000)] == ["complaint", "event"]


def test_days_without_traffic_stand_in_the_list_too() -> None:
    budget = Budget(LIMIT, Ledger(), NOW)
    budget.spend(5)
    budget.tick(later(3.5 * DAY_S))
    assert budget.days == (0, 0, 5)
    assert budget.left_s == DAY_S / 2
    budget.tick(later(100 * DAY_S))
    assert len(budget.days) == 14
