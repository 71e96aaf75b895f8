"""Any course of pushes, answers, reversals, starts and power cuts: a box runs the last good one or the one on trial."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent import config_guard
from tests.support.config_box import ConfigBox, power_cut

CARD_S = 30
STEPS = st.lists(
    st.tuples(st.sampled_from(["push", "confirm", "revert", "start", "reboot"]), st.none() | st.integers(0, 5)),
    min_size=1,
    max_size=12,
)


class Course:
    """A box, and what may be true of it: `good` is what the centre last confirmed, `trial` what may be on trial."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.box, self._patch = ConfigBox(folder), monkeypatch
        self.good: set[int] = {CARD_S}
        self.trial: set[int] = set()
        self.pushes = 0

    def take(self, act: str, cut: int | None) -> None:
        """One step, with the power gone after `cut` changes of the disk; then the box starts."""
        with power_cut(self._patch, 10**6 if cut is None else cut):
            getattr(self, f"_{act}")()
        assert self._runs() in self.good | self.trial
        if self.box.trying is None:
            self.good, self.trial = {self._runs()}, set()
        assert self._known() in self.good | self.trial

    def settled(self) -> int:
        """What it runs when nobody ever answers."""
        for _ in range(5):
            last = self._runs()
        assert self.box.trying is None
        return last

    def _push(self) -> None:
        self.pushes += 1
        self.trial = {CARD_S + self.pushes}
        self.box.push(f"[health]\ninterval_s = {CARD_S + self.pushes}\n".encode(), self.pushes)

    def _confirm(self) -> None:
        if self.box.trying is not None:
            self.good |= self.trial
        config_guard.confirm(self.box.folder)

    def _revert(self) -> None:
        config_guard.revert(self.box.folder, "unconfirmed") if self.box.folder.exists() else None

    def _start(self) -> None:
        self.box.start()

    def _reboot(self) -> None:
        self.pushes += 0
        self.box.clock.reboot(f"boot-{self.box.clock.mono_ms()}-{self.pushes}", "run")

    def _runs(self) -> int:
        return round(self.box.start().health.interval_s)

    def _known(self) -> int:
        """By the revision it would tell."""
        return CARD_S + int(self.box.current["revision"])


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(course=STEPS)
def test_any_course_ends_with_a_good_configuration_and_says_which(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, course: list[tuple[str, int | None]]
) -> None:
    one = Course(tmp_path_factory.mktemp("course"), monkeypatch)
    for act, cut in course:
        if act == "push" and one.box.trying is not None:
            continue  # the runner carries out one configuration at a time
        one.take(act, cut)
    last = one.settled()
    assert last in one.good
    assert one.box.current["revision"] == last - CARD_S
