"""Evidence as the centre's facts, as of a moment: what its loader does from the database, done here from memory.

Only what had arrived by then. Clocks of boots, their neighbours and their bounds are the centre's own arithmetic.
"""

from collections.abc import Iterable
from typing import TypeVar

from center.core.dating import bounds
from center.core.facts import (
    AliveFact,
    ContactFact,
    FleetFacts,
    LifeFact,
    LinkFact,
    NodeFacts,
    Span,
    ThinFact,
    ToldOutage,
    ToldStep,
    ToldVerdict,
    When,
)
from center.core.own_cuts import own_cuts, witness
from tests.city_month.boot_clocks import Clocks, filed_by, last_ms, monos
from tests.city_month.evidence import Brownout, Evidence, Gap, Reports, Start, Stay, Stop, Told, Verdict
from tests.city_month.layout import CORE, LINKS, Place
from tests.city_month.make import Month
from tests.city_month.stretches import merged
from wire.verdicts import VERDICTS

T = TypeVar("T")


def fleet(month: Month, now_ms: int) -> FleetFacts:
    """All nodes of the month as the centre knows them at `now_ms`."""
    hearing = tuple(Span(start, min(end, now_ms)) for start, end in month.truth.hearing if start < now_ms)
    nodes = {node: node_facts(known, now_ms) for node, known in month.evidence.items()}
    links = {place.node: links_of(place) for place in month.places}
    blind = tuple(Span(start, min(end, now_ms)) for start, end in month.truth.blind if start < now_ms)
    told = {
        node: witness(facts.outages, facts.contacts, node, links[node], {line: line[:5] for line in LINKS})
        for node, facts in nodes.items()
    }
    return FleetFacts(nodes, hearing, now_ms, links, blind=blind, cuts=own_cuts(told, now_ms))


def links_of(place: Place) -> tuple[LinkFact, ...]:
    """What the place hangs on."""
    lines = [LinkFact(line, "line") for line in place.lines]
    return (*lines, LinkFact(place.feeder, "feeder"), LinkFact(place.area, "area"), LinkFact(CORE, "core"))


def node_facts(known: Evidence, now_ms: int) -> NodeFacts:
    """One node's facts."""
    facts = _Facts(known, now_ms)
    return NodeFacts(
        node=known.node,
        known_since_ms=known.known_since_ms,
        retired_ms=known.retired_ms if known.retired_ms is not None and known.retired_ms <= now_ms else None,
        window_ms=min(3 * known.period_ms, 900_000),
        contacts=facts.contacts(),
        lives=facts.lives(),
        alive=facts.alive(),
        outages=facts.outages(),
        verdicts=tuple(
            ToldVerdict(facts.when(row.boot, row.since_ms, row.arrived_ms), row.code, VERDICTS[row.code].party)
            for row in facts.of(Verdict)
        ),
        thin=tuple(
            ThinFact(row.boot, facts.when(row.boot, row.start_ms), facts.when(row.boot, row.end_ms))
            for row in facts.of(Gap)
        ),
        stays=tuple(Span(row.start_ms, row.end_ms) for row in facts.of(Stay)),
    )


class _Facts:
    def __init__(self, known: Evidence, now_ms: int) -> None:
        self._known, self._now_ms = known, now_ms
        self._rows = [row for row in known.rows if row.arrived_ms <= now_ms]
        self._starts = {(row.boot, row.run): row for row in self.of(Start)}
        self._clocks = Clocks(self._rows, now_ms)

    def of(self, kind: type[T]) -> list[T]:
        return [row for row in self._rows if isinstance(row, kind)]

    def when(self, boot: str, mono_ms: int, received_ms: int | None = None) -> When:
        return bounds(self._clocks.of(boot), mono_ms, received_ms)

    def contacts(self) -> tuple[ContactFact, ...]:
        found = []
        for contact in self._known.contacts:
            if contact.born_ms > self._now_ms:
                continue
            ended = contact.ended_ms if contact.ended_ms is not None and contact.ended_ms <= self._now_ms else None
            reason = contact.end_reason if ended is not None else ""
            heard = contact.heard_ms(self._now_ms)
            found.append(ContactFact(contact.born_ms, heard, ended, reason, contact.boot, contact.run))
        return tuple(found)

    def lives(self) -> tuple[LifeFact, ...]:
        return tuple(self._life(boot, run) for boot, run in dict.fromkeys(self._runs()))

    def _runs(self) -> Iterable[tuple[str, str]]:
        return ((row.boot, row.run) for row in self._rows if isinstance(row, Start | Stop | Reports | Brownout))

    def _life(self, boot: str, run: str) -> LifeFact:
        start = self._starts.get((boot, run))
        lived = [mono for row in self._rows if filed_by(row, boot, run) for mono in monos(row, self._now_ms)]
        stop = next((row.mono_ms for row in self.of(Stop) if (row.boot, row.run) == (boot, run)), None)
        low = max((row.mono_ms for row in self.of(Brownout) if (row.boot, row.run) == (boot, run)), default=None)
        first, last = self.when(boot, min(lived)), self.when(boot, max(lived))
        stopped, brownout = self._maybe(boot, stop), self._maybe(boot, low)
        if start is None:
            return LifeFact(boot, run, first, last, stopped=stopped, brownout=brownout)
        alive = self._maybe(start.previous_boot, start.last_alive_ms)
        return LifeFact(
            boot, run, first, last, self.when(boot, start.mono_ms), start.previous_boot, start.previous_run,
            start.verdict, start.reset_reason, alive, stopped, brownout,
        )  # fmt: skip

    def _maybe(self, boot: str, mono_ms: int | None) -> When | None:
        return None if mono_ms is None else self.when(boot, mono_ms)

    def alive(self) -> tuple[AliveFact, ...]:
        spans: dict[tuple[str, str], list[tuple[int, int]]] = {}
        firsts: dict[tuple[str, str], int] = {}
        for row in self.of(Reports):
            firsts[row.boot, row.run] = min(row.first_ms, firsts.get((row.boot, row.run), row.first_ms))
        for row in self.of(Reports):
            start = self._starts.get((row.boot, row.run))
            least = start.mono_ms if start else firsts[row.boot, row.run]
            mine = spans.setdefault((row.boot, row.run), [])
            if row.step_ms <= row.covers_ms:
                mine.append((max(least, row.first_ms - row.covers_ms), last_ms(row, self._now_ms)))
            else:
                each = range(row.first_ms, last_ms(row, self._now_ms) + 1, row.step_ms)
                mine += [(max(least, mono - row.covers_ms), mono) for mono in each]
        return tuple(
            AliveFact(boot, run, self.when(boot, start), self.when(boot, end))
            for (boot, run), covered in spans.items()
            for start, end in merged(covered)
        )

    def outages(self) -> tuple[ToldOutage, ...]:
        """One row each: a seen end outlives a concluded one, and either the notice of the beginning."""
        best: dict[str, Told] = {}
        for row in self.of(Told):
            known = best.get(row.ident)
            if known is None or _sureness(row) > _sureness(known):
                best[row.ident] = row
        return tuple(
            ToldOutage(
                row.ident, row.boot, self.when(row.boot, row.onset_ms), self._maybe(row.boot, row.end_ms), row.how,
                row.code, row.confidence_pct, VERDICTS[row.code].party,
                tuple(ToldStep(self.when(row.boot, since), code, sure) for since, code, sure in row.steps),
            )
            for row in best.values()
        )  # fmt: skip


def _sureness(row: Told) -> tuple[int, int]:
    return (0 if row.end_ms is None else 2 if row.how == "seen" else 1), row.arrived_ms
