"""What a node filed in the course of its truth, with its arrival: starts, stops, reports, outages, anchors, stays."""

from dataclasses import dataclass
from random import Random

from tests.city_month.contacts import Session, contacts
from tests.city_month.delivery import Delivery
from tests.city_month.drawing import HOUR, NodePlan, S
from tests.city_month.evidence import Brownout, Evidence, Gap, Reports, Row, Start, Stay, Stop, Told, Verdict
from tests.city_month.journal import Seen, journal_of
from tests.city_month.node_clock import anchors, badly_clocked, set_clocks
from tests.city_month.stretches import Spell, holding, merged
from tests.city_month.truth import Boot, CityTruth, NodeTruth, Run

VERDICTS = {
    "stop": "stopped",
    "crash": "agent_crashed",
    "power": "power_or_unknown",
    "reset": "box_reset",
    "card": "first",
}
BEAT_MS = 30 * S
HELD_MS = 5 * S
"""A verdict is told when it has held so long."""
CUT_CODES = ("L7", "L7", "L6a", "L6c", "L5d", "U0")
DECOY_MS = 300 * S


def evidence(random: Random, truth: NodeTruth, plan: NodePlan, city: CityTruth, open_: list[Session]) -> Evidence:
    """Everything that was stored of this node; notes in the truth what the evidence cannot tell to the second."""
    found = Evidence(truth.place.node, truth.known_since_ms, truth.retired_ms)
    found.period_ms = truth.boots[0].runs[0].period_ms
    found.contacts = contacts(random, open_, city)
    cards = [run.end_ms for boot in truth.boots for run in boot.runs if run.ending == "card"]
    delivery = Delivery(random, open_, city, None)
    set_clocks(random, truth)
    author = _Author(random, truth, _as_seen(random, truth.trouble, city), plan, delivery)
    for boot in truth.boots:
        for run in boot.runs:
            delivery.lost_ms = next((lost for lost in cards if lost >= run.end_ms), None)
            author.write(boot, run)
        author.rows += anchors(random, boot, delivery, city.lies)
    found.rows = author.rows
    _stays(truth, found, delivery)
    truth.vague += [*badly_clocked(found.rows, truth), *delivery.gone]
    return found


def _as_seen(random: Random, trouble: list[Spell], city: CityTruth) -> list[Spell]:
    """The centre's own cut looks to a node like whatever it is on its way to the centre that answers no more."""
    code, own = random.choice(CUT_CODES), merged([*city.line, *city.short])
    return [
        spell._replace(code=code) if spell.code == "L7" and holding(own, spell.start_ms) else spell for spell in trouble
    ]


@dataclass(slots=True)
class _Life:
    boot: Boot
    run: Run
    alive_ms: int = 0
    """The last sign of life it left behind on its card."""


class _Author:
    """Writes down what one node's runs filed, one after the other."""

    def __init__(
        self, random: Random, truth: NodeTruth, trouble: list[Spell], plan: NodePlan, delivery: Delivery
    ) -> None:
        self._random, self._truth, self._plan, self._delivery = random, truth, plan, delivery
        self._trouble = trouble
        self._before: _Life | None = None
        self._left: list[tuple[str, Boot, Run, Seen]] = []
        self.rows: list[Row] = []

    def write(self, boot: Boot, run: Run) -> None:
        life, before = _Life(boot, run), self._before
        if before is not None and before.run.ending == "card":
            before, self._left = None, []
        self._start(life, before)
        for left in self._left:
            self._left_behind(life, before, *left)
        reports, thinned = self._delivery.reports(self._random, run, boot.start_ms, boot.name)
        self.rows += reports
        for start, end in thinned:
            self._file(life, end, Gap, boot.name, run.name, start - boot.start_ms, end - boot.start_ms)
        self._voltage(life, reports)
        self._outages(life)
        if run.ending == "stop":
            self._file(life, run.end_ms, Stop, boot.name, run.name, run.end_ms - boot.start_ms)
        last_report = max((row.last_ms + boot.start_ms for row in reports), default=run.start_ms)
        beat = run.end_ms - self._random.randint(0, BEAT_MS + 2 * S)
        life.alive_ms = run.end_ms if run.ending == "stop" else max(last_report, beat, run.start_ms)
        self._before = life

    def _file(self, life: _Life, made_ms: int, row: type, *values: object) -> None:
        """Keep the row, unless the run was over or the row never arrived."""
        arrived = self._delivery.arrival(made_ms)
        if arrived is not None and made_ms <= life.run.end_ms:
            self.rows.append(row(arrived, *values))

    def _start(self, life: _Life, before: _Life | None) -> None:
        at, mine = life.run.start_ms, (life.boot.name, life.run.name, life.run.start_ms - life.boot.start_ms)
        if before is None:
            self._file(life, at, Start, *mine, "", "", "first", "", None)
            return
        kind, _, reason = before.run.ending.partition(":")
        last = before.alive_ms - before.boot.start_ms
        self._file(life, at, Start, *mine, before.boot.name, before.run.name, VERDICTS[kind], reason, last)

    def _left_behind(self, life: _Life, before: _Life | None, ident: str, boot: Boot, old: Run, seen: Seen) -> None:
        """The end that the run before could not tell, told by this one."""
        signs = before.alive_ms if before is not None and before.run is old else 0
        end = seen.pause_ms or max(seen.found_ms, signs)
        self._notice(life, life.run.start_ms + S, ident, boot, seen, end, "restart")

    def _outages(self, life: _Life) -> None:
        boot, run = life.boot, life.run
        written = journal_of(self._random, run, self._trouble)
        self._truth.free += written.free
        self._left = []
        for seen in written.outages:
            if len(seen.steps) > 1:  # when a verdict changed is known to within a look or two
                self._truth.vague.append((seen.onset_ms, seen.end_ms or run.end_ms))
            ident = f"{boot.name}-{seen.onset_ms - boot.start_ms}"
            self._notice(life, seen.found_ms, ident, boot, seen, None, "seen")
            self._verdict(life, seen.found_ms, seen.steps[0][1])
            if seen.told_end_ms is not None and seen.end_ms is not None:
                self._notice(life, seen.told_end_ms, ident, boot, seen, seen.end_ms, "seen")
                self._verdict(life, seen.end_ms, "OK")
            elif seen.found_ms < run.end_ms:
                self._left.append((ident, boot, run, seen))

    def _notice(
        self, life: _Life, at_ms: int, ident: str, boot: Boot, seen: Seen, end_ms: int | None, how: str
    ) -> None:
        code, sure = seen.steps[0][1:] if end_ms is None else seen.name
        of, mine = boot.start_ms, (life.boot.name, life.run.name, at_ms - life.boot.start_ms)
        end = None if end_ms is None else end_ms - of
        steps = () if end_ms is None else tuple((since - of, word, pct) for since, word, pct in seen.steps)
        self._file(
            life,
            at_ms,
            Told,
            ident,
            boot.name,
            seen.onset_ms - of,
            end,
            how,
            code,
            sure,
            seen.found_ms - of,
            *mine,
            steps,
        )

    def _verdict(self, life: _Life, since_ms: int, code: str) -> None:
        boot, filed = life.boot, since_ms + HELD_MS
        since = since_ms - boot.start_ms
        self._file(life, filed, Verdict, boot.name, life.run.name, since, code, filed - boot.start_ms)

    def _voltage(self, life: _Life, reports: list[Reports]) -> None:
        """Too little voltage in a run's last report, when a brown-out ended it; or long before, which means nothing."""
        boot, run = life.boot, life.run
        moments = [at for at in self._plan.decoys if run.start_ms < at < run.end_ms - DECOY_MS]
        last = max((row.last_ms for row in reports), default=None)
        if last is not None and any(halt.brownout and halt.at_ms == run.end_ms for halt in self._plan.halts):
            moments.append(last + boot.start_ms)
        for at in moments:
            self._file(life, at, Brownout, boot.name, run.name, at - boot.start_ms)


def _stays(truth: NodeTruth, found: Evidence, delivery: Delivery) -> None:
    """What the box told arrives like its other records; what the centre planned was known before."""
    told = [(start, end, delivery.arrival(start)) for start, end in truth.stays]
    found.rows += [Stay(arrived, start, end, "box") for start, end, arrived in told if arrived is not None]
    found.rows += [Stay(start - HOUR, start, end, "centre") for start, end in truth.works]
    truth.maintenance = merged([*truth.works, *((start, end) for start, end, arrived in told if arrived is not None)])
