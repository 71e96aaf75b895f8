"""Bytes of line tests per node and day, at a clock that may be set."""

from hypothesis import given
from hypothesis import strategies as st

from center.core.transfer_quota import HOUR_S, TransferQuota

NODE, OTHER = "kel-3673011001", "kel-3673011002"
NOW = 1_750_000_000.0


def test_each_node_has_its_own_day() -> None:
    quota = TransferQuota(100)
    quota.spend(NODE, 80, NOW)
    assert quota.wait_s(NODE, 20, NOW) == 0
    assert quota.wait_s(OTHER, 100, NOW) == 0
    wait_s = quota.wait_s(NODE, 21, NOW)
    assert wait_s is not None
    assert 23 * HOUR_S < wait_s <= 24 * HOUR_S + 1
    assert quota.wait_s(NODE, 21, NOW + wait_s) == 0
    assert quota.wait_s(NODE, 101, NOW) is None


def test_what_was_set_aside_and_not_used_is_given_back() -> None:
    quota = TransferQuota(100)
    quota.spend(NODE, 80, NOW)
    quota.spend(NODE, -60, NOW + 30)
    assert quota.used_bytes(NODE, NOW + 30) == 20


def test_what_was_set_aside_at_the_end_of_an_hour_is_given_back_in_the_next() -> None:
    quota, full_hour = TransferQuota(100), NOW // HOUR_S * HOUR_S
    quota.spend(NODE, 10, full_hour - HOUR_S)
    quota.spend(NODE, 80, full_hour - 1)
    quota.spend(NODE, -80, full_hour + 1)
    assert quota.used_bytes(NODE, full_hour + 1) == 10
    quota.spend(NODE, -80, full_hour + 2)
    assert quota.used_bytes(NODE, full_hour + 2) == 0


def test_a_restart_knows_what_was_spent() -> None:
    quota = TransferQuota(100)
    quota.spend(NODE, 80, NOW)
    assert TransferQuota(100, quota.saved()).used_bytes(NODE, NOW + 3600) == 80


def test_a_clock_that_is_set_back_neither_forgets_nor_locks_out_for_ever() -> None:
    quota = TransferQuota(100)
    quota.spend(NODE, 80, NOW)
    back = NOW - 365 * 86_400
    assert quota.used_bytes(NODE, back) == 80
    assert quota.used_bytes(NODE, back + 25 * HOUR_S) == 0


@given(st.lists(st.tuples(st.integers(0, 8 * HOUR_S), st.integers(1, 120)), max_size=60))
def test_no_day_is_ever_overdrawn(steps: list[tuple[int, int]]) -> None:
    quota, now, sent = TransferQuota(100), NOW, list[tuple[float, int]]()
    for passes_s, size in steps:
        now += passes_s
        if quota.wait_s(NODE, size, now) != 0:
            continue
        quota.spend(NODE, size, now)
        sent.append((now, size))
        assert sum(size for at, size in sent if now - at < 23 * HOUR_S) <= 100
        assert len(quota.saved()[NODE]) <= 24
