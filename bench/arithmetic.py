"""The centre's arithmetic: a month of facts concluded and swept into days, of one node and of the whole city.

Five troubles a day and node: four of five a line that was cut (told, the session broken and born again), the fifth a
restart of the box. Every node hangs on one of four lines and one of twelve feeders.
"""

import random
import time

from bench import table
from center.core import days
from center.core.facts import (
    AliveFact,
    ContactFact,
    FleetFacts,
    LifeFact,
    LinkFact,
    NodeFacts,
    Span,
    ToldOutage,
    When,
)
from center.core.outages import conclude
from center.core.sweep import seconds

NODES = 110
OUTAGES_PER_DAY = 5
NODE_MONTH_MS = 20.0
CITY_MONTH_S = 2.0
FIRST, LAST = days.month(202611)
WINDOW = Span(days.bounds(FIRST).start_ms, days.bounds(LAST).end_ms)
ERROR_MS = 25
"""Of a clock that NTP holds."""


def run() -> list[table.Row]:
    """A few seconds."""
    nodes = {f"node-{at:03d}": _node(f"node-{at:03d}", random.Random(at)) for at in range(NODES)}
    links = {
        node: (LinkFact(f"line-{at % 4}", "line"), LinkFact(f"feeder-{at % 12}", "feeder"))
        for at, node in enumerate(nodes)
    }
    one = dict(list(nodes.items())[:1])
    alone = min(_once(FleetFacts(one, (WINDOW,), WINDOW.end_ms, links))[0] for _ in range(10))
    city, outages = min(_once(FleetFacts(nodes, (WINDOW,), WINDOW.end_ms, links)) for _ in range(3))
    return [
        table.below("one node, one month: concluded and swept", alone * 1000, "ms", NODE_MONTH_MS),
        table.below(f"the city ({NODES} nodes), one month", city, "s", CITY_MONTH_S),
        table.figure("outages of the city", outages, ""),
    ]


def _once(fleet: FleetFacts) -> tuple[float, int]:
    began = time.process_time()  # pure work: what others do on the machine is not its matter
    found = conclude(fleet)
    month = list(days.days(FIRST, LAST))
    for node, facts in fleet.nodes.items():
        seconds(facts, found[node], month, fleet.now_ms)
    return time.process_time() - began, sum(map(len, found.values()))


def _node(name: str, chance: random.Random) -> NodeFacts:
    contacts: list[ContactFact] = []
    lives: list[LifeFact] = []
    alive: list[AliveFact] = []
    outages: list[ToldOutage] = []
    boot, born, began, before = 0, WINDOW.start_ms, WINDOW.start_ms, ("", "", "first")
    last: When | None = None
    for at in range(30 * OUTAGES_PER_DAY):
        start = WINDOW.start_ms + int((at + chance.uniform(0.1, 0.6)) * days.DAY_MS / OUTAGES_PER_DAY)
        end = start + int(chance.uniform(60, 3600) * 1000)
        key = f"boot-{boot}", f"run-{boot}"
        contacts.append(ContactFact(born, start, start + 45_000, "will", *key))
        if at % OUTAGES_PER_DAY:
            outages.append(ToldOutage(f"{name}-{at}", key[0], _when(start), _when(end), "seen", "L5b", 95.0, ""))
        else:
            lives.append(_life(key, began, start - 10_000, before, last))
            alive.append(AliveFact(*key, _when(began), _when(start - 10_000)))
            boot, began, before, last = boot + 1, end, (*key, "power_or_unknown"), _when(start - 10_000)
        born = end + 8_000
    key = f"boot-{boot}", f"run-{boot}"
    contacts.append(ContactFact(born, WINDOW.end_ms, None, "", *key))
    lives.append(_life(key, began, WINDOW.end_ms, before, last))
    alive.append(AliveFact(*key, _when(began), _when(WINDOW.end_ms)))
    return NodeFacts(
        name, WINDOW.start_ms, None, 90_000, tuple(contacts), tuple(lives), tuple(alive), tuple(outages)
    )  # fmt: skip


def _life(key: tuple[str, str], began: int, ended: int, before: tuple[str, str, str], last: When | None) -> LifeFact:
    started = _when(began)
    return LifeFact(*key, started, _when(ended), started, *before, last_alive=last)


def _when(at_ms: int) -> When:
    return When(at_ms - ERROR_MS, at_ms + ERROR_MS)
