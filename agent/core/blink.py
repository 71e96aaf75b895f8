"""What a technician without a screen can count: how the activity LED blinks for each class of verdict. Pure.

Flashes of a quarter second, then a pause long enough to begin counting anew. The number grows with the distance of the
fault from the box: 1 own side, 2 gateway, 3 ISP, 4 centre; 5 stands for a line that works badly. All well is one short
spark every four seconds, not yet known an even slow blinking: neither can be taken for a count.
"""

from dataclasses import dataclass
from typing import Final, Literal

from wire.verdicts import VERDICTS

Fault = Literal["fine", "unknown", "own_side", "gateway", "isp", "center", "quality"]

FLASH_MS: Final = 250
"""Two a second are counted without effort; four are not."""
PAUSE_MS: Final = 1750

FLASHES: Final[dict[Fault, int]] = {"own_side": 1, "gateway": 2, "isp": 3, "center": 4, "quality": 5}

_OWN: Final = ("N0", "N1", "A1", "A2", "L0", "L1", "L2", "L3")
_GATEWAY: Final = ("L4", "L5c", "P1")
_ISP: Final = ("L5a", "L5b", "L5d", "L6a", "L6b", "L6c", "L6d", "B2", "D1", "D2", "I1")
_CENTER: Final = ("L7", "B1", "B3", "B4", "B5")
_QUALITY: Final = ("M2", "Q1", "Q2", "Q3", "Q4")
_CLASSES: Final[dict[str, Fault]] = {
    **dict.fromkeys(_OWN, "own_side"),
    **dict.fromkeys(_GATEWAY, "gateway"),
    **dict.fromkeys(_ISP, "isp"),
    **dict.fromkeys(_CENTER, "center"),
    **dict.fromkeys(_QUALITY, "quality"),
    "U0": "unknown",
}


@dataclass(frozen=True, slots=True)
class Pattern:
    """Times on and off in turn, in milliseconds, beginning with on; repeated without end."""

    steps_ms: tuple[tuple[int, int], ...]

    @property
    def length_ms(self) -> int:
        return sum(on + off for on, off in self.steps_ms)


def fault_class(code: str) -> Fault:
    """The class of a verdict. What does not harm the connection to the centre (a note, a public site) is fine; a code
    of a newer version is unknown."""
    if code not in VERDICTS:
        return "unknown"
    return _CLASSES.get(code, "fine")


def pattern(code: str) -> Pattern:
    """How the LED blinks for a verdict."""
    fault = fault_class(code)
    if fault == "fine":
        return Pattern(((60, 3940),))
    if fault == "unknown":
        return Pattern(((1000, 1000),))
    flashes = FLASHES[fault]
    return Pattern(((FLASH_MS, FLASH_MS),) * (flashes - 1) + ((FLASH_MS, FLASH_MS + PAUSE_MS),))
