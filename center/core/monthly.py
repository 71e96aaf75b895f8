"""The document every format of a report is drawn from. Pure: facts in, one value of plain JSON out.

A document holds whole seconds and what follows from them; percentages are texts, cut to three digits, so that every
format prints the same characters. Seconds are added first and divided last. The same facts give the same bytes.

    period        first and last day, the month where it is one, until when it counts
    city          one row of figures
    groups        {"node" | "kelurahan" | "kecamatan" | "agency" | "provider": [row of figures, ...]}
    outages       every outage that touches the period, by start
    days          whole seconds of each node and day: node, day, and DAY_PARTS
    changes       nodes whose line became another's within the period, and when
    day_parts     days so divided: node, day, beginning of the part, provider, circuit, and DAY_PARTS
    unsettled     [node, day] of those whose parts are still to be worked out: in no provider's sheet
    sla           one sheet per provider (`center.core.sla`)
    services      complaints, requests for information, the satisfaction survey, participation, freshness of the
                  public sites, as they were handed in
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from center.core import days as calendar
from center.core import stakes as divided
from center.core.facts import Seconds, Span
from center.core.figures import ENOUGH_PCT, Figures
from center.core.shares import printed, share_pct
from center.core.sla import Promise, sheet
from center.core.stakes import Piece, Stake
from center.core.sweep import DayPart
from center.core.terms import Terms

SCHEMA = 2
"""Grows when a reader of old documents would misread a new one."""
DAY_PARTS = (
    "up_s", "down_s", "maintenance_s", "unknown_s", "isp_up_s", "isp_down_s", "isp_excluded_s", "isp_unknown_s",
)  # fmt: skip
"""What a row of `days` holds after node and day."""


@dataclass(frozen=True, slots=True)
class Place:
    """A node and what it belongs to; "" where there is none. `kind`: the site's. Provider and circuit are today's."""

    node: str
    site: str
    name: str
    kind: str
    kecamatan: str = ""
    agency: str = ""
    agency_name: str = ""
    provider: str = ""
    circuit: str = ""


@dataclass(frozen=True, slots=True)
class OutageLine:
    """An outage within the period. `lost_s`: certain seconds in it; `isp_s`: of them, held against the provider.
    Bounds as `availability.Outage` has them, in Unix ms; no end: it lasts."""

    id: int
    node: str
    start_lo_ms: int
    start_hi_ms: int
    end_lo_ms: int | None
    end_hi_ms: int | None
    cause: str
    party: str
    counts: str
    parent: str
    told: bool
    lost_s: int
    isp_s: int
    revision: int
    ticket: str = ""
    reported_ms: int | None = None
    evidence: tuple[Mapping[str, Any], ...] = ()
    """The facts the cause rests on, as they are stored."""
    pieces: tuple[Piece, ...] = ()
    """Of a node whose line changed within the period: what the outage cost on each of them."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days `first`..`last` (20261101), both included; what lies after `until_ms` had not happened yet."""

    first: int
    last: int
    until_ms: int

    @property
    def window(self) -> Span:
        """From midnight of the first day until the moment it counts until."""
        return Span(calendar.bounds(self.first).start_ms, self.until_ms)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a document is made of. Order does not matter."""

    period: Period
    places: Sequence[Place]
    days: Sequence[Seconds]
    outages: Sequence[OutageLine]
    promises: Sequence[Promise] = ()
    services: Mapping[str, Any] = field(default_factory=dict)
    terms: Mapping[str, Terms] = field(default_factory=dict)
    """Of the nodes whose line ever changed."""
    parts: Sequence[DayPart] = ()


GROUPS: Mapping[str, Callable[[Place], tuple[str, str]]] = {
    "node": lambda place: (place.node, place.name),
    "kelurahan": lambda place: (place.site, place.name) if place.kind == "kel" else ("", ""),
    "kecamatan": lambda place: (place.kecamatan, place.kecamatan),
    "agency": lambda place: (place.agency, place.agency_name),
    "provider": lambda place: (place.provider, place.provider),
}
"""How stakes are put together: key and name of the group a place belongs to, "" for none. A node's provider is the one
it had at the time; the others are those of today's registry."""


def document(facts: Facts) -> dict[str, Any]:
    """The whole report as plain JSON."""
    days = _by_node(facts.days)
    outages = sorted(facts.outages, key=lambda one: (one.start_lo_ms, one.node, one.id))
    places = sorted(facts.places, key=lambda place: place.node)
    names = {promise.provider: promise.name for promise in facts.promises}
    lost: dict[str, list[OutageLine]] = {}
    for one in outages:
        lost.setdefault(one.node, []).append(one)
    own, waiting = _stakes(facts, places, days, lost)
    every = [stake for place in places for stake in own[place.node]]
    window = facts.period.window
    return {
        "schema": SCHEMA,
        "period": {"first": facts.period.first, "last": facts.period.last, "until_ms": facts.period.until_ms},
        "enough_pct": ENOUGH_PCT,
        "city": figures_row(facts.days, outages) | {"nodes": len(places)},
        "groups": {kind: _grouped(key_of, every, names) for kind, key_of in GROUPS.items()},
        "outages": [outage_row(one, own.get(one.node, ()), window) for one in outages],
        "days": [
            [day.node, day.day, *(getattr(day, name) for name in DAY_PARTS)]
            for node in sorted(days)
            for day in days[node]
        ],
        "changes": [
            change for place in places for change in divided.changes(place, facts.terms.get(place.node, ()), window)
        ],
        "day_parts": divided.part_rows(every, DAY_PARTS),
        "unsettled": waiting,
        "sla": [
            sheet(promise, [stake for stake in every if stake.place.provider == promise.provider], window)
            for promise in sorted(facts.promises, key=lambda promise: promise.provider)
        ],
        "services": dict(facts.services),
    }


def _stakes(
    facts: Facts, places: Sequence[Place], days: Mapping[str, list[Seconds]], lost: Mapping[str, list[OutageLine]]
) -> tuple[dict[str, list[Stake]], list[list[Any]]]:
    """Node -> its stakes; and the node-days that wait for their parts."""
    parts, window = divided.by_node(facts.parts), facts.period.window
    found, waiting = {}, []
    for place in places:
        node = place.node
        mine, some = days.get(node, []), parts.get(node, [])
        terms, unsettled = divided.settled(facts.terms.get(node, ()), window, mine, some)
        waiting += [[node, day] for day in unsettled]
        found[node] = divided.stakes(place, terms, window, mine, some, outages=lost.get(node, []))
    return found, waiting


def figures_row(days: Iterable[Seconds], outages: Iterable[OutageLine]) -> dict[str, Any]:
    """Seconds, percentages and outages of some nodes. Only outages that count as down are counted."""
    sums = Figures.of(days)
    down = [one for one in outages if one.counts == "down" and one.lost_s > 0]
    ended = [one.lost_s for one in down if one.end_lo_ms is not None]
    known_s = sums.up_s + sums.down_s
    counted_s = known_s + sums.unknown_s
    return {
        "up_s": sums.up_s,
        "down_s": sums.down_s,
        "unknown_s": sums.unknown_s,
        "maintenance_s": sums.maintenance_s,
        "pct": printed(share_pct(sums.up_s, known_s)),
        "worst_pct": printed(share_pct(sums.up_s, counted_s)),
        "best_pct": printed(share_pct(sums.up_s + sums.unknown_s, counted_s)),
        "coverage_pct": printed(share_pct(known_s, counted_s)),
        "enough": sums.enough,
        "causes": dict(sums.causes),
        "outages": len(down),
        "longest_s": max((one.lost_s for one in down), default=0),
        "mean_repair_s": sum(ended) // len(ended) if ended else None,
    }


def outage_row(one: OutageLine, own: Sequence[Stake], window: Span) -> dict[str, Any]:
    """One outage as the lists print it, with the line it began on. Where the line changed while it lasted, `parts`
    say what it cost on each."""
    place, parts = divided.place_of(one, own), divided.outage_parts(one, own, window)
    return {
        "id": one.id,
        "revision": one.revision,
        "node": one.node,
        "site": place.site if place else "",
        "name": place.name if place else "",
        "circuit": place.circuit if place else "",
        "provider": place.provider if place else "",
        "start_ms": [one.start_lo_ms, one.start_hi_ms],
        "end_ms": None if one.end_lo_ms is None else [one.end_lo_ms, one.end_hi_ms],
        "cause": one.cause,
        "party": one.party,
        "counts": one.counts,
        "parent": one.parent,
        "told": one.told,
        "lost_s": one.lost_s,
        "isp_s": one.isp_s,
        "ticket": one.ticket,
        "reported_ms": one.reported_ms,
        "evidence": [dict(fact) for fact in one.evidence],
        **({"parts": parts} if parts else {}),
    }


def _by_node(days: Iterable[Seconds]) -> dict[str, list[Seconds]]:
    found: dict[str, list[Seconds]] = {}
    for day in sorted(days, key=lambda day: (day.node, day.day)):
        found.setdefault(day.node, []).append(day)
    return found


def _grouped(
    key_of: Callable[[Place], tuple[str, str]], every: Sequence[Stake], names: Mapping[str, str]
) -> list[dict[str, Any]]:
    """A row of figures per group. An outage divided among stakes of one group is one outage of it."""
    members: dict[tuple[str, str], list[Stake]] = {}
    for stake in every:
        key, name = key_of(stake.place)
        if key:
            members.setdefault((key, names.get(key, name)), []).append(stake)
    rows = []
    for (key, name), found in sorted(members.items()):
        days = [day for stake in found for day in stake.seconds]
        lost = divided.together(one for stake in found for one in stake.outages)
        nodes = {stake.place.node for stake in found}
        rows.append({"key": key, "name": name, "nodes": len(nodes)} | figures_row(days, lost))
    return rows
