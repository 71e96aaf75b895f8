"""The arithmetic of a bad line: shares, runs, rates, sizes and order come out as asked."""

from itertools import groupby
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.netlab.impairment import Impairment, Path

_MANY = 20_000


def _fates(asked: Impairment, count: int = _MANY, gap_s: float = 0.01, size: int = 84) -> list[tuple[float, ...]]:
    path = Path(asked, Random(5))
    return [path.leaves_at(number * gap_s, size) for number in range(count)]


def test_a_perfect_cable_passes_everything_at_once() -> None:
    assert _fates(Impairment(), 100) == [(number * 0.01,) for number in range(100)]


@pytest.mark.parametrize("loss", [0.01, 0.05, 0.2])
def test_random_loss_has_the_share_asked_for(loss: float) -> None:
    lost = sum(not fate for fate in _fates(Impairment(loss=loss)))
    assert abs(lost / _MANY - loss) < 4 * (loss * (1 - loss) / _MANY) ** 0.5


def test_bursts_have_the_share_and_the_mean_length_asked_for() -> None:
    fates = _fates(Impairment(loss=0.1, burst=4))
    runs = [len(list(run)) for lost, run in groupby(not fate for fate in fates) if lost]
    assert sum(runs) / _MANY == pytest.approx(0.1, abs=0.015)
    assert sum(runs) / len(runs) == pytest.approx(4, abs=0.4)


def test_a_bottleneck_sends_at_its_rate_and_drops_what_the_queue_cannot_hold() -> None:
    path = Path(Impairment(rate_mbit=8, queue_kib=10), Random(1))
    fates = [path.leaves_at(0.0, 1000) for _ in range(30)]
    passed = [fate[0] for fate in fates if fate]
    assert [round(moment * 1000, 6) for moment in passed[:3]] == [1.0, 2.0, 3.0]  # 1,000 bytes at 8 Mbit/s: 1 ms each
    assert len(passed) == 11  # ten wait, one is being sent
    assert path.dropped["queue"] == 19


def test_only_packets_above_the_limit_vanish() -> None:
    path = Path(Impairment(max_bytes=1400), Random(1))
    assert path.leaves_at(0.0, 1400) == (0.0,)
    assert path.leaves_at(0.0, 1401) == ()
    assert path.dropped == {"loss": 0, "queue": 0, "size": 1}


def test_duplicates_come_twice_and_overtakers_skip_the_delay() -> None:
    fates = _fates(Impairment(delay_ms=50, duplicate=0.1, reorder=0.1))
    assert sum(len(fate) == 2 for fate in fates) / _MANY == pytest.approx(0.1, abs=0.02)
    hasty = sum(fate[0] == number * 0.01 for number, fate in enumerate(fates))
    assert hasty / _MANY == pytest.approx(0.1, abs=0.02)


@given(st.floats(0, 100), st.floats(0, 100), st.integers(0, 2**32))
def test_jitter_stays_within_its_bound_and_keeps_the_order(delay_ms: float, jitter_ms: float, seed: int) -> None:
    path = Path(Impairment(delay_ms=delay_ms, jitter_ms=jitter_ms), Random(seed))
    last = 0.0
    for number in range(50):
        sent = number * 0.001
        due = path.leaves_at(sent, 84)[0]
        assert delay_ms - 1e-6 <= (due - sent) * 1000 <= delay_ms + jitter_ms + 1e-6
        moment = path.in_order(due)
        assert moment >= max(last, due)
        last = moment


@pytest.mark.parametrize("asked", [{"loss": 1.5}, {"delay_ms": -1.0}, {"burst": 0.5}, {"loss": 1.0, "burst": 3.0}])
def test_what_makes_no_sense_is_refused(asked: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"must|cannot"):
        Impairment(**asked)
