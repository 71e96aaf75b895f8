"""Who is told what of an incident, and when: levels, quiet hours, growth, suppression and recovery. Pure.

A *target* is a route with one address. For every incident a target is told at most this: that it opened, that it grew
(what has not gone out yet is rewritten instead of sent twice), and that it is over. Rules:

1. A route of level 0 speaks at once, or after `after_ms` when nobody has acknowledged by then. A route of a higher
   level waits until the incident was escalated that far, or for its `after_ms` without acknowledgement.
2. Outside its hours, and in its quiet hours below a severity, a route holds back until it may speak again.
3. What has not gone out when it is over never does. Whoever was told, or may have been, hears of the recovery at once,
   at whatever hour.
4. An incident that comes back soon after its recovery is told again only CALM_MS after what was said last.
5. Of a blind centre nothing more is told while it lasts: who else it does not hear is no news.
6. What waits about a single node is held while an incident of many takes that node along (`covered`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from center.core.alert_text import IncidentChange, compose, compose_for_site
from center.core.routing_facts import (
    OPEN_WORDS,
    WENT,
    Mute,
    Put,
    Rewrite,
    RouteFacts,
    Standing,
    Step,
    Told,
    rank,
)

GATHER_MS: Final = 15_000
"""An incident of many gathers members for this long before it is told: one message with all names, not three."""
GROW_EVERY_MS: Final = 10 * 60_000
CALM_MS: Final = 10 * 60_000
"""As long as an incident that comes back is still the same one: a swing within it is no news."""
OF_MANY: Final = frozenset({"parent", "blind"})
"""Kinds of incidents that take nodes along."""
OF_COMPLAINTS: Final = frozenset({"overdue", "urgent"})
COVERED_MS: Final = 60_000
"""A node that fell longer before its parent is a trouble of its own (DESIGN 7)."""


@dataclass(slots=True)
class _Target:
    """One route and address, and what it was told of this incident, oldest first."""

    route: RouteFacts
    address: str
    text: str
    told: list[Told] = field(default_factory=list)
    asks: bool = True
    """Whether a route still asks for such an incident; else it was told once, and is owed the end alone."""

    @property
    def waiting(self) -> list[Told]:
        return [one for one in self.told if one.withdrawable]

    @property
    def last(self) -> Told | None:
        """What it may have heard last."""
        return next((one for one in reversed(self.told) if one.may_have_arrived), None)

    def is_owed_the_end(self) -> bool:
        """Whether it may have heard that it is open, and did not surely hear since that it is over."""
        owed = False
        for one in self.told:
            if one.what in OPEN_WORDS:
                owed = owed or one.may_have_arrived
            elif one.state in WENT:
                owed = False
        return owed

    def knows_it_open(self) -> bool:
        """Whether opening it again would be no news: it was told so last."""
        last = self.last
        return last is not None and last.what in OPEN_WORDS and last.state in WENT

    def put(self, change: IncidentChange, what: str, due_ms: int) -> Put:
        number = sum(one.what == what for one in self.told)
        key = f"{change.incident}.{what}.{number}.{self.route.id}.{self.address}"
        return Put(key, self.route.id, self.route.channel, self.address, what, change.severity, self.text, due_ms)


def matches(route: RouteFacts, change: IncidentChange) -> bool:
    """Whether this route is about such an incident, whatever the hour. A route to sites' people is theirs to check:
    what is the site's own matter, and a place that is out alone, of which nobody knows yet whose matter it is."""
    parties = route.parties
    if route.people is not None and not parties:
        alone = change.kind == "node" and change.cause != "planned"
        parties = frozenset({"site", "none"} if alone else {"site"})
    return (
        rank(change.severity) >= rank(route.least_severity)
        and (route.people is None or change.kind not in OF_COMPLAINTS)  # they are told in words of their own
        and (change.kind != "channel" or change.subject != route.channel)  # it could not say so itself
        and (not route.kinds or change.kind in route.kinds)
        and (not parties or change.party in parties)
        and (not route.sites or not route.sites.isdisjoint(change.sites))
        and (not route.kecamatan or not route.kecamatan.isdisjoint(change.kecamatan))
    )


def speaks_at(route: RouteFacts, severity: str, wish_ms: int) -> int:
    """The first moment from `wish_ms` on at which the route may speak of something this severe."""
    at_ms = wish_ms
    holds_back = route.quiet if rank(severity) < rank(route.quiet_severity) else None
    for _ in range(64):  # a week of hours has fewer edges; hours that leave nothing must not hold a message for ever
        if route.hours is not None and not route.hours.contains(at_ms):
            at_ms = route.hours.next_change_ms(at_ms)
        elif holds_back is not None and holds_back.contains(at_ms):
            at_ms = holds_back.next_change_ms(at_ms)
        else:
            return at_ms
    return wish_ms


def plan(
    change: IncidentChange,
    standing: Standing,
    routes: Sequence[RouteFacts],
    told: Sequence[Told],
    names: Mapping[str, str],
) -> tuple[Step, ...]:
    """What to do about the messages of this incident. `told` in the order in which they were made; `names` of sites."""
    step = _STEPS.get(change.what)
    if step is None:
        return ()
    targets = _targets(change, routes, told, names)
    return tuple(one for target in targets for one in step(target, change, standing))


def covered(change: IncidentChange, subject: str, started_ms: int) -> bool:
    """Whether what waits about the single node `subject`, down since then, is part of this incident of many."""
    return (
        change.kind in OF_MANY
        and change.what in {"opened", "reopened", "grew"}
        and subject in change.nodes
        and started_ms >= change.started_ms - COVERED_MS
    )


def let_go_at(route: RouteFacts | None, severity: str, made_ms: int, wish_ms: int) -> int:
    """When what was held by `covered` goes out: from `wish_ms` on, but not before its own time has come (nobody took it
    on for `after_ms`), and never in hours in which its route holds back."""
    if route is None:
        return wish_ms
    return speaks_at(route, severity, max(wish_ms, made_ms + route.after_ms))


def _targets(
    change: IncidentChange, routes: Sequence[RouteFacts], told: Sequence[Told], names: Mapping[str, str]
) -> Iterator[_Target]:
    """Everybody who was told or asks to be; who was told stays a target, though the route may be gone by now."""
    found: dict[tuple[int, str], _Target] = {}
    known = {route.id: route for route in routes}
    for route in routes:
        if not matches(route, change):
            continue
        if route.people is None:
            found[route.id, ""] = _Target(route, "", compose(change, names, route.language))
            continue
        for site in change.sites:
            for address in route.people.get(site, ()):
                text = compose_for_site(change, names.get(site, site), route.language)
                found.setdefault((route.id, address), _Target(route, address, text))
    for one in told:
        place = (one.route, one.address)
        if place not in found:  # no more news of an incident that is not theirs any more, but its end
            route = known.get(one.route) or RouteFacts(one.route, one.channel, language=one.language)
            site = next((site for site, people in (route.people or {}).items() if one.address in people), "")
            text = (compose_for_site(change, names.get(site, ""), one.language) if one.address
                    else compose(change, names, one.language))  # fmt: skip
            found[place] = _Target(route, one.address, text, asks=False)
        found[place].told.append(one)
    return iter(found.values())


def _opened(target: _Target, change: IncidentChange, standing: Standing, *, hurry: bool = False) -> Iterator[Step]:
    route = target.route
    for one in target.waiting:
        if one.what == "resolved":  # it came back before they heard that it was over
            yield Mute(one.key)
    if any(one.what in OPEN_WORDS for one in target.waiting):
        yield from _rewritten(target, change)
        return
    if target.knows_it_open() or not target.asks:
        return
    reached = route.level <= standing.level
    if standing.acknowledged and (route.stateful or (route.after_ms and not (route.level and reached))):
        return
    if not reached and not route.after_ms:
        return
    at_once = reached and (route.level > 0 or not route.after_ms)
    wish_ms = change.at_ms + (0 if at_once else route.after_ms)
    if at_once and change.kind in OF_MANY and not route.stateful and not hurry:
        wish_ms += GATHER_MS
    if target.last is not None and not hurry:
        wish_ms = max(wish_ms, target.last.at_ms + CALM_MS)
    what = "escalated" if route.level else "opened"
    yield target.put(change, what, speaks_at(route, change.severity, wish_ms))


def _grew(target: _Target, change: IncidentChange, standing: Standing) -> Iterator[Step]:
    """More members: rewritten where it still waits; told where it was told, but not every minute; else as opened."""
    if change.kind == "blind" and not target.waiting and target.told:
        return
    if not target.asks:
        return
    if target.knows_it_open() and not target.waiting and target.last is not None and not target.route.stateful:
        wish_ms = max(change.at_ms, target.last.at_ms + GROW_EVERY_MS)
        yield target.put(change, "grew", speaks_at(target.route, change.severity, wish_ms))
        return
    yield from _opened(target, change, standing)


def _escalated(target: _Target, change: IncidentChange, standing: Standing) -> Iterator[Step]:
    """It is worse, or the next level is called: who waited for that hears now; what quiet hours held may speak too."""
    reached = target.route.level <= standing.level
    waiting = [one for one in target.waiting if one.what in OPEN_WORDS]
    for one in waiting:
        at_once = reached and (target.route.level > 0 or not target.route.after_ms)
        soonest_ms = speaks_at(target.route, change.severity, change.at_ms) if at_once else one.at_ms
        yield Rewrite(one.key, target.text, change.severity, min(one.at_ms, soonest_ms))
    if not waiting:
        yield from _opened(target, change, standing, hurry=True)


def _acknowledged(target: _Target, change: IncidentChange, _standing: Standing) -> Iterator[Step]:
    """Somebody has it: what only waited for that is withdrawn, and a siren falls silent."""
    for one in target.waiting:
        if one.what in OPEN_WORDS and (target.route.stateful or (target.route.after_ms and one.at_ms > change.at_ms)):
            yield Mute(one.key)
    if target.route.stateful and target.is_owed_the_end() and not any(one.what == "silenced" for one in target.waiting):
        yield target.put(change, "silenced", change.at_ms)


def _released(target: _Target, change: IncidentChange, standing: Standing) -> Iterator[Step]:
    """Nobody has it any more: what only waited for that waits again, from now on, and a siren sounds again."""
    yield from _opened(target, change, standing, hurry=True)


def _resolved(target: _Target, change: IncidentChange, _standing: Standing) -> Iterator[Step]:
    owed = target.is_owed_the_end()
    for one in target.waiting:
        if one.what != "resolved":
            yield Mute(one.key)
    if owed and not any(one.what == "resolved" for one in target.waiting):
        yield target.put(change, "resolved", change.at_ms)


def _rewritten(target: _Target, change: IncidentChange) -> Iterator[Step]:
    for one in target.waiting:
        if one.what in OPEN_WORDS:
            yield Rewrite(one.key, target.text, change.severity)


_STEPS = {
    "opened": _opened,
    "reopened": _opened,
    "grew": _grew,
    "escalated": _escalated,
    "acknowledged": _acknowledged,
    "released": _released,
    "resolved": _resolved,
}
