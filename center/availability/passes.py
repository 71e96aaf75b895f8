"""Working nodes out: facts, conclusions, seconds of days, and the database made to say so. In small steps.

`Pass.run` yields between two of its steps, so that whoever drives it (`center.worker.arithmetic`) can do other things
in between; each step that writes is one short transaction of one node. What it writes is a function of the facts alone,
so a pass that was overtaken by new facts is merely repeated.

Nodes that hang on the same things are witnesses for each other: they are loaded too where it matters, and when a node's
own outages change, those of its witnesses that began meanwhile are due. That ends, because only a difference makes
anybody due.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from center.availability import due
from center.availability.centre import blind, hearing
from center.availability.loading import node_facts
from center.availability.own_cuts import known_cuts, refresh
from center.availability.storing import store_days, store_outages, store_parts
from center.availability.ties import ties
from center.core import days
from center.core.facts import Concluded, FleetFacts, NodeFacts, Seconds, Span
from center.core.outages import conclude
from center.core.pairing import Extent
from center.core.sweep import DayPart, day_parts, seconds
from center.core.terms import cuts_by_day
from center.ingest.changes import record_changes
from center.ingest.database import execute, select, writing

NEAR_MS = 120_000
"""Outages whose beginnings may lie this close are looked at together: twice what one parent is concluded from."""


class Pass:
    """One pass over some nodes, from the day of `from_ms` on. `versions`: of their `Due` rows, taken off when done."""

    def __init__(
        self, nodes: Collection[str], from_ms: int, now_ms: int, versions: Mapping[str, int] | None = None
    ) -> None:
        self._nodes = frozenset(nodes)
        self._first_ms = days.bounds(days.day_of(from_ms)).start_ms
        self._now_ms = now_ms
        self._versions = versions
        self._ties = ties()
        self._facts: dict[str, NodeFacts] = {}

    def run(self) -> Iterator[None]:
        """The whole of it, step by step."""
        yield from refresh(self._first_ms, self._now_ms, self._ties)
        yield from self._load(self._nodes)
        concluded = conclude(self._fleet())
        yield
        witnesses = self._witnesses(concluded)
        if witnesses:
            yield from self._load(witnesses)
            concluded = conclude(self._fleet())
            yield
        for node in sorted(self._nodes):
            self._store(node, concluded.get(node, ()))
            yield

    def _load(self, nodes: Collection[str]) -> Iterator[None]:
        for node in sorted(nodes):
            found = node_facts(node, self._first_ms, self._now_ms)
            if found is not None:
                self._facts[node] = found
            yield

    def _fleet(self) -> FleetFacts:
        since_ms = min((one.known_since_ms for one in self._facts.values()), default=self._now_ms)
        return FleetFacts(
            self._facts,
            hearing(since_ms, self._now_ms),
            self._now_ms,
            self._ties.links,
            self._ties.sites,
            blind(since_ms, self._now_ms),
            known_cuts(since_ms, self._now_ms),
        )

    def _witnesses(self, concluded: Mapping[str, Sequence[Concluded]]) -> set[str]:
        """Nodes to be heard, too: all that are tied to one of these, where one of them lost something together with it.

        All, because also those that were well bear witness: then it was not what they hang on.
        """
        found: set[str] = set()
        for node, outages in concluded.items():
            siblings = self._ties.siblings(node) if outages else set()
            if siblings <= self._nodes | found:
                continue
            if any(siblings & _begun(one.start.lo_ms, one.start.hi_ms) for one in outages):
                found |= siblings - self._nodes
        return found

    def _store(self, node: str, concluded: Sequence[Concluded]) -> None:
        """Everything of one node, in one transaction."""
        facts = self._facts.get(node)
        swept, parts = ((), ()) if facts is None else self._swept(facts, concluded)
        with writing():
            if self._versions is not None:
                _take_off(node, self._versions[node], self._now_ms)
            if facts is None:  # nothing was ever heard of it
                return
            changed = store_outages(node, concluded, facts.known_since_ms, self._now_ms)
            store_days(swept)
            if swept:
                store_parts(node, swept[0].day, swept[-1].day, parts)
            if changed:
                self._mark(node, changed)
                record_changes([("outage", node)])

    def _swept(
        self, facts: NodeFacts, concluded: Sequence[Concluded]
    ) -> tuple[tuple[Seconds, ...], tuple[DayPart, ...]]:
        """The days, and those in which the node's line changed in parts."""
        from_ms = max(self._first_ms, facts.known_since_ms)
        if from_ms > self._now_ms:
            return (), ()
        wanted = list(days.days(days.day_of(from_ms), days.day_of(self._now_ms)))
        holidays = self._ties.holidays.get(facts.node, frozenset())
        hours = self._ties.hours.get(facts.node)
        window = Span(days.bounds(wanted[0]).start_ms, days.bounds(wanted[-1]).end_ms)
        cuts = cuts_by_day(self._ties.terms.get(facts.node, ()), window)
        return (
            seconds(facts, concluded, wanted, self._now_ms, hours, holidays=holidays),
            day_parts(facts, concluded, cuts, self._now_ms, hours, holidays=holidays),
        )

    def _mark(self, node: str, changed: Sequence[Extent]) -> None:
        """Whose turn it is because this node's outages are others now: its own days before, and its witnesses."""
        others: dict[str, int] = {}
        siblings = self._ties.siblings(node) - self._nodes
        for extent in changed:
            if extent.start_lo_ms < self._first_ms:
                others[node] = min(extent.start_lo_ms, others.get(node, extent.start_lo_ms))
            for other in siblings & _begun(extent.start_lo_ms, extent.until_ms) if siblings else ():
                others[other] = min(extent.start_lo_ms, others.get(other, extent.start_lo_ms))
        due.mark(others, self._now_ms)


def _begun(from_ms: int, until_ms: int) -> set[str]:
    """Nodes of which an outage may have begun in this stretch, or close to it."""
    rows = select(
        "SELECT DISTINCT node FROM availability_outage WHERE start_lo_ms <= %s AND start_hi_ms >= %s",
        (until_ms + NEAR_MS, from_ms - NEAR_MS),
    )
    return {node for (node,) in rows}


def _take_off(node: str, version: int, now_ms: int) -> None:
    """What was marked meanwhile stays, and waits its turn anew."""
    if not execute("DELETE FROM availability_due WHERE node = %s AND version = %s", (node, version)):
        execute("UPDATE availability_due SET since_ms = %s WHERE node = %s", (now_ms, node))
