"""Which nodes are under maintenance now: by technicians' stays that count, and by planned work. Reads alone."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from center.availability import due
from center.core import maintenance, stays
from center.core.facts import LinkFact, Span
from center.core.planned import Planned, cut, takes_part
from center.ingest.database import select
from center.sites.upstreams import above_of, links_of_nodes

if TYPE_CHECKING:
    from center.operations.models import Work

# Who says that work goes on: of each node the newest moment alone, so that a box that sends notice upon notice does not
# slow down every judgement.
_SAYING = """
SELECT DISTINCT m.node, m.at_ms, m.active, m.lasts_ms FROM operations_maintenance m JOIN
  (SELECT node, MAX(at_ms) AS newest_ms FROM operations_maintenance WHERE at_ms > %s GROUP BY node) n
  ON m.node = n.node AND m.at_ms = n.newest_ms
"""
_BEFORE = """
SELECT DISTINCT at_ms, active, lasts_ms FROM operations_maintenance WHERE node = %s AND at_ms > %s
ORDER BY at_ms DESC LIMIT %s
"""
_ENDED = "SELECT at_ms FROM operations_stayended WHERE node = %s AND at_ms > %s"
_WORKS = """
SELECT scope, subject, from_ms FROM operations_work
WHERE from_ms <= %s AND until_ms > %s AND (cancelled_ms IS NULL OR cancelled_ms > %s) ORDER BY from_ms, id
"""
_SITES = "SELECT site_id, id FROM sites_node ORDER BY id"
_ALL_UPSTREAM_WORKS = """
SELECT subject, from_ms, until_ms FROM operations_work
WHERE scope = 'upstream' AND until_ms > %s AND cancelled_ms IS NULL ORDER BY from_ms, id
"""
_REACH_BACK_MS = stays.MOST_MS + maintenance.LONGEST_MS
_NOTICES_MOST = 1000
"""A box that speaks of work more often than this within a day and a half is not believed."""


def under_maintenance(now_ms: int) -> dict[str, int]:
    """Node -> since when, for every node under maintenance now."""
    found = stays_now(now_ms)
    works = select(_WORKS, (now_ms, now_ms, now_ms))
    covers = [(node, from_ms) for scope, subject, from_ms in works for node in _of_scope(scope, subject)]
    on_ways = [Planned(subject, Span(since, now_ms + 1)) for scope, subject, since in works if scope == "upstream"]
    for node, from_ms in [*covers, *_without_a_way(on_ways)]:
        found[node] = min(found.get(node, from_ms), from_ms)
    return found


def stays_now(now_ms: int) -> dict[str, int]:
    """Node -> since when a technician works at it now, as far as that counts."""
    rows = select(_SAYING, (now_ms - maintenance.LONGEST_MS,))
    newest = maintenance.newest(maintenance.Notice(node, at, bool(active), lasts) for node, at, active, lasts in rows)
    saying = {node: one for node, one in newest.items() if maintenance.since_ms(one, now_ms) is not None}
    if not saying:
        return {}
    found = {}
    for node in saying:
        rows = select(_BEFORE, (node, now_ms - _REACH_BACK_MS, _NOTICES_MOST + 1))
        if len(rows) > _NOTICES_MOST:
            continue
        said = [maintenance.Notice(node, at, bool(active), lasts) for at, active, lasts in rows]
        ended = [at for (at,) in select(_ENDED, (node, now_ms - _REACH_BACK_MS))]
        on = [span.start_ms for span in stays.stays(said, ended) if span.start_ms <= now_ms < span.end_ms]
        if on:
            found[node] = on[0]
    return found


class Coverage:
    """Which nodes each planned work covers, together with all other work on upstreams that is planned or on."""

    def __init__(self, now_ms: int) -> None:
        self._planned = [Planned(code, Span(start, end)) for code, start, end in select(_ALL_UPSTREAM_WORKS, (now_ms,))]
        self._links = links_of_nodes() if self._planned else {}
        self._above = above_of() if self._planned else {}

    def nodes(self, work: "Work") -> tuple[str, ...]:
        """The nodes one work covers at some time: of an upstream those that fall with it, alone or with what else is
        worked on then; not those that keep another way. Sorted."""
        if work.scope != "upstream":
            return _of_scope(work.scope, work.subject)
        return tuple(sorted(node for node, links in self._links.items() if self._falls(links, work)))

    def covers(self, work: "Work", node: str) -> bool:
        """Whether one work covers one node at some time."""
        if work.scope != "upstream":
            return node in _of_scope(work.scope, work.subject)
        return self._falls(self._links.get(node, ()), work)

    def _falls(self, links: Sequence[LinkFact], work: "Work") -> bool:
        own = Planned(work.subject, Span(work.from_ms, work.until_ms))
        return takes_part(links, self._above, self._planned, own)


def _of_scope(scope: str, subject: str) -> tuple[str, ...]:
    """The nodes that a work which is not on an upstream covers as long as it lasts. Sorted."""
    if scope == "node":
        return (subject,)
    if scope == "upstream":
        return ()
    nodes: Iterable[tuple[str, str]] = select(_SITES)
    return tuple(node for site, node in nodes if scope == "city" or site == subject)


def _without_a_way(on_ways: Sequence[Planned]) -> list[tuple[str, int]]:
    """Nodes that these works, all of them on now, leave without a way, and since when."""
    if not on_ways:
        return []
    above = above_of()
    spans = {node: cut(links, above, on_ways) for node, links in links_of_nodes().items()}
    return [(node, found[-1].start_ms) for node, found in spans.items() if found]


def reckon_again(scope: str, subject: str, from_ms: int) -> None:
    """What people said of maintenance has changed from `from_ms` on: work the availability out again. In the caller's
    transaction."""
    _MARKS[scope](subject, from_ms)


_MARKS: dict[str, Callable[[str, int], None]] = {
    "node": lambda subject, from_ms: due.mark_nodes([subject], from_ms),
    "site": due.mark_site,
    "upstream": due.mark_upstream,
    "city": lambda _subject, from_ms: due.mark_city(from_ms),
}
