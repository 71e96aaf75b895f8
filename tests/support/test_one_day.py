"""The fixture that keeps tests of the centre in one day."""

from datetime import UTC, datetime

import pytest

from center.core import days
from tests.support.one_day import wait_out_midnight

MIDNIGHT_S = datetime(2026, 11, 30, 17, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("off_s", [-59.5, -0.001, 0.0, 2.9])
def test_around_midnight_in_serang_a_test_begins_after_it(off_s: float) -> None:
    at_s = [MIDNIGHT_S + off_s]

    def sleep(seconds: float) -> None:
        at_s[0] += seconds

    wait_out_midnight(lambda: at_s[0], sleep)
    assert MIDNIGHT_S + 2.99 <= at_s[0] <= MIDNIGHT_S + 3.01
    assert days.day_of(int(at_s[0] * 1000)) == 20261201


@pytest.mark.parametrize("off_s", [-60, 3, 7 * 3600])
def test_at_any_other_time_it_begins_at_once(off_s: float) -> None:
    def sleep(_: float) -> None:
        raise AssertionError("there is nothing to wait for")

    wait_out_midnight(lambda: MIDNIGHT_S + off_s, sleep)
