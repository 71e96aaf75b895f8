"""How often a PIN may be guessed over the network. Pure: the caller brings what was stored and the time in Unix ms.

A four-digit PIN holds only because guessing is slow. Every try counts as wrong before it is compared, and is given back
when it fitted. Three counts, and each of them can lock:

    code       5 wrong lock the code for 10 minutes, the next 5 for 20, then 40, ... at most a day; forgotten after a
               quiet week. At that pace ten thousand PINs take years. Codes that do not exist lock in the same way, so
               a lock does not tell which codes exist.
    address    20 wrong within 10 minutes: many citizens share one address of a telephone network.
    all        300 wrong within 10 minutes, whatever the codes: who holds a list of codes gets nowhere with it.
"""

from dataclasses import dataclass, replace
from typing import Final

MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Limit:
    """`wrong` tries within `window_ms` lock for `lock_ms`, each further lock twice as long up to `most_ms`. `quiet`:
    the window begins with the last try, not with the first; only silence makes it forget."""

    wrong: int
    window_ms: int
    lock_ms: int
    most_ms: int
    quiet: bool = False


LIMITS: Final = {
    "code": Limit(5, 7 * DAY_MS, 10 * MINUTE_MS, DAY_MS, quiet=True),
    "address": Limit(20, 10 * MINUTE_MS, 10 * MINUTE_MS, 10 * MINUTE_MS),
    "all": Limit(300, 10 * MINUTE_MS, 10 * MINUTE_MS, 10 * MINUTE_MS),
}


@dataclass(frozen=True, slots=True)
class Tries:
    """What is stored of one code, one address, or all: wrong tries since `since_ms`, the last one at `last_ms`, and how
    many locks went before."""

    wrong: int = 0
    since_ms: int = 0
    last_ms: int = 0
    locks: int = 0


def locked_ms(tries: Tries, limit: Limit, now_ms: int) -> int:
    """How long it still is locked; 0: it may be tried. A clock that was set back does not lengthen a lock."""
    if tries.wrong < limit.wrong:
        return 0
    length_ms = min(limit.lock_ms << min(tries.locks, 30), limit.most_ms)
    return min(max(0, tries.last_ms + length_ms - now_ms), length_ms)


def tried(tries: Tries, limit: Limit, now_ms: int) -> Tries:
    """With one more try, which counts as wrong until it is given back. Only for what is not locked."""
    begun_ms = tries.last_ms if limit.quiet else tries.since_ms
    if now_ms - begun_ms >= limit.window_ms:
        tries = Tries(since_ms=now_ms)
    elif tries.wrong >= limit.wrong:  # its lock is over
        tries = replace(tries, wrong=0, since_ms=now_ms, locks=tries.locks + 1)
    return replace(tries, wrong=tries.wrong + 1, last_ms=now_ms)


def given_back(tries: Tries) -> Tries:
    """The try was none: the PIN fitted."""
    return replace(tries, wrong=max(0, tries.wrong - 1))


def forgotten_ms(limit: Limit) -> int:
    """After so long without a try nothing needs to be kept."""
    return max(limit.window_ms, limit.most_ms)
