"""A node's boots as the database knows them: their clocks, and their neighbours on either side.

A boot whose clock is not known itself lies between the nearest boots before and after it whose clocks are. Which boot
came before is the node's word: the walks end at a boot seen before, and after MOST_BETWEEN.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from center.core.times import Anchor, BootClock
from center.ingest.database import execute_many, select

MOST_BETWEEN = 200
"""Boots in a row of which no clock is known, looked past: three months of a box without network where the power fails
twice a day. Beyond, times are bounded by their arrival alone."""
MOST_OF_NODE = 5000
"""Boots of one node that are looked at, by name."""
MOST_FILED = 10_000
"""Anchors of one boot that are compared: one an hour for more than a year."""

_LINK = """
SELECT boot, previous, max_mono_ms, ceiling_ms, (SELECT offset_ms FROM connectivity_anchor a WHERE a.node = b.node
  AND a.boot = b.boot AND a.standing ORDER BY mono_ms, epoch, seq LIMIT 1)
FROM connectivity_boot b WHERE node = %s
"""


@dataclass(frozen=True, slots=True)
class Link:
    """One boot between others. `start_ms` is when it began, None while only its neighbours can tell."""

    previous: str = ""
    max_mono_ms: int = 0
    ceiling_ms: int | None = None
    start_ms: int | None = None


@dataclass(frozen=True, slots=True)
class _Family:
    """A node's boots by name, and the names of those that say they came after each."""

    links: Mapping[str, Link]
    heirs: Mapping[str, Sequence[str]]


class Boots:
    """What is read is remembered: for one page or one round, while nothing is written."""

    def __init__(self) -> None:
        self._links: dict[tuple[str, str], Link | None] = {}
        self._families: dict[str, _Family] = {}

    def link(self, node: str, boot: str) -> Link | None:
        """What is known of a boot; None when it was only heard of."""
        key = (node, boot)
        if key not in self._links:
            rows = select(_LINK + "AND boot = %s", key)
            self._links[key] = _link(*rows[0][1:]) if rows else None
        return self._links[key]

    def clock(self, node: str, boot: str) -> BootClock:
        """All that a time of this boot is derived from."""
        anchors = standing_anchors(node, boot)
        link = self.link(node, boot) or Link()
        if anchors or link.ceiling_ms is not None:
            return BootClock(anchors, link.ceiling_ms)
        return BootClock(not_before_ms=self._end_before(node, boot), not_after_ms=self._start_after(node, boot))

    def between(self, node: str, boot: str) -> Iterator[str]:
        """The boots on either side whose times hang on this one: those without a clock, up to the next with one."""
        yield from (name for name, link in self._before(node, boot) if link is not None and link.start_ms is None)
        yield from self.after(node, boot)

    def after(self, node: str, boot: str) -> Iterator[str]:
        """The later half of `between`."""
        yield from (name for name, link in self._after(node, boot) if link.start_ms is None)

    def _end_before(self, node: str, boot: str) -> int | None:
        """The last sign of life of the nearest boot before that has a clock."""
        for _name, link in self._before(node, boot):
            if link is not None and link.start_ms is not None:
                return link.start_ms + link.max_mono_ms
        return None

    def _start_after(self, node: str, boot: str) -> int | None:
        """When the nearest boot after began; of several, the earliest."""
        found = (link.start_ms for _name, link in self._after(node, boot))
        return min((start_ms for start_ms in found if start_ms is not None), default=None)

    def _before(self, node: str, boot: str) -> Iterator[tuple[str, Link | None]]:
        """The boots before, nearest first, up to one with a clock."""
        links, seen = self._family(node).links, {boot, ""}
        link = links.get(boot)
        while link is not None and link.previous not in seen and len(seen) < MOST_BETWEEN:
            name = link.previous
            seen.add(name)
            link = links.get(name)
            yield name, link
            if link is not None and link.start_ms is not None:
                return

    def _after(self, node: str, boot: str) -> Iterator[tuple[str, Link]]:
        """The boots after, nearest first, on each branch up to one with a clock. More than one is a lie, or a clone."""
        family, waiting, seen = self._family(node), [boot], {boot}
        for name in waiting:
            for heir in family.heirs.get(name, ()):
                if heir in seen or len(seen) >= MOST_BETWEEN:
                    continue
                seen.add(heir)
                link = family.links[heir]
                yield heir, link
                if link.start_ms is None:
                    waiting.append(heir)

    def _family(self, node: str) -> _Family:
        if node not in self._families:
            links: dict[str, Link] = {}
            heirs: dict[str, list[str]] = {}
            for boot, *values in select(_LINK + "ORDER BY boot LIMIT %s", (node, MOST_OF_NODE)):
                links[boot] = _link(*values)
                heirs.setdefault(links[boot].previous, []).append(boot)
            self._families[node] = _Family(links, heirs)
        return self._families[node]


def _link(previous: str, max_mono_ms: int, ceiling_ms: int | None, offset_ms: int | None) -> Link:
    return Link(previous, max_mono_ms, ceiling_ms, ceiling_ms if offset_ms is None else offset_ms)


def standing_anchors(node: str, boot: str) -> tuple[Anchor, ...]:
    """The anchors that determine a boot's clock (`center.core.times.standing`), ascending."""
    rows = select(
        "SELECT mono_ms, offset_ms, error_ms FROM connectivity_anchor "
        "WHERE node = %s AND boot = %s AND standing ORDER BY mono_ms, epoch, seq",
        (node, boot),
    )
    return tuple(Anchor(*row) for row in rows)


def filed_anchors(node: str, boot: str) -> list[tuple[int, bool, Anchor]]:
    """(id, standing, anchor) of all that were filed of a boot, ascending."""
    rows = select(
        "SELECT id, standing, mono_ms, offset_ms, error_ms FROM connectivity_anchor "
        "WHERE node = %s AND boot = %s ORDER BY mono_ms, epoch, seq LIMIT %s",
        (node, boot, MOST_FILED),
    )
    return [(row_id, bool(stands), Anchor(*values)) for row_id, stands, *values in rows]


def note_standing(changes: list[tuple[bool, int]]) -> None:
    """Write (standing, id) of anchors."""
    execute_many("UPDATE connectivity_anchor SET standing = %s WHERE id = %s", changes)
