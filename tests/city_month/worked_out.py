"""The centre's arithmetic over the month, in memory: facts to outages and days, as the judge takes them."""

from center.core.days import bounds, day_of, days
from center.core.facts import Concluded, FleetFacts, When
from center.core.outages import conclude
from center.core.sweep import seconds
from tests.city_month.facts import fleet
from tests.city_month.make import DAY_MS, Month
from tests.city_month.published import Bounds, Day, Outage, Published


def published(month: Month, now_ms: int | None = None) -> Published:
    """What the arithmetic says of the month at `now_ms` (the end of everything, when not given)."""
    return conclusions(month, fleet(month, month.truth.until_ms if now_ms is None else now_ms))


def conclusions(month: Month, facts: FleetFacts) -> Published:
    """What it says of these facts."""
    found, concluded = Published(), conclude(facts)
    numbers = list(days(day_of(month.truth.start_ms), day_of(month.truth.end_ms - 1)))
    for node, known in facts.nodes.items():
        outages = concluded.get(node, ())
        found.outages += [_outage(one) for one in outages]
        for row in seconds(known, outages, numbers, facts.now_ms):
            number = (bounds(row.day).start_ms - month.truth.start_ms) // DAY_MS
            found.days[node, number] = Day(row.up_s, row.down_s, row.maintenance_s, row.unknown_s, row.causes)
    return found


def _outage(one: Concluded) -> Outage:
    end = None if one.end is None else _pair(one.end)
    return Outage(one.node, _pair(one.start), end, one.cause, one.party, one.counts, one.parent, one.told)


def _pair(moment: When) -> Bounds:
    return moment.lo_ms, moment.hi_ms
