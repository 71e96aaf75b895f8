"""One node's truth from what was planned for it: boots and runs of its agent, and when its line was bad."""

from itertools import pairwise
from random import Random

from tests.city_month.drawing import HOUR, MIN, Halt, Plan, S
from tests.city_month.layout import Place
from tests.city_month.stretches import Spell, common, layered, merged
from tests.city_month.truth import Boot, CityTruth, NodeTruth, Run

GONE = "silent"
SLOW_MS = 300_000
"""How often a node on a metered line reports."""
APART_MS = 3 * MIN
"""Two halts of one box are at least as far apart: the later one is left out."""


def live(random: Random, place: Place, plan: Plan, city: CityTruth) -> NodeTruth:
    """The node from a while before the month until the simulation's end."""
    mine = plan.nodes[place.node]
    truth = NodeTruth(place, known_since_ms=city.start_ms - 6 * HOUR)
    first, last = city.start_ms - random.randint(7 * HOUR, 20 * HOUR), city.until_ms
    fate = random.random()
    if fate < 0.05:
        first = truth.known_since_ms = random.randrange(city.start_ms, city.end_ms)
    elif fate < 0.09:
        last = random.randrange(city.start_ms + HOUR, city.end_ms)
        truth.retired_ms = last + random.randint(0, 10 * HOUR)
    halts = [halt for halt in _apart(mine.halts) if halt.at_ms > first + APART_MS and halt.back_ms < last - APART_MS]
    _runs(random, truth, halts, first, last)
    if random.random() < city.slow:
        for run in _all_runs(truth):
            run.period_ms = SLOW_MS
    truth.trouble = layered(
        [
            mine.lan,
            mine.isp,
            (Spell(*off, "L7") for off in (*city.host, *city.line, *city.short)),
            (Spell(*off, "B1") for off in city.broker),
        ]
    )
    truth.dead = _dead(truth, city.until_ms)
    # Work on a line is work at whom it cuts off: those who have another one, only while that is worked on as well.
    on_lines = [[(start, end) for start, end, of in plan.works if of == line] for line in place.lines]
    without = on_lines[0]
    for others in on_lines[1:]:
        without = common(without, others)
    works = [*((start, end) for start, end, of in plan.works if of == ""), *without]
    truth.works = works
    present = [stay for stay in mine.stays if any(run.start_ms <= stay[0] < run.end_ms for run in _all_runs(truth))]
    truth.stays = merged(present)
    truth.maintenance = merged([*present, *works])
    return truth


def _apart(halts: list[Halt]) -> list[Halt]:
    """In the order of time, those left out that fall into another; what strikes many goes first."""
    taken: list[Halt] = []
    for halt in sorted(halts, key=lambda one: (one.cause != "N0", one.at_ms)):
        clear = all(halt.at_ms > one.back_ms + APART_MS or halt.back_ms + APART_MS < one.at_ms for one in taken)
        if clear:
            taken.append(halt)
    return sorted(taken, key=lambda one: one.at_ms)


def _runs(random: Random, truth: NodeTruth, halts: list[Halt], first_ms: int, until_ms: int) -> None:
    boot = _boot(random, truth, first_ms)
    start = first_ms + random.randint(18 * S, 40 * S)
    for halt in halts:
        ending = f"reset:{halt.reason}" if halt.kind == "reset" else halt.kind
        boot.runs.append(Run(_name(random, 8), start, halt.at_ms, ending, halt.cause))
        if halt.boots:
            boot = _boot(random, truth, halt.boot_ms)
        start = halt.back_ms
    boot.runs.append(Run(_name(random, 8), start, until_ms, "lives" if truth.retired_ms is None else "power", GONE))


def _boot(random: Random, truth: NodeTruth, start_ms: int) -> Boot:
    boot = Boot(_name(random, 12), start_ms)
    truth.boots.append(boot)
    return boot


def _name(random: Random, length: int) -> str:
    return "".join(random.choices("0123456789abcdef", k=length))


def _all_runs(truth: NodeTruth) -> list[Run]:
    return [run for boot in truth.boots for run in boot.runs]


def _dead(truth: NodeTruth, until_ms: int) -> list[Spell]:
    """The stretches between two runs, by what is to blame."""
    runs = _all_runs(truth)
    found = [Spell(run.end_ms, after.start_ms, run.cause) for run, after in pairwise(runs)]
    if truth.retired_ms is not None:  # taken down: nobody will ever say why it went silent
        found.append(Spell(runs[-1].end_ms, until_ms, GONE))
    return found
