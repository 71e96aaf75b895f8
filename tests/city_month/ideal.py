"""What would be published by somebody who saw the truth: the judge must find nothing in it, and everything planted."""

from tests.city_month.make import DAY_MS, Month
from tests.city_month.published import Day, Outage, Published
from tests.city_month.stretches import Spell, Stretch, common, minus, total
from wire.verdicts import VERDICTS

PARTY = {"planned": "none", "restart": "none", "silent": "none"}
COUNTS = {"B1": "up", "L7": "unknown"}


def ideal(month: Month) -> Published:
    """Every spell of trouble an outage; days from the same spells."""
    found = Published()
    for node, truth in month.truth.nodes.items():
        dead = [spell[:2] for spell in truth.dead]
        alive = [Spell(*left, spell.code) for spell in truth.trouble for left in minus([spell[:2]], dead)]
        for start, end, code in (*alive, *truth.dead):
            party = PARTY.get(code) or VERDICTS[code].party
            counts = COUNTS.get(code, "down")
            parent = truth.place.feeder if code == "N0" else ""
            found.outages.append(Outage(node, (start, start), (end, end), code, party, counts, parent, told=True))
        down = [*dead, *(spell[:2] for spell in truth.trouble if spell.code not in COUNTS)]
        unknown = minus((spell[:2] for spell in truth.trouble if spell.code == "L7"), dead)
        for number in range(month.days):
            start = month.truth.start_ms + number * DAY_MS
            end = min(start + DAY_MS, truth.retired_ms or start + DAY_MS)
            found.days[node, number] = _day((max(start, truth.known_since_ms), end), truth.maintenance, down, unknown)
    return found


def _day(day: Stretch, maintenance: list[Stretch], down: list[Stretch], unknown: list[Stretch]) -> Day:
    if day[1] <= day[0]:
        return Day(0, 0, 0, 0)
    work = common(maintenance, [day])
    lost = minus(common(down, [day]), work)
    nobody = minus(common(unknown, [day]), [*work, *lost])
    seconds = [total(part) // 1000 for part in (work, lost, nobody)]
    return Day(max(0, day[1] - day[0]) // 1000 - sum(seconds), seconds[1], seconds[0], seconds[2])
