"""Small numbers are not published: what concerns fewer than five people may be known to be somebody. Pure.

One hidden row beside a published total could be reckoned from the others; so the smallest further rows are hidden too,
until at least two are, and what they hold together is no small number either. Zero says nothing of anybody.
"""

from collections.abc import Mapping
from typing import Final

LEAST: Final = 5


def is_small(count: int) -> bool:
    """Whether this number of people (or of what they filed) stays unsaid."""
    return 0 < count < LEAST


def hidden(counts: Mapping[str, int]) -> frozenset[str]:
    """The keys whose counts must not be shown beside their total; the same for any order of the rows."""
    rising = sorted((count, key) for key, count in counts.items() if count > 0)
    chosen = [(count, key) for count, key in rising if is_small(count)]
    if not chosen:
        return frozenset()
    for row in rising[len(chosen) :]:
        if len(chosen) > 1 and sum(count for count, _key in chosen) >= LEAST:
            break
        chosen.append(row)
    return frozenset(key for _count, key in chosen)
