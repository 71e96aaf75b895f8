"""Which nodes a technician works at now, from the notices of the nodes themselves. Pure.

The newest notice of a node decides: it says that work lasts until a moment, or that it is over. A stay ends by itself
at its moment; no notice holds for longer than `LONGEST_MS`, whatever it says, so that a forgotten or a lying box does
not hide an outage for days.
"""

from collections.abc import Iterable
from dataclasses import dataclass

LONGEST_MS = 12 * 3_600_000
"""As the agent's own bound: a long working day."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice: at `at_ms` the box said that work lasts for `lasts_ms` from then on, or is over."""

    node: str
    at_ms: int
    active: bool
    lasts_ms: int


def newest(notices: Iterable[Notice]) -> dict[str, Notice]:
    """Per node its newest notice; of two of one moment the one that ends the work, in whatever order they come."""
    found: dict[str, Notice] = {}
    for notice in notices:
        known = found.get(notice.node)
        if known is None or rank(notice) > rank(known):
            found[notice.node] = notice
    return found


def since_ms(notice: Notice | None, now_ms: int) -> int | None:
    """Since when work goes on at `now_ms`; None when none does."""
    if notice is None or not notice.active or now_ms >= until_ms(notice):
        return None
    return notice.at_ms


def until_ms(notice: Notice) -> int:
    """When the work ends by itself."""
    return notice.at_ms + min(max(notice.lasts_ms, 0), LONGEST_MS)


def rank(notice: Notice) -> tuple[int, bool, int]:
    """Of two notices the greater one holds: the newer, and of one moment the one that ends the work."""
    return notice.at_ms, not notice.active, notice.lasts_ms
