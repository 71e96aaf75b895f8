"""Wishes for a picture now, of one camera: served in their order, and answered also when there is no picture."""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from agent.cameras.base import CameraError
from agent.cameras.handing import Take
from wire.shape import Struct

MOST_WISHES: Final = 8
WISH_WAIT_S: Final = 60.0
"""Who waited longer for a turn has given up, and a picture taken now is not of the moment that was meant."""

OnMissed = Callable[[Take, CameraError], None]


class Wish(Struct, frozen=True):
    """Somebody wants a picture now; `asked_s` on the monotonic clock."""

    take: Take
    asked_s: float


class NotNowError(CameraError):
    """No picture for this wish, though nothing new is wrong with the camera."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Wishes:
    """Waiting wishes; `on_missed` is told of each that gets no picture."""

    def __init__(self, camera: str, on_missed: OnMissed) -> None:
        self._camera = camera
        self._on_missed = on_missed
        self._waiting: deque[Wish] = deque()

    @property
    def full(self) -> bool:
        """Whether no more can wait."""
        return len(self._waiting) >= MOST_WISHES

    def add(self, take: Take) -> None:
        """One more, behind the others."""
        self._waiting.append(Wish(take, time.monotonic()))

    def next(self) -> Wish | None:
        """The oldest that has not waited too long; those that have are told so."""
        while self._waiting:
            wish = self._waiting.popleft()
            if time.monotonic() - wish.asked_s < WISH_WAIT_S:
                return wish
            self._on_missed(wish.take, NotNowError("busy", f"{self._camera} had no turn for it within a minute"))
        return None

    def refuse(self, error: CameraError) -> None:
        """All that wait get no picture."""
        while self._waiting:
            self._on_missed(self._waiting.popleft().take, error)

    def forget(self) -> None:
        """Nobody is there any more to be answered."""
        self._waiting.clear()
