"""How often a PIN may be guessed. Pure: the caller brings the time in seconds (monotonic).

A four-digit PIN holds only because guessing is slow: five wrong ones lock the code for ten minutes, and thirty wrong
ones in ten minutes, for whatever codes, lock the kiosk's look-up until the oldest of them is ten minutes old. Codes
that do not exist lock in the same way, so a lock does not tell which codes exist.
"""

from collections import OrderedDict, deque
from typing import Final

from wire.shape import Struct

WRONG_PER_CODE: Final = 5
WRONG_IN_ALL: Final = 30
LOCK_S: Final = 600.0
CODES_KEPT: Final = 512
"""More than can fail within a lock's time, so no lock is ever pushed out by others."""


class _Tries(Struct):
    wrong: int = 0
    locked_until_s: float = 0.0


class PinLimiter:
    """Counts wrong PINs."""

    def __init__(self) -> None:
        self._codes: OrderedDict[str, _Tries] = OrderedDict()
        self._recent: deque[float] = deque(maxlen=WRONG_IN_ALL)

    def kiosk_locked_for(self, now_s: float) -> float:
        """Seconds until anybody may look up again; 0 when now."""
        if len(self._recent) < WRONG_IN_ALL:
            return 0.0
        return max(0.0, self._recent[0] + LOCK_S - now_s)

    def code_locked_for(self, code: str, now_s: float, wrong_before: int = 0) -> float:
        """Seconds until this code may be tried again; `wrong_before` is what was counted before a restart."""
        tries = self._codes.get(code)
        if tries is None:
            tries = self._remember(code, _Tries(wrong_before))
            if wrong_before >= WRONG_PER_CODE:  # a restart must not shorten a lock; it starts again
                tries.locked_until_s = now_s + LOCK_S
        return max(0.0, tries.locked_until_s - now_s)

    def wrong(self, code: str, now_s: float) -> int:
        """Note a PIN as wrong, before it is compared; how many in a row this makes for the code."""
        tries = self._codes.get(code) or self._remember(code, _Tries())
        if tries.wrong >= WRONG_PER_CODE:  # its lock has passed, or it could not have been tried
            tries.wrong = 0
        tries.wrong += 1
        if tries.wrong >= WRONG_PER_CODE:
            tries.locked_until_s = now_s + LOCK_S
        self._recent.append(now_s)
        self._codes.move_to_end(code)
        return tries.wrong

    def right(self, code: str) -> None:
        """The PIN fitted, so the try noted for it was none: the code's count begins anew."""
        self._codes.pop(code, None)
        if self._recent:
            self._recent.pop()

    def _remember(self, code: str, tries: _Tries) -> _Tries:
        self._codes[code] = tries
        while len(self._codes) > CODES_KEPT:
            self._codes.popitem(last=False)
        return tries
