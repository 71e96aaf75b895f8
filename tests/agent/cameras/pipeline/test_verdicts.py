"""The judge's verdicts on photographs made worse on purpose: its limits were chosen on other photographs than these."""

from collections import Counter

import numpy as np
import pytest

from agent.cameras.lines import Measures
from agent.cameras.pipeline.measures import measure
from agent.core.eyes import Judge, decode_memory, encode_memory
from tests.agent.cameras.pipeline import scenes

CALIBRATION, TEST = scenes.PHOTOS[::2], scenes.PHOTOS[1::2]
"""By source: no photograph that limits were looked up on is judged."""
NOON_MS, MIDNIGHT_MS, PERIOD_MS = 5 * 3_600_000, 17 * 3_600_000, 300_000
"""12:00 and 24:00 in Jakarta."""
DAY, NIGHT = (scenes.day, NOON_MS), (scenes.night, MIDNIGHT_MS)
FORMS: dict[str, tuple[scenes.Degradation, int, str]] = {
    "day": (scenes.day, NOON_MS, "ok"),
    "night": (scenes.night, MIDNIGHT_MS, "ok"),
    "fog": (scenes.fog, NOON_MS, "ok"),
    "defocus": (scenes.defocus, NOON_MS, "blurred"),
    "covered": (scenes.covered, NOON_MS, "covered"),
    "moved": (scenes.moved, NOON_MS, "moved"),
    "lights out": (scenes.dark, MIDNIGHT_MS, "dark"),
}
SEEDS = 5
"""7 forms and frozen, 6 photographs of the test half, 5 seeds: 240 cases."""


class Watched:
    """A camera in front of a photograph, judged picture by picture as its pictures come."""

    def __init__(self, photo: str, seed: int) -> None:
        self._photo = photo
        self._chance = np.random.default_rng([seed, scenes.PHOTOS.index(photo)])
        self._judge = Judge()
        self._mono_ms = 0
        for form, at_ms in (DAY, NIGHT):
            for _ in range(6):
                self.see(form, at_ms)
        self._learned = encode_memory(self._judge.memory)

    def as_learned(self) -> "Watched":
        """The same camera, which nothing happened to yet."""
        self._judge = Judge(decode_memory(self._learned))
        return self

    def see(self, form: scenes.Degradation, at_ms: int) -> str:
        return self.judged(self.taken(form), at_ms)

    def taken(self, form: scenes.Degradation) -> Measures:
        return measure(form(self._photo, self._chance))

    def judged(self, seen: Measures, at_ms: int) -> str:
        self._mono_ms += PERIOD_MS
        return self._judge.look(seen, self._mono_ms, at_ms)


def _cases(photos: tuple[str, ...], seeds: int) -> list[tuple[str, str, str, str]]:
    """(photograph, form, right verdict, what was said with the third picture)."""
    found = []
    for photo in photos:
        for seed in range(seeds):
            camera = Watched(photo, seed)
            for name, (form, at_ms, right) in FORMS.items():
                camera.as_learned()
                said = [camera.see(form, at_ms) for _ in range(3)][-1]
                found.append((photo, name, right, said))
            camera.as_learned()
            same = camera.taken(scenes.day)
            said = [camera.judged(same, NOON_MS) for _ in range(4)][-1]
            found.append((photo, "frozen", "frozen", said))
    return found


def _table(cases: list[tuple[str, str, str, str]]) -> str:
    counts = Counter((name, said) for _, name, _, said in cases)
    lines = [f"{name:<12} said {said:<9} {count}" for (name, said), count in sorted(counts.items())]
    wrong = [f"  {photo}: {name} was called {said}" for photo, name, right, said in cases if said != right]
    return "\n".join([*lines, "wrong:", *wrong])


@pytest.mark.full
@pytest.mark.timeout(600)
def test_verdicts_on_photographs_never_seen_are_right_and_night_is_never_called_covered() -> None:
    cases = _cases(TEST, SEEDS)
    right = sum(said == wanted for _, _, wanted, said in cases)
    assert len(cases) >= 200
    assert right >= 0.97 * len(cases), _table(cases)
    assert not [case for case in cases if case[1] in ("night", "lights out") and case[3] == "covered"], _table(cases)


def test_one_photograph_of_each_kind_is_judged_right() -> None:
    cases = _cases(("motorcycle_left",), 1)
    assert len(cases) == len(FORMS) + 1
    assert [case for case in cases if case[2] != case[3]] == [], _table(cases)


def test_calibration_and_test_share_no_photograph() -> None:
    assert not set(CALIBRATION) & set(TEST)
    assert len(scenes.PHOTOS) >= 12
