"""Short cuts of the centre's own line (`center.core.own_cuts`): found in what nodes told, kept in a table of their own.

What a cut is follows from the witnesses of all nodes around it, and whether it is one decides about outages of all of
them. So it is worked out once, before the nodes are (`refresh`), and read by everybody; where it comes out otherwise
than it stands, every node is due. Only moments at which several nodes told of something short are looked at closely.
"""

from collections.abc import Iterable, Iterator, Sequence

from center.availability import due
from center.availability.clocks import Dating
from center.availability.ties import Ties
from center.availability.told import contacts_around, outages_around
from center.core.facts import OwnCut, Span
from center.core.own_cuts import ALIKE_MS, LATELY_MS, LEAST, MOST_MS, SETTLE_MS, Witness, own_cuts, witness
from center.core.spans import union
from center.ingest.database import execute_many, select, writing

ROUGH_MS = 30_000
"""A stored time differs by less from what its clock allows, once its boot has been dated again."""
ZONE_MS = 60_000
"""Around a moment that is looked at: beginnings of cuts in it are all found, and replaced."""
AROUND_MS = 180_000
"""So much is read around it: all that begins together with what begins in the zone."""
BACK_MS = MOST_MS + AROUND_MS
"""What changed at a moment may belong to a cut that began this long before it."""
_SHORT = """
SELECT o.node, o.at_ms, o.end_mono_ms - o.mono_ms FROM sites_node n CROSS JOIN connectivity_outage o
WHERE o.node = n.id AND o.at_ms >= %s AND o.at_ms <= %s
"""
_STORED = "SELECT start_ms, end_ms, code FROM availability_owncut WHERE end_ms >= %s AND start_ms <= %s"


def known_cuts(since_ms: int, now_ms: int) -> tuple[OwnCut, ...]:
    """Those that reach beyond a moment."""
    return tuple(sorted(OwnCut(*row) for row in select(_STORED, (since_ms, now_ms))))


def refresh(from_ms: int, now_ms: int, ties: Ties) -> Iterator[None]:
    """Make those that may have changed because of what happened from a moment on what they are. In small steps."""
    since_ms = from_ms - BACK_MS
    stored = {OwnCut(*row) for row in select(_STORED, (since_ms, now_ms))}
    moments = {one.start_ms for one in stored}
    moments.update(_suspicious(select(_SHORT, (since_ms, now_ms))))
    yield
    if not moments:
        return
    found: set[OwnCut] = set()
    zones = _around(moments, ZONE_MS)
    for span in _around(moments, AROUND_MS):
        told: dict[str, Witness] = {}
        for node in sorted(ties.sites):
            told[node] = _witness(node, span, ties)
            yield
        found.update(own_cuts(told, now_ms))
        yield
    found = {one for one in found if _lies_in(one, zones)}
    stored = {one for one in stored if _lies_in(one, zones)}
    if found != stored:
        with writing():
            _write(found - stored, stored - found)


def _write(fresh: Iterable[OwnCut], gone: Iterable[OwnCut]) -> None:
    fresh, gone = sorted(fresh), sorted(gone)
    same = "start_ms = %s AND end_ms = %s AND code = %s"
    execute_many(f"DELETE FROM availability_owncut WHERE {same}", [_row(one) for one in gone])  # noqa: S608 - our own
    execute_many(
        "INSERT INTO availability_owncut (start_ms, end_ms, code) VALUES (%s, %s, %s) "
        "ON CONFLICT (start_ms, end_ms, code) DO NOTHING",
        [_row(one) for one in fresh],
    )
    due.mark_city(min(one.start_ms for one in (*fresh, *gone)) - ALIKE_MS)


def _row(one: OwnCut) -> tuple[int, int, str]:
    return one.start_ms, one.end_ms, one.code


def _suspicious(rows: Sequence[tuple[str, int, int | None]]) -> list[int]:
    """Moments at which several nodes may have told of the same short cut, by their stored times."""
    words = sorted((at, at if lasted is None else at + lasted, lasted is None, node) for node, at, lasted in rows
                   if lasted is None or lasted <= MOST_MS + ROUGH_MS)  # fmt: skip
    found: list[int] = []
    first = 0
    for at_ms, end_ms, is_open, _node in words:
        while words[first][0] < at_ms - ROUGH_MS:
            first += 1
        nodes: set[str] = set()
        for other_ms, other_end_ms, other_open, node in words[first:]:
            if other_ms > at_ms + ROUGH_MS or len(nodes) >= LEAST:
                break
            if is_open or other_open or abs(end_ms - other_end_ms) <= ROUGH_MS:
                nodes.add(node)
        if len(nodes) >= LEAST:
            found.append(at_ms)
    return found


def _witness(node: str, span: Span, ties: Ties) -> Witness:
    """What the node has to say of all cuts that may begin in this stretch."""
    until_ms = span.end_ms + MOST_MS
    told = outages_around(node, span.start_ms, until_ms, Dating(node))
    heard = contacts_around(node, span.start_ms - LATELY_MS, until_ms + SETTLE_MS)
    return witness(told, heard, ties.sites[node], ties.links.get(node, ()), ties.owners)


def _around(moments: Iterable[int], margin_ms: int) -> tuple[Span, ...]:
    return union(Span(at - margin_ms, at + margin_ms) for at in moments)


def _lies_in(one: OwnCut, zones: Sequence[Span]) -> bool:
    return any(zone.start_ms <= one.start_ms < zone.end_ms for zone in zones)
