"""How well the clock is set, asked by one process and believed by another for as long as it is fresh."""

import subprocess
import sys
from pathlib import Path

import pytest

from agent import adjtimex, clock
from agent.adjtimex import GROWS_PPM, OLDEST_MS, Adjtimex, boottime_ms, tell, told
from tests.support.machine import wait_for


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was told is believed, however late a test comes to read it."""
    monkeypatch.setattr(adjtimex, "OLDEST_MS", 300_000)


@pytest.mark.usefixtures("patient")
def test_what_is_told_is_read_back_and_grows_as_the_kernel_lets_it(tmp_path: Path) -> None:
    path = str(tmp_path / "error")
    before_ms = boottime_ms()
    tell(path, 1_000)
    read_us = told(path)
    assert read_us is not None
    assert 1_000 <= read_us <= 1_000 + (boottime_ms() - before_ms + 1) * GROWS_PPM // 1000


@pytest.mark.parametrize(
    "content",
    [b"", b"1000", b"1000 x", b"\xff\xfe", b"1 2 3", b"9" * 100_000],
    ids=["empty", "half", "word", "binary", "more", "long"],
)
def test_what_is_no_answer_is_not_believed(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "error"
    path.write_bytes(content)
    assert told(str(path)) is None


@pytest.mark.parametrize("age_ms", [OLDEST_MS + 1_000, -300_000], ids=["old", "of the future"])
def test_an_answer_of_another_time_is_not_believed(tmp_path: Path, age_ms: int) -> None:
    path = tmp_path / "error"
    path.write_bytes(b"1000 %d\n" % (boottime_ms() - age_ms))
    assert told(str(path)) is None


def test_nobody_tells() -> None:
    assert told("/nonexistent/error") is None


@pytest.mark.usefixtures("patient")
def test_where_the_call_is_denied_the_clock_goes_by_what_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adjtimex.Adjtimex, "__call__", lambda _: None)
    monkeypatch.setattr(clock, "told", lambda: told(str(tmp_path / "error")))
    here = clock.Clock(boot="b")
    assert not here.synced
    tell(str(tmp_path / "error"), 20_000)
    assert here.synced
    assert 20 <= here.reading().error_ms < 100


@pytest.mark.usefixtures("patient")
def test_the_process_tells_what_the_kernel_says(tmp_path: Path) -> None:
    path = tmp_path / "error"
    with subprocess.Popen([sys.executable, "-m", "agent.adjtimex", str(path)]) as process:
        try:
            wait_for("the first answer", lambda: told(str(path)) is not None, 60)
            asked_us = Adjtimex()()
            first = path.read_text()
            wait_for("the next answer", lambda: path.read_text() != first, 60)
        finally:
            process.terminate()
    assert asked_us is not None
    assert abs((told(str(path)) or 0) - asked_us) < 1_000_000
