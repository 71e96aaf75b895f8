"""The real clock and the fake one keep the same contract."""

import ssl
import subprocess
import time
from collections.abc import Callable

import pytest

from agent.clock import BOOT_ID_PATH, Clock
from agent.core.clock import Timex
from agent.fakes import FakeClock
from agent.tls import without_dates_while_clock_is_wrong


def real() -> tuple[Clock, Callable[[], None]]:
    return Clock(), lambda: time.sleep(0.003)


def fake() -> tuple[Clock, Callable[[], None]]:
    clock = FakeClock()
    return clock, lambda: clock.advance(0.003)


both = pytest.mark.parametrize("make", [real, fake])
Make = Callable[[], tuple[Clock, Callable[[], None]]]


@both
def test_boot_time_goes_forward_in_every_way_of_asking(make: Make) -> None:
    clock, wait = make()
    before_s, before = clock.mono_s(), clock.stamp()
    wait()
    after_s, after = clock.mono_s(), clock.stamp()
    assert after_s > before_s
    assert after.mono_ms > before.mono_ms
    assert before_s * 1000 - 1 <= before.mono_ms <= after_s * 1000


@both
def test_a_stamp_names_boot_and_run_and_these_stay(make: Make) -> None:
    clock, wait = make()
    first = clock.stamp()
    wait()
    second = clock.stamp()
    assert (first.boot, first.run) == (second.boot, second.run) == (clock.boot, clock.run)
    assert len(first.boot) == 36
    assert len(first.run) == 16


@both
def test_a_reading_agrees_with_the_stamp(make: Make) -> None:
    clock, _ = make()
    began_ms = clock.mono_ms()
    reading, stamp = clock.reading(), clock.stamp()
    took_ms = clock.mono_ms() - began_ms
    assert began_ms <= reading.mono_ms <= stamp.mono_ms <= began_ms + took_ms
    assert abs((stamp.wall_ms - stamp.mono_ms) - reading.offset_ms) < 1000 + took_ms
    assert reading.synced == stamp.synced == clock.synced
    assert reading.error_ms >= 0


def test_the_real_clock_tells_this_boot_and_a_new_run_each_time() -> None:
    assert Clock().boot == BOOT_ID_PATH.read_text().strip()
    assert Clock().run != Clock().run


def test_synchronised_is_what_the_kernel_says() -> None:
    answer = subprocess.run(
        ["timedatectl", "show", "-p", "NTPSynchronized", "--value"], capture_output=True, text=True, check=False
    )
    if answer.returncode != 0:
        pytest.skip("timedatectl does not answer here")
    assert Clock().synced == (answer.stdout.strip() == "yes")


@pytest.mark.parametrize(
    ("maxerror_us", "synced"),
    [(0, True), (15_999_999, True), (16_000_000, False), (16_384_000, False)],  # timesyncd says 0, a fresh boot 16 s
)
def test_a_clock_is_synchronised_while_the_kernel_bounds_its_error(maxerror_us: int, synced: bool) -> None:
    clock = Clock(boot="b", timex=lambda: Timex(maxerror_us))
    assert clock.synced is clock.stamp().synced is clock.reading().synced is synced
    assert clock.reading().error_ms >= maxerror_us // 1000


def test_dates_of_certificates_are_left_out_only_by_a_clock_that_is_surely_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    no_check_time = 0x200000
    for year, left_out in ((1970, True), (2019, True), (2020, False), (2026, False), (2100, False)):
        monkeypatch.setattr(time, "time_ns", lambda year=year: (year - 1970) * 31_557_600 * 10**9 + 86_400 * 10**9)
        context = without_dates_while_clock_is_wrong(ssl.create_default_context())
        assert bool(context.verify_flags & no_check_time) is left_out
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname


def test_the_fake_steps_its_wall_clock_and_not_its_boot_time() -> None:
    clock = FakeClock()
    before = clock.stamp()
    clock.step(-86_400, synced=False)
    after = clock.stamp()
    assert after.mono_ms == before.mono_ms
    assert after.wall_ms == before.wall_ms - 86_400_000
    assert not after.synced


def test_the_fake_refuses_to_run_backwards() -> None:
    with pytest.raises(ValueError, match="backwards"):
        FakeClock().advance(-1)
