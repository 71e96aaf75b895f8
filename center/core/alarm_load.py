"""How many alarms were put before the operator per ten minutes, against the bands of EEMUA 191. Pure.

| alarms in ten minutes | band       | EEMUA 191 on the average of a shift    |
|-----------------------|------------|----------------------------------------|
| 0..1                  | calm       | very likely to be acceptable           |
| 2..4                  | manageable | manageable, likely over-demanding at 5 |
| 5..10                 | busy       | likely to be over-demanding            |
| more than 10          | flood      | a flood: nobody reads them any more    |
"""

from collections.abc import Iterable
from dataclasses import dataclass

BUCKET_MS = 600_000
BUCKETS = 144
BANDS = ((1, "calm"), (4, "manageable"), (10, "busy"))
FLOOD = "flood"


@dataclass(frozen=True, slots=True)
class Bucket:
    """Ten minutes from `at_ms` on."""

    at_ms: int
    count: int

    @property
    def band(self) -> str:
        return next((name for most, name in BANDS if self.count <= most), FLOOD)


@dataclass(frozen=True, slots=True)
class Load:
    """A day of ten minutes each, oldest first; the last one is not over yet."""

    buckets: tuple[Bucket, ...]

    @property
    def total(self) -> int:
        return sum(one.count for one in self.buckets)

    @property
    def peak(self) -> int:
        return max(one.count for one in self.buckets)

    @property
    def average(self) -> float:
        return self.total / len(self.buckets)

    @property
    def floods(self) -> int:
        return sum(one.band == FLOOD for one in self.buckets)


def load_of(alarms_ms: Iterable[int], now_ms: int) -> Load:
    """The load of the last day; alarms outside of it count for nothing."""
    start_ms = first_ms(now_ms)
    counts = [0] * BUCKETS
    for at_ms in alarms_ms:
        index = (at_ms - start_ms) // BUCKET_MS
        if 0 <= index < BUCKETS:
            counts[index] += 1
    return Load(tuple(Bucket(start_ms + index * BUCKET_MS, count) for index, count in enumerate(counts)))


def first_ms(now_ms: int) -> int:
    """Where the day that is looked at begins."""
    return (now_ms // BUCKET_MS - BUCKETS + 1) * BUCKET_MS
