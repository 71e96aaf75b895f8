"""How often a PIN may be tried, and who is shut out for how long. Pure; times in seconds of any clock that only grows.

1. One address: after `TRIES` wrong ones it waits `FIRST_WAIT_S`, doubled with each further row of wrong ones, up to
   `LONGEST_WAIT_S`. A right one clears it.
2. All together: at most `TRIES_TOGETHER` wrong ones an hour, from whatever addresses; then nobody may try until the
   oldest of them is an hour old. Who is signed in already is not concerned.
3. With six digits and 20 tries an hour, one chance in a hundred takes 500 hours; the log names every refusal.
4. What is remembered is bounded: of more than `MOST_ADDRESSES` the one heard longest ago is forgotten.
"""

from dataclasses import dataclass, field, replace
from typing import Final

TRIES: Final = 5
FIRST_WAIT_S: Final = 60.0
LONGEST_WAIT_S: Final = 3600.0
TRIES_TOGETHER: Final = 20
HOUR_S: Final = 3600.0
MOST_ADDRESSES: Final = 256


@dataclass(frozen=True, slots=True)
class Record:
    """Of one address: wrong tries since its last right one, until when it waits, when it was last heard."""

    wrong: int = 0
    until_s: float = 0.0
    heard_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Guard:
    """What is remembered. Start with `Guard()`."""

    records: dict[str, Record] = field(default_factory=dict)
    wrong_at_s: tuple[float, ...] = ()


def wait_s(guard: Guard, address: str, now_s: float) -> float:
    """How long this address has to wait before it may try; 0 = now."""
    own = guard.records.get(address, Record()).until_s - now_s
    recent = [at for at in guard.wrong_at_s if now_s - at < HOUR_S]
    together = recent[-TRIES_TOGETHER] + HOUR_S - now_s if len(recent) >= TRIES_TOGETHER else 0.0
    return max(0.0, own, together)


def tried(guard: Guard, address: str, *, right: bool, now_s: float) -> Guard:
    """The guard after a try that was allowed."""
    records = dict(guard.records)
    recent = tuple(at for at in guard.wrong_at_s if now_s - at < HOUR_S)
    if right:
        records.pop(address, None)
        return Guard(records, recent)
    before = records.get(address, Record())
    wrong = before.wrong + 1
    until_s = before.until_s
    if wrong % TRIES == 0:
        until_s = now_s + min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (wrong // TRIES - 1))
    records[address] = replace(before, wrong=wrong, until_s=until_s, heard_s=now_s)
    if len(records) > MOST_ADDRESSES:
        del records[min(records, key=lambda one: records[one].heard_s)]
    return Guard(records, (*recent, now_s)[-TRIES_TOGETHER:])
