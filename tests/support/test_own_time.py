"""Promises of seconds: time others took is not counted, time somebody slept is."""

import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support import own_time
from tests.support.own_time import lost_s, own_s, told_within, within


def figures(folder: Path, *, waited_s: float, stolen_s: float = 0) -> None:
    for what in ("cpu", "io"):
        text = f"some avg10=9.00 avg60=9.00 avg300=9.00 total={int(waited_s / 2 * 1e6)}\nfull avg10=0.00 total=7\n"
        (folder / what).write_text(text)
    (folder / "stat").write_text(f"cpu  5797591 177392 1146158 5367452 67640 0 53332 {int(stolen_s * 100)} 0 0\n")


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kernel whose figures the test says."""
    monkeypatch.setattr(own_time, "PRESSURE", tmp_path)
    monkeypatch.setattr(own_time, "STAT", tmp_path / "stat")
    figures(tmp_path, waited_s=1000, stolen_s=20)
    return tmp_path


def test_what_sleeps_too_long_on_an_idle_machine_breaks_its_promise(kernel: Path) -> None:
    assert lost_s() == 1020
    with pytest.raises(AssertionError, match=r"of which the machine lost 0\.00 s"), within(0.05):
        time.sleep(0.06)


@pytest.mark.parametrize("lost", [{"waited_s": 1030}, {"waited_s": 1000, "stolen_s": 50}])
def test_what_waited_for_a_processor_does_not(kernel: Path, lost: dict[str, float]) -> None:
    with within(0.05):
        time.sleep(0.06)
        figures(kernel, **{"stolen_s": 20, **lost})


def test_a_machine_that_does_not_count_is_given_more_and_not_any_time(
    kernel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (kernel / "cpu").unlink()
    assert lost_s() is None
    at_s = iter((100.0, 100.6, 200.0, 202.1))
    monkeypatch.setattr(own_time, "time", SimpleNamespace(monotonic=lambda: next(at_s)))
    with within(0.5):
        pass  # for longer than it promised
    with pytest.raises(AssertionError, match=r"took 2\.10 s"), within(0.5):
        pass


def test_many_are_measured_in_the_same_way(kernel: Path) -> None:
    took: list[float] = []
    with own_s(took):
        time.sleep(0.06)
    with own_s(took):
        figures(kernel, waited_s=1030, stolen_s=20)
    (kernel / "cpu").unlink()
    with own_s(took):
        time.sleep(0.06)
    assert took[0] >= 0.06 and took[1] == 0 and took[2] >= 0.015


@pytest.mark.parametrize(
    ("busy", "wanted_s", "asked_s"),
    [(False, 16, [1]), (True, 1, [1]), (True, 16, [1, 4, 16]), (True, 1000, [1, 4, 16, 60])],
    ids=["idle", "right at once", "right with more time", "never"],
)
def test_what_was_told_wrongly_is_asked_again_only_where_the_machine_lost_time(
    kernel: Path, busy: bool, wanted_s: float, asked_s: list[float]
) -> None:
    asked: list[float] = []

    def ask(deadline_s: float) -> float:
        asked.append(deadline_s)
        if busy:
            figures(kernel, waited_s=1000 + 30 * len(asked), stolen_s=20)
        return deadline_s

    told = told_within(1, ask, lambda told: told >= wanted_s)
    assert (told, asked) == (asked_s[-1], asked_s)


def test_this_machine_s_own_figures_are_read_and_never_go_back() -> None:
    first = lost_s()
    assert first is None or 0 <= first <= (lost_s() or 0)
