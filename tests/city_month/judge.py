"""Holds what was published against what really happened. Its own arithmetic: nothing here is shared with the centre.

* A published day adds up, and never claims more seconds up, down or under maintenance than there really were, but for
  one second at each turn (a ping a second, whole seconds). Seconds that are free by definition go either way; those
  in which the centre could not be reached were nobody's, and are never down.
* Where nothing was lost, no clock unset and no life ended that day, it claims them all.
* An outage's certain part is really trouble, and its cause was really there; "restart" and "silent" name nobody. What
  is blamed above it was really cut.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tests.city_month.published import Day, Outage, Published
from tests.city_month.score import Miss, Score
from tests.city_month.stretches import Spell, Stretch, common, merged, minus, total
from tests.city_month.truth import CityTruth, NodeTruth
from wire.verdicts import VERDICTS

DAY_MS = 86_400_000
UNNAMED = frozenset({"restart", "silent", "U0"})
LONG_MS = 60_000
ACTIVE_MS = 1_000
"""So long at least the published cause must really have been there."""
TURN_MS = 2_000
"""At each edge of an outage: a ping of a second, and the reading of a clock."""
NEAR_MS = 600_000
"""A death after midnight may be dated back into the day before as far as this."""
BLIND_EDGE_MS = 30_000
"""So far around the incident of its blindness the centre takes trouble beyond the gateway upon itself."""
SHORT_EDGE_MS = 10_000
"""So far around a short cut of its own line; it is known by what many nodes told."""
BACK_MS = 480_000
"""So long after it silence alone proves nothing."""
BIRTH_MS = 5_000
"""A run is heard within this of its start: at a moment before that nobody can know of it."""
FOUND_MS = 180_000
"""Trouble longer than this must not go without an outage, where the centre listened."""
GONE = "silent"
PARTIES = {"planned": "none", "restart": "none", "silent": "none"}


@dataclass(frozen=True, slots=True)
class _Node:
    """One node's truth as stretches."""

    truth: NodeTruth
    down: list[Stretch]
    free: list[Stretch]
    off: list[Stretch]
    """The centre was away, the node was there."""
    maintenance: list[Stretch]
    bad: list[Stretch]
    pieces: list[Spell]


def judge(city: CityTruth, days: int, published: Published, now_ms: int | None = None) -> Score:
    """Every node-day and every outage, up to `now_ms`: then what has not arrived yet need not be known."""
    score, whole = Score(), now_ms is None
    city = city if now_ms is None else replace(city, until_ms=now_ms, end_ms=min(now_ms, city.end_ms))
    by_node: dict[str, list[Outage]] = {}
    for outage in published.outages:
        by_node.setdefault(outage.node, []).append(outage)
    for node, truth in city.nodes.items():
        seen = _node(truth)
        if now_ms is not None:
            seen = replace(seen, free=merged([*seen.free, (now_ms - BIRTH_MS, now_ms)]))
        for number in range(days):
            start = city.start_ms + number * DAY_MS
            _day(score, city, seen, (start, start + DAY_MS), published.days.get((node, number)), whole=whole)
        outages = [one for one in by_node.get(node, []) if city.start_ms <= one.start_ms[1] < city.end_ms]
        for outage in outages:
            _outage(score, city, seen, outage, whole=whole)
        if whole:
            _unfound(score, city, seen, outages)
    return score


def _node(truth: NodeTruth) -> _Node:
    line = [spell[:2] for spell in truth.trouble if spell.code not in ("B1", "L7")]
    dead = [spell[:2] for spell in truth.dead]
    off = minus((spell[:2] for spell in truth.trouble if spell.code == "L7"), [*truth.free, *dead])
    free = minus(truth.free, dead)
    down = minus([*line, *dead], [])
    bad = merged([*(spell[:2] for spell in truth.trouble), *dead, *truth.free])
    return _Node(truth, down, free, off, truth.maintenance, bad, [*truth.trouble, *truth.dead])


def _day(score: Score, city: CityTruth, seen: _Node, day: Stretch, published: Day | None, *, whole: bool) -> None:
    score.node_days += 1
    node, window = seen.truth.place.node, common([day], [_counted(seen.truth, city)])
    if published is None and not window:
        return
    if published is None:
        score.misses.append(Miss("no day", node, day[0], "nothing is published"))
        return
    score.unknown_s += published.unknown_s
    score.seconds += total(window) // 1000
    maintenance = common(seen.maintenance, window)
    down = minus(common(seen.down, window), [*maintenance, *seen.free])
    free = minus(common(seen.free, window), maintenance)
    off = minus(common(seen.off, window), maintenance)
    up = minus(window, [*maintenance, *down, *free, *off])
    slack = 1 + _turns([*seen.pieces, *(Spell(*one, "") for one in seen.maintenance)], day)
    really = {"up": total(up) // 1000, "down": total(down) // 1000, "maintenance": total(maintenance) // 1000}
    either, nobodys = total(free) // 1000, total(off) // 1000
    said = {"up": published.up_s, "down": published.down_s, "maintenance": published.maintenance_s}
    text = ", ".join(f"{word} {said[word]} (really {really[word]})" for word in said)
    text += f", unknown {published.unknown_s}, free {either}, nobody's {nobodys}, slack {slack}"
    if abs(sum(said.values()) + published.unknown_s - total(window) / 1000) >= (1 if window != [day] else 0.001):
        score.misses.append(Miss("sum", node, day[0], text))
    for word, spare in (("up", either + nobodys), ("down", either), ("maintenance", 0)):
        if said[word] > really[word] + spare + slack:
            score.misses.append(Miss(f"false {word}", node, day[0], text))
    if whole and _is_exact(city, seen, day):
        score.exact_days += 1
        if published.unknown_s > slack + either + nobodys or any(
            said[word] < really[word] - either - slack for word in said
        ):
            score.misses.append(Miss("inexact", node, day[0], text))


def _counted(truth: NodeTruth, city: CityTruth) -> Stretch:
    return truth.known_since_ms, min(city.until_ms, truth.retired_ms or city.until_ms)


def _turns(pieces: Iterable[Spell], day: Stretch) -> int:
    return sum((day[0] <= piece.start_ms < day[1]) + (day[0] <= piece.end_ms < day[1]) for piece in pieces)


def _is_exact(city: CityTruth, seen: _Node, day: Stretch) -> bool:
    """Whether all that happened on that day can be known to the second."""
    near = [(day[0] - NEAR_MS, day[1] + NEAR_MS)]
    shared = [(start - SHORT_EDGE_MS, end + SHORT_EDGE_MS) for start, end in city.short]
    shared = [cut for cut in shared if common([cut], seen.down)]  # whose seconds those are nobody can say
    touched = [*city.host, *city.blind, *shared, *(spell[:2] for spell in seen.truth.dead), *seen.truth.vague]
    return not common(touched, near)


def _outage(score: Score, city: CityTruth, seen: _Node, outage: Outage, *, whole: bool) -> None:
    score.outages += 1
    # Whose line is good again but who has not called yet is silent, and nobody can know more at that moment.
    waits = not whole and outage.end_ms is None and outage.cause == GONE
    start, end = outage.start_ms[1], city.until_ms if outage.end_ms is None else outage.end_ms[0]
    certain = [(start, end)] if start < end else []
    possible = [(outage.start_ms[0] - TURN_MS, (outage.end_ms or (0, city.until_ms))[1] + TURN_MS)]
    bad = seen.bad if outage.counts == "down" and not waits else merged([*seen.bad, *seen.truth.unheard])
    if total(minus(certain, bad)) > 2 * TURN_MS or total(common(possible, bad)) < 1000:
        score.misses.append(Miss("invented", outage.node, start, f"{outage}"))
        return
    if outage.counts == "down" and not waits and total(minus(certain, [*seen.down, *seen.free])) > 2 * TURN_MS:
        score.misses.append(Miss("not down", outage.node, start, f"{outage}"))
    if outage.counts == "up" and total(common(certain, minus(seen.down, seen.free))) > 2 * TURN_MS:
        score.misses.append(Miss("not up", outage.node, start, f"{outage}"))
    if outage.parent and not common(possible, city.cuts.get(outage.parent, [])):
        score.misses.append(Miss("wrong parent", outage.node, start, f"{outage}"))
    _cause(score, city, seen, outage, certain or possible, possible)


def _cause(
    score: Score, city: CityTruth, seen: _Node, outage: Outage, sure: Sequence[Stretch], possible: list[Stretch]
) -> None:
    long = sure[0][1] - sure[0][0] > LONG_MS
    score.long += long
    there = [spell[:2] for spell in seen.pieces if spell.code == outage.cause]
    if outage.cause == "L7":  # by definition, also where it was not the centre's cut: nobody could tell
        there += [(start - BLIND_EDGE_MS, end + BLIND_EDGE_MS) for start, end in city.blind]
        there += [(start - SHORT_EDGE_MS, end + SHORT_EDGE_MS) for start, end in city.short]
    if outage.party != (PARTIES.get(outage.cause) or VERDICTS[outage.cause].party):
        score.misses.append(Miss("party", outage.node, sure[0][0], f"{outage}"))
    if outage.cause in UNNAMED:
        nobody_can = total(common(there, possible)) >= ACTIVE_MS
        score.right += long and nobody_can
        score.unnamed += long and not nobody_can
    elif total(common(there, possible)) < ACTIVE_MS:
        really = sorted({spell.code for spell in seen.pieces if common([spell[:2]], possible)})
        score.misses.append(Miss("wrong cause", outage.node, sure[0][0], f"really {really}: {outage}"))
    else:
        score.right += long
        score.shared += long and 2 * total(common(there, sure)) < total(
            common(merged(one[:2] for one in seen.pieces), sure)
        )


def _unfound(score: Score, city: CityTruth, seen: _Node, outages: list[Outage]) -> None:
    """Long trouble of the node's own that no outage mentions, though the centre listened at its time."""
    named = [(one.start_ms[0], city.until_ms if one.end_ms is None else one.end_ms[1]) for one in outages]
    for start, end in common(common(seen.down, [(city.start_ms, city.end_ms)]), [_counted(seen.truth, city)]):
        heard = total(minus(common([(start, end)], city.hearing), [(at, to + BACK_MS) for at, to in city.blind]))
        if heard > FOUND_MS and not common([(start, end)], named):
            score.misses.append(Miss("unfound", seen.truth.place.node, start, f"{(end - start) // 1000} s of trouble"))
