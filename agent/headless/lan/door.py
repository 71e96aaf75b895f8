"""Who is let in: sessions after the right PIN, and how many requests an address has left. Times of a growing clock."""

import hashlib
import hmac
import secrets
from collections import deque
from typing import Final

SESSION_S: Final = 1800.0
MOST_SESSIONS: Final = 32
MOST_REQUESTS: Final = 60
WINDOW_S: Final = 30.0
MOST_KNOWN: Final = 256


class Sessions:
    """Random tokens, of which only a digest is kept; the oldest gives way when there are too many."""

    def __init__(self) -> None:
        self._until_s: dict[str, float] = {}

    def new(self, now_s: float) -> str:
        token = secrets.token_urlsafe(24)
        self._until_s = {key: until_s for key, until_s in self._until_s.items() if until_s > now_s}
        while len(self._until_s) >= MOST_SESSIONS:
            del self._until_s[min(self._until_s, key=lambda key: self._until_s[key])]
        self._until_s[_digest(token)] = now_s + SESSION_S
        return token

    def holds(self, token: str, now_s: float) -> bool:
        given = _digest(token)
        return any(hmac.compare_digest(given, key) and until_s > now_s for key, until_s in self._until_s.items())


class Rates:
    """At most `MOST_REQUESTS` in `WINDOW_S` from one address; of many the one heard longest ago is forgotten."""

    def __init__(self) -> None:
        self._times_s: dict[str, deque[float]] = {}

    def allows(self, address: str, now_s: float) -> bool:
        times = self._times_s.setdefault(address, deque())
        while times and now_s - times[0] > WINDOW_S:
            times.popleft()
        if len(times) >= MOST_REQUESTS:
            return False
        times.append(now_s)
        while len(self._times_s) > MOST_KNOWN:
            del self._times_s[min(self._times_s, key=lambda one: self._times_s[one][-1])]
        return True


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
