"""A month of the simulated city from a seed: its hidden truth, and what the real parts would have stored of it."""

from dataclasses import dataclass
from random import Random

from tests.city_month.contacts import Session, born_ms, sessions
from tests.city_month.drawing import HOUR, Draw, S
from tests.city_month.evidence import Evidence
from tests.city_month.faults import plan
from tests.city_month.layout import Place, places
from tests.city_month.lives import live
from tests.city_month.records import evidence
from tests.city_month.stretches import Stretch, common, merged, minus
from tests.city_month.truth import CityTruth

DAY_MS = 24 * HOUR
START_MS = 1_740_762_000_000
"""Midnight of 1 March 2025 in Jakarta: long ago, since the worker goes by the real clock."""
AFTER_MS = 75 * HOUR
"""Life goes on in peace after the last day, until all that was late has come."""
SHORT_CUTS, SHORTEST_MS, LONGEST_MS = 6, 15 * S, 100 * S
"""In a month; an agent is sure of an outage after 11 to 17 s, and the fleet is missed after some 110."""


@dataclass(slots=True)
class Month:
    """`truth` is the judge's alone."""

    seed: int
    days: int
    places: tuple[Place, ...]
    truth: CityTruth
    evidence: dict[str, Evidence]
    sessions: dict[str, list[Session]]
    works: list[tuple[int, int, str]]
    """Planned at the centre: from, until, and for which upstream ("" the whole city)."""


def _cut_off(random: Random, city: CityTruth, cuts: list[Stretch], ingest: list[Stretch]) -> None:
    """The centre's own line. It is noticed at once by what was heard last, and over when half are heard again."""
    away = [*city.host, *city.broker, *ingest]
    apart = [(start - HOUR, end + HOUR) for start, end in away]
    city.line = [cut for cut in merged(cuts) if not common([cut], apart)]
    city.blind = merged(
        (start - random.randint(0, 40 * S), end + random.randint(3 * S, 120 * S)) for start, end in city.line
    )


def _cut_short(random: Random, city: CityTruth) -> None:
    """The centre's own line again, for too short to be missed: no incident tells of it, and sessions may outlive it."""
    draw = Draw(random, city.start_ms, city.end_ms)
    cuts = merged((at, at + draw.length(SHORTEST_MS, LONGEST_MS)) for at in draw.moments(SHORT_CUTS / draw.lively, 1))
    apart = [(start - HOUR, end + HOUR) for start, end in (*city.host, *city.broker, *city.line)]
    quiet = minus([(city.start_ms - DAY_MS, city.until_ms)], city.hearing)
    city.short = [cut for cut in cuts if not common([cut], [*apart, *((s - HOUR, e + HOUR) for s, e in quiet)])]


def month(seed: int, days: int = 30, nodes: int = 110, slow: float = 0.15, lies: float = 0.0) -> Month:
    """The same seed makes the same month. `slow`: the share of nodes that report every five minutes only; `lies`: of
    the anchors that are wrong by far more than they admit."""
    random = Random(seed)
    end = START_MS + days * DAY_MS
    city = CityTruth(START_MS, end, end + AFTER_MS, slow, lies)
    laid = places(random, nodes)
    drawn = plan(random, laid, START_MS, end)
    city.cuts = {**drawn.links, **drawn.feeders}
    city.host = merged(drawn.host)
    city.broker = minus(drawn.broker, city.host)
    _cut_off(Random(f"{seed} line"), city, drawn.line, drawn.ingest)
    city.hearing = minus([(START_MS - DAY_MS, city.until_ms)], [*drawn.ingest, *city.host, *city.broker])
    _cut_short(Random(f"{seed} short"), city)
    known, had = {}, {}
    for place in laid:
        city.nodes[place.node] = truth = live(random, place, drawn, city)
        open_ = sessions(random, truth, city)
        truth.unheard = minus([(START_MS - DAY_MS, city.until_ms)], [(one.start_ms, one.end_ms) for one in open_])
        if truth.known_since_ms > city.start_ms:
            truth.known_since_ms = next(at for one in open_ if (at := born_ms(one, city)) is not None)
        had[place.node] = open_
        known[place.node] = evidence(random, truth, drawn.nodes[place.node], city, open_)
    return Month(seed, days, laid, city, known, had, drawn.works)
