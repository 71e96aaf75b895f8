"""The hard cap of line tests: windows, restarts, wrong clocks, and when there is room again."""

from hypothesis import given
from hypothesis import strategies as st

from agent.core.budget import DAY_S, Moment
from agent.core.bytebudget import MAX_ENTRIES, MONTH_S, ByteLedger, Caps, Spent, aged, ask, settle, spend, used
from wire.shape import replace

CAPS = Caps(day_bytes=100, month_bytes=250)
START = Moment("boot-1", 1000.0, 1_750_000_000.0, synced=True)


def later(now: Moment, seconds: float) -> Moment:
    return replace(now, mono_s=now.mono_s + seconds, wall_s=now.wall_s + seconds)


def test_an_empty_ledger_leaves_the_whole_cap() -> None:
    answer = ask(aged(ByteLedger(), START), CAPS, 100)
    assert (answer.allowed, answer.left_bytes) == (True, 100)


def test_the_days_cap_says_when_there_is_room_again() -> None:
    ledger = spend(aged(ByteLedger(), START), 60)
    ledger = spend(aged(ledger, later(START, 7200)), 30)
    answer = ask(ledger, CAPS, 50)
    assert (answer.allowed, answer.left_bytes, answer.window) == (False, 10, "day")
    assert answer.free_in_s == DAY_S - 7200
    assert ask(aged(ledger, later(START, DAY_S)), CAPS, 50).allowed


def test_the_months_cap_holds_when_each_day_alone_would_do() -> None:
    ledger, now = ByteLedger(), START
    for _ in range(2):
        ledger = spend(aged(ledger, now), 100)
        now = later(now, DAY_S + 1)
    ledger = aged(ledger, now)
    answer = ask(ledger, CAPS, 80)
    assert (answer.allowed, answer.window, answer.left_bytes) == (False, "month", 50)
    assert answer.free_in_s == MONTH_S - 2 * (DAY_S + 1)


def test_a_test_larger_than_its_cap_never_fits() -> None:
    answer = ask(aged(ByteLedger(), START), CAPS, 101)
    assert (answer.allowed, answer.window, answer.free_in_s) == (False, "day", None)


def test_the_worst_case_is_replaced_by_the_real_figure() -> None:
    ledger = settle(spend(aged(ByteLedger(), START), 80), 80, 25)
    assert used(ledger, DAY_S) == 25
    assert used(settle(spend(ByteLedger(), 80), 80, 95), DAY_S) == 80  # more than was set aside cannot have gone


def test_a_step_of_the_wall_clock_within_a_boot_frees_nothing() -> None:
    ledger = spend(aged(ByteLedger(), START), 100)
    for step_s in (-10 * MONTH_S, -DAY_S, DAY_S, 10 * MONTH_S):
        jumped = replace(later(START, 60), wall_s=START.wall_s + step_s)
        assert not ask(aged(ledger, jumped), CAPS, 1).allowed


def test_after_a_reboot_an_unsynchronised_clock_frees_nothing_but_the_uptime() -> None:
    ledger = spend(aged(ByteLedger(), START), 100)
    wild = Moment("boot-2", 50.0, START.wall_s + 10 * MONTH_S, synced=False)
    assert aged(ledger, wild).spent == (Spent(50.0, 100),)
    assert aged(replace(ledger, synced=False), replace(wild, synced=True)).spent == (Spent(50.0, 100),)
    assert ask(aged(ledger, replace(wild, mono_s=DAY_S)), CAPS, 100).allowed


def test_after_a_reboot_two_synchronised_clocks_count_the_time_switched_off() -> None:
    ledger = spend(aged(ByteLedger(), START), 100)
    back = Moment("boot-2", 50.0, START.wall_s + DAY_S, synced=True)
    assert ask(aged(ledger, back), CAPS, 100).allowed
    backwards = replace(back, wall_s=START.wall_s - DAY_S)
    assert aged(ledger, backwards).spent == (Spent(50.0, 100),)


def test_spending_of_one_hour_is_one_entry_as_young_as_its_last() -> None:
    ledger = spend(aged(ByteLedger(), START), 10)
    ledger = spend(aged(ledger, later(START, 1800)), 20)
    assert ledger.spent == (Spent(0.0, 30, 1800.0),)
    assert len(spend(aged(ledger, later(START, 1800 + 3600)), 5).spent) == 2


def test_steady_spending_grows_old_too() -> None:
    ledger, now = ByteLedger(), START
    for _ in range(100):
        ledger = spend(aged(ledger, now), 1)
        now = later(now, 2400)
    assert used(ledger, DAY_S) <= DAY_S / 2400 + 2
    assert used(ledger, MONTH_S) == 100


steps = st.lists(
    st.tuples(
        st.floats(0, 2 * DAY_S),  # boot-time that passes
        st.booleans(),  # a reboot
        st.floats(-2 * MONTH_S, 2 * MONTH_S),  # what the unsynchronised wall clock says
        st.integers(1, 120),  # bytes wanted
        st.floats(0, 1),  # share really used
    ),
    max_size=60,
)


@given(steps)
def test_whatever_happens_no_window_is_ever_overdrawn(taken: list[tuple[float, bool, float, int, float]]) -> None:
    ledger, true_s, boot, mono_s = ByteLedger(), 0.0, 1, 100.0
    sent: list[tuple[float, int]] = []
    for passes_s, reboot, wall_s, wanted, share in taken:
        true_s += passes_s
        mono_s += passes_s
        if reboot:
            boot, mono_s = boot + 1, 0.0
        now = Moment(f"boot-{boot}", mono_s, START.wall_s + wall_s, synced=False)
        ledger = aged(ledger, now)
        if not ask(ledger, CAPS, wanted).allowed:
            continue
        really = int(wanted * share)
        ledger = settle(spend(ledger, wanted), wanted, really)
        sent.append((true_s, really))
        for span_s, cap in ((DAY_S, CAPS.day_bytes), (MONTH_S, CAPS.month_bytes)):
            assert sum(size for at, size in sent if true_s - at < span_s) <= cap
        assert len(ledger.spent) <= MAX_ENTRIES


@given(steps)
def test_the_promised_time_is_enough_and_not_too_long(taken: list[tuple[float, bool, float, int, float]]) -> None:
    ledger, now = ByteLedger(), START
    for passes_s, _, _, wanted, _ in taken:
        now = later(now, passes_s)
        ledger = aged(ledger, now)
        answer = ask(ledger, CAPS, wanted)
        if answer.allowed:
            ledger = spend(ledger, wanted)
        elif answer.free_in_s is not None:
            assert answer.free_in_s > 0
            assert ask(aged(ledger, later(now, answer.free_in_s + 1)), CAPS, wanted).allowed
            assert not ask(aged(ledger, later(now, max(0.0, answer.free_in_s - 1))), CAPS, wanted).allowed
