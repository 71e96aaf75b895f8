"""What one camera is told at its door, and whether it refused just that: then it is asked again seldom.

Cameras lock an account after some wrong passwords, most of them for half an hour. A changed password file ends the wait
at once, an administrator at the camera within a quarter of an hour.
"""

from collections.abc import Callable
from typing import Final

from agent.cameras.base import CameraError, Secrets

AUTH_WAIT_S: Final = 900.0
LOOK_EVERY_S: Final = 10.0
"""At the password file, while the camera refuses what stood there."""


class Login:
    """`read` gives what the password file says now, or raises a CameraError."""

    def __init__(self, read: Callable[[], Secrets]) -> None:
        self._read = read
        self._given = Secrets()
        self._refused: Secrets | None = None

    def give(self) -> Secrets:
        """What to tell the camera; LoginsError when the file cannot be used."""
        self._given = self._read()
        return self._given

    @property
    def refused(self) -> bool:
        """Whether the camera refused what it was told last."""
        return self._refused is not None

    def was_refused(self) -> None:
        """The camera said so."""
        self._refused = self._given

    def forget_refusal(self) -> None:
        """The camera gave a picture, or is to be told something else."""
        self._refused = None

    def still_refused(self) -> bool:
        """Whether the camera would be told again what it refused. A file that cannot be read now has not changed."""
        if self._refused is None:
            return False
        try:
            return self._read() == self._refused
        except CameraError:
            return True
