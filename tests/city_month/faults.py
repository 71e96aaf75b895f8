"""Draws what goes wrong in the city: power, lines, boxes, agents, the centre itself, and work that was announced.

Rates are per thirty days; short runs are livelier, so that three days of twelve nodes meet nearly everything.
"""

from dataclasses import replace
from random import Random

from tests.city_month.drawing import HOUR, MIN, Draw, Halt, NodePlan, Plan, S
from tests.city_month.layout import LINKS, Place
from tests.city_month.stretches import Spell, Stretch, common, merged

ISP_CODES = ("L5b", "L5b", "L5d", "L6a", "L5a", "L6c")
LAN_CODES = ("L1", "L4", "L2", "L0", "L5c")
RESETS = ("watchdog", "panic", "warm_reset")


def plan(random: Random, places: tuple[Place, ...], start_ms: int, end_ms: int) -> Plan:
    """Everything that goes wrong between the two moments."""
    draw, drawn = Draw(random, start_ms, end_ms), Plan()
    for place in places:
        drawn.nodes[place.node] = NodePlan()
    _centre(draw, drawn)
    _links(draw, drawn, places)
    _feeders(draw, drawn, places)
    for place in places:
        _alone(draw, drawn.nodes[place.node])
    _during_cuts(draw, drawn, places)
    _works(draw, drawn)
    return drawn


def _centre(draw: Draw, drawn: Plan) -> None:
    for into, per_month, shortest, longest in (
        (drawn.ingest, 3, 2 * MIN, 20 * MIN),
        (drawn.broker, 2, MIN, 15 * MIN),
        (drawn.host, 1.0, 10 * MIN, HOUR),
        (drawn.line, 3, 3 * MIN, HOUR),
    ):
        into.extend(
            merged((at, at + draw.length(shortest, longest)) for at in draw.moments(per_month / draw.lively, 1))
        )


def _links(draw: Draw, drawn: Plan, places: tuple[Place, ...]) -> None:
    for link in LINKS:
        cuts = [(at, at + draw.length(MIN, 6 * HOUR)) for at in draw.moments(4)]
        for at in draw.moments(1):
            cuts += _flapping(draw, at)
        drawn.links[link] = merged(cuts)
    for place in places:
        mine = drawn.nodes[place.node]
        code = draw.random.choice(ISP_CODES)
        if len(place.lines) == 1:
            mine.isp += [Spell(start, end, code) for start, end in drawn.links[place.lines[0]]]
        else:
            one, other = (drawn.links[line] for line in place.lines)
            mine.isp += [Spell(start, end, code) for start, end in common(one, other)]
            turns = [moment for cut in (*one, *other) for moment in cut]
            mine.isp += [Spell(at, at + draw.between(S, 9 * S), code) for at in turns]  # changing over


def _flapping(draw: Draw, at: int) -> list[Stretch]:
    cuts = []
    for _ in range(draw.between(4, 25)):
        cuts.append((at, at + draw.between(8 * S, 90 * S)))
        at = cuts[-1][1] + draw.between(20 * S, 240 * S)
    return cuts


def _feeders(draw: Draw, drawn: Plan, places: tuple[Place, ...]) -> None:
    for feeder in sorted({place.feeder for place in places}):
        below = [place.node for place in places if place.feeder == feeder]
        for at in draw.moments(3):
            struck = draw.random.sample(below, min(len(below), draw.between(2, 15)))
            returned = at + draw.length(90 * S, 5 * HOUR)
            drawn.feeders.setdefault(feeder, []).append((at, returned))
            for node in struck:
                began, again = at + draw.between(0, 2 * S), returned + draw.between(2 * S, 6 * S)
                back = again + draw.between(18 * S, 40 * S)
                drawn.nodes[node].halts.append(Halt(began, "power", "N0", again, back, True, draw.chance(0.3)))


def _alone(draw: Draw, mine: NodePlan) -> None:
    for at in draw.moments(2):
        mine.halts.append(_pulled(draw, at))
    for at in draw.moments(1.5):
        looping = draw.chance(0.3)
        back = at + (draw.between(90 * S, 30 * MIN) if looping else draw.between(5 * S, 9 * S))
        mine.halts.append(Halt(at, "crash", "A1", 0, back, False))
    for at in draw.moments(0.7):
        again = at + draw.between(5 * S, 20 * S)
        back = again + draw.between(18 * S, 90 * S)
        mine.halts.append(Halt(at, "reset", "A2", again, back, True, reason=draw.random.choice(RESETS)))
    for at in draw.moments(0.7):
        rebooted = draw.chance(0.5)
        again = at + draw.length(20 * S, HOUR)
        mine.halts.append(
            Halt(at, "stop", "planned", again, again + draw.between(3 * S, 30 * S), rebooted, reason="request")
        )
    for at in draw.moments(2):
        mine.lan.append(Spell(at, at + draw.length(20 * S, 4 * HOUR), draw.random.choice(LAN_CODES)))
    mine.lan += [Spell(at, at + draw.between(1500, 9 * S), "L4") for at in draw.moments(10)]
    mine.decoys += list(draw.moments(1))
    for at in draw.moments(0.4):
        mine.stays.append((at, at + draw.between(30 * MIN, 3 * HOUR)))
        mine.halts.append(_pulled(draw, at + draw.between(5 * MIN, 25 * MIN)))


def _pulled(draw: Draw, at: int) -> Halt:
    again = at + draw.length(5 * S, 12 * HOUR)
    return Halt(at, "power", "restart", again, again + draw.between(18 * S, 40 * S), True)


def _during_cuts(draw: Draw, drawn: Plan, places: tuple[Place, ...]) -> None:
    """Somebody pulls the plug, or the agent dies, while the line is cut."""
    for place in places:
        mine = drawn.nodes[place.node]
        for start, end, _code in mine.isp:
            if end - start < 10 * MIN or not draw.chance(0.08):
                continue
            at = draw.between(start + 2 * MIN, end - 2 * MIN)
            kind = draw.random.choice(("power", "crash", "card"))
            if kind != "crash":
                mine.halts.append(replace(_pulled(draw, at), kind=kind))
            else:
                mine.halts.append(Halt(at, "crash", "A1", 0, at + draw.between(5 * S, 9 * S), False))


def _works(draw: Draw, drawn: Plan) -> None:
    """The provider works on a link that it cuts for it; one evening is announced for the whole city."""
    for link in LINKS:
        cuts = [cut for cut in drawn.links[link] if cut[1] - cut[0] > 20 * MIN]
        if cuts and draw.chance(0.5):
            start, end = draw.random.choice(cuts)
            drawn.works.append((start - 5 * MIN, end - 3 * MIN if draw.chance(0.5) else end + 30 * MIN, link))
    at = next(draw.moments(1, 1))
    drawn.works.append((at, at + HOUR, ""))
