"""Sets of whole numbers as inclusive ranges: what is stored, what is missing."""

from bisect import bisect_right
from collections.abc import Iterable

from wire.shape import Struct


class Ranges(Struct, frozen=True):
    """Ascending, disjoint, non-adjacent inclusive ranges. Immutable: each operation gives a new set."""

    pairs: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, numbers: Iterable[int]) -> "Ranges":
        """The set of these numbers, in any order, repeats allowed."""
        return cls.from_pairs((number, number) for number in numbers)

    @classmethod
    def from_pairs(cls, pairs: Iterable[tuple[int, int]]) -> "Ranges":
        """The union of inclusive ranges in any order; a range that ends before it starts is ignored."""
        merged: list[tuple[int, int]] = []
        for first, last in sorted(pairs):
            if first > last:
                continue
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(merged[-1][1], last))
            else:
                merged.append((first, last))
        return cls(tuple(merged))

    def add(self, first: int, last: int) -> "Ranges":
        """With first..last included."""
        return Ranges.from_pairs((*self.pairs, (first, last)))

    def union(self, other: "Ranges") -> "Ranges":
        """With all of `other` included."""
        return Ranges.from_pairs((*self.pairs, *other.pairs))

    def contains(self, number: int) -> bool:
        """Whether the number is in the set."""
        at = bisect_right(self.pairs, number, key=lambda pair: pair[0])
        return at > 0 and number <= self.pairs[at - 1][1]

    def missing(self, first: int, last: int) -> "Ranges":
        """What of first..last is not in the set."""
        gaps: list[tuple[int, int]] = []
        at = first
        for start, end in self.pairs:
            if end < at:
                continue
            if start > last:
                break
            if start > at:
                gaps.append((at, start - 1))
            at = end + 1
        if at <= last:
            gaps.append((at, last))
        return Ranges(tuple(gaps))

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self.pairs)

    def __bool__(self) -> bool:
        return bool(self.pairs)
