"""The judge learns a camera's view by day and by night, says a fault after three pictures, and takes it back."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cameras.lines import Measures
from agent.core.eyes import IN_A_ROW, LEARNED_AFTER, Judge, Memory, View, decode_memory, encode_memory

HOUR_MS = 3_600_000
NOON_MS, DUSK_MS, MIDNIGHT_MS = 5 * HOUR_MS, 11 * HOUR_MS, 17 * HOUR_MS
"""12:00, 18:00 and 24:00 in Western Indonesia."""
PERIOD_MS = 300_000


@dataclass(frozen=True)
class Seen:
    """Measures of a street; whatever is said of a picture differs from these."""

    brightness: float = 120.0
    focus: float = 0.5
    fingerprint: str = "0f0f0f0f0f0f0f0f"
    digest: str = ""
    relief: float = 40.0


STREET = Seen()
NIGHT = Seen(brightness=20, relief=9, focus=1.5, fingerprint="0f0f0f0f0f0f0fff")
OTHER = replace(STREET, fingerprint="3333333333333333")
FLAT = replace(STREET, relief=0.4, fingerprint="0" * 16)


class Camera:
    """Shows pictures to a judge in turn; each has a luma of its own unless it says otherwise."""

    def __init__(self, memory: Memory | None = None) -> None:
        self.judge = Judge(memory)
        self.mono_ms = 0
        self._count = 0

    def shows(self, seen: Seen, wall_ms: int | None = NOON_MS, period_ms: int = PERIOD_MS, times: int = 1) -> str:
        said = ""
        for _ in range(times):
            self._count += 1
            self.mono_ms += period_ms
            own = replace(seen, digest=seen.digest or f"{self._count:016x}")
            said = self.judge.look(own, self.mono_ms, wall_ms)
        return said


def knowing() -> Camera:
    """A camera whose day and night are learned."""
    camera = Camera()
    camera.shows(STREET, times=LEARNED_AFTER + 1)
    camera.shows(NIGHT, MIDNIGHT_MS, times=LEARNED_AFTER + 1)
    assert camera.shows(STREET) == "ok"
    return camera


def test_a_view_is_learned_before_anything_is_said_of_it() -> None:
    camera = Camera()
    said = [camera.shows(STREET) for _ in range(LEARNED_AFTER + 1)]
    assert said == ["learning"] * LEARNED_AFTER + ["ok"]


@pytest.mark.parametrize(
    ("seen", "wall_ms", "right"),
    [
        (FLAT, NOON_MS, "covered"),
        (replace(FLAT, relief=8, fingerprint="3" * 16), NOON_MS, "covered"),
        (replace(FLAT, brightness=15), NOON_MS, "covered"),
        (replace(FLAT, brightness=2), NOON_MS, "dark"),
        (replace(FLAT, brightness=2), MIDNIGHT_MS, "dark"),
        (replace(FLAT, brightness=30), MIDNIGHT_MS, "dark"),
        (replace(FLAT, brightness=30), None, "dark"),
        (replace(FLAT, brightness=200), MIDNIGHT_MS, "covered"),
        (OTHER, NOON_MS, "moved"),
        (replace(NIGHT, fingerprint="3" * 16), MIDNIGHT_MS, "moved"),
        (replace(STREET, focus=0.01), NOON_MS, "blurred"),
        (replace(STREET, digest="ab" * 8), NOON_MS, "frozen"),
        (replace(STREET, relief=14, brightness=180), NOON_MS, "ok"),  # fog
        (NIGHT, NOON_MS, "ok"),  # a storm
    ],
)
def test_each_fault_has_its_name(seen: Seen, wall_ms: int | None, right: str) -> None:
    camera = knowing()
    assert camera.shows(seen, wall_ms, times=IN_A_ROW + 1) == right


@pytest.mark.parametrize("seen", [FLAT, OTHER, replace(STREET, focus=0.01), replace(FLAT, brightness=2)])
def test_a_fault_is_said_with_the_third_picture_and_taken_back_with_the_first_good_one(seen: Seen) -> None:
    camera = knowing()
    said = [camera.shows(seen) for _ in range(IN_A_ROW)]
    assert said[:-1] == ["ok"] * (IN_A_ROW - 1) and said[-1] != "ok"
    assert camera.shows(STREET) == "ok"
    assert camera.shows(seen) == "ok"


def test_faults_in_turn_are_not_three_of_one() -> None:
    camera = knowing()
    said = {camera.shows(seen) for _ in range(4) for seen in (FLAT, OTHER)}
    assert said == {"ok"}


def test_the_same_picture_is_frozen_only_once_time_has_passed() -> None:
    camera = knowing()
    same = replace(STREET, digest="ab" * 8)
    assert camera.shows(same, period_ms=1000, times=30) == "ok"
    assert camera.shows(same, period_ms=1000, times=10) == "frozen"
    assert camera.shows(STREET) == "ok"


def test_after_a_restart_of_the_box_the_same_picture_counts_anew() -> None:
    camera = knowing()
    same = replace(STREET, digest="ab" * 8)
    camera.shows(same, times=2)
    camera.mono_ms = 0
    assert camera.shows(same) == "ok"
    assert camera.shows(same, times=3) == "frozen"


def test_two_black_pictures_are_dark_not_frozen() -> None:
    camera = knowing()
    black = Seen(brightness=0, focus=0, relief=0, fingerprint="0" * 16, digest="cd" * 8)
    assert camera.shows(black, MIDNIGHT_MS, times=6) == "dark"


@given(st.floats(0, 59), st.floats(0, 1.1), st.integers(0, 2**64 - 1), st.integers(0, 6 * HOUR_MS))
def test_at_night_a_dim_picture_is_never_called_covered(
    brightness: float, relief: float, bits: int, later_ms: int
) -> None:
    camera = knowing()
    seen = Seen(brightness, 0.3, f"{bits:016x}", "", relief)
    assert camera.shows(seen, MIDNIGHT_MS - 3 * HOUR_MS + later_ms, times=5) in ("dark", "ok")


def test_what_is_first_seen_at_night_is_learned_not_judged() -> None:
    camera = Camera()
    camera.shows(STREET, times=LEARNED_AFTER + 1)
    lamps = replace(NIGHT, fingerprint="5" * 16)
    said = [camera.shows(lamps, MIDNIGHT_MS) for _ in range(LEARNED_AFTER + 1)]
    assert said == ["learning"] * LEARNED_AFTER + ["ok"]
    assert camera.shows(STREET) == "ok"


def test_dusk_judges_no_view() -> None:
    camera = knowing()
    assert camera.shows(OTHER, DUSK_MS, times=10) == "ok"
    assert camera.shows(OTHER, NOON_MS, times=IN_A_ROW) == "moved"


def test_a_camera_turned_for_good_is_believed_after_a_day_of_light() -> None:
    camera = knowing()
    assert camera.shows(OTHER, times=90) == "moved"
    assert camera.shows(replace(NIGHT, fingerprint="c" * 16), MIDNIGHT_MS, times=20) == "moved"
    assert camera.shows(OTHER, times=20) == "ok"
    assert camera.shows(STREET, times=IN_A_ROW) == "moved"


def test_a_turned_camera_does_not_become_right_by_standing_idle() -> None:
    camera = knowing()
    camera.shows(OTHER, times=50)
    assert camera.shows(OTHER, period_ms=3 * 24 * HOUR_MS, times=1) == "moved"


def test_a_view_that_changes_slowly_stays_known() -> None:
    camera = knowing()
    bits = int(STREET.fingerprint, 16)
    for at in range(24):
        bits ^= 1 << (2 * at)
        assert camera.shows(replace(STREET, fingerprint=f"{bits:016x}"), times=30) == "ok"


def test_bits_that_always_flicker_do_not_count() -> None:
    camera = Camera()
    for at in range(40):
        flicker = int(STREET.fingerprint, 16) ^ ((0xFFFF if at % 2 else 0) << 24)
        said = camera.shows(replace(STREET, fingerprint=f"{flicker:016x}"))
    assert said == "ok"
    assert camera.shows(OTHER, times=IN_A_ROW) == "moved"


def test_memory_survives_a_restart() -> None:
    camera = knowing()
    camera.shows(OTHER, times=2)
    again = Camera(decode_memory(encode_memory(camera.judge.memory)))
    again.mono_ms = camera.mono_ms
    assert again.shows(OTHER) == "moved"
    assert len(encode_memory(camera.judge.memory)) < 4000


@given(st.binary(max_size=300))
def test_any_other_memory_is_a_fresh_one(content: bytes) -> None:
    memory = decode_memory(content)
    assert isinstance(memory, Memory) and memory.said in (
        "learning",
        "ok",
        "covered",
        "dark",
        "blurred",
        "moved",
        "frozen",
    )


@pytest.mark.parametrize(
    "content", [b'{"day":{"votes":[1]}}', b'{"said":"fine"}', b'{"day":{"votes":' + b"[99]" * 1 + b"}}", b"[" * 9999]
)
def test_a_damaged_memory_learns_anew(content: bytes) -> None:
    assert decode_memory(content) == Memory()


def test_a_fresh_memory_is_nobody_else_s() -> None:
    Judge().memory.day.votes[0] = 5
    assert Judge().memory.day.votes == View().votes


floats = st.floats(0, 255)


@given(
    st.lists(
        st.tuples(
            st.builds(
                Measures,
                floats,
                floats,
                st.floats(0, 1e6),
                st.integers(0, 2**64 - 1).map("{:016x}".format),
                st.integers(0, 3).map("{:016x}".format),
                floats,
            ),
            st.integers(0, 2**50),
            st.none() | st.integers(-(2**50), 2**53),
        ),
        max_size=30,
    )
)
def test_any_measures_at_any_time_have_a_verdict_and_a_memory_that_can_be_kept(
    seen: list[tuple[Measures, int, int | None]],
) -> None:
    judge = Judge()
    for measures, mono_ms, wall_ms in seen:
        verdict = judge.look(measures, mono_ms, wall_ms)
        assert verdict in ("ok", "covered", "dark", "blurred", "moved", "frozen", "learning")
    assert decode_memory(encode_memory(judge.memory)) == judge.memory
