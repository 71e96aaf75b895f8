"""The runs of a node's agent, each with all that proves it: its records, its reports, its sessions at the centre. Pure.

A box lives one run at a time. So a run of which only its name is known (its clock was never set, nobody heard it) lies
behind all runs that were over when the one that names it as its predecessor began.
"""

from dataclasses import dataclass, replace

from center.core.dating import meet
from center.core.facts import ContactFact, LifeFact, NodeFacts, When

APART_MS = 60_000
"""What the clocks of a node and of the centre may differ by and still be believed (`center.core.times`)."""

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Life:
    """A run with all that proves it: began within `start`, lived at least until `proof_ms`."""

    key: Key
    start: When
    proof_ms: int
    fact: LifeFact | None
    contacts: tuple[ContactFact, ...]


def contacts_of(facts: NodeFacts) -> list[ContactFact]:
    """Its contacts in order of birth."""
    return sorted(
        facts.contacts,
        key=lambda one: (one.born_ms, one.heard_ms, one.ended_ms or 0, one.end_reason, one.boot, one.run),
    )


def _knows(fact: LifeFact) -> tuple[bool, str, When, When, list[When]]:
    """Of two accounts of one run the one with its start notice comes last, and so stays."""
    known = [each or When(0, 0) for each in (fact.started, fact.last_alive, fact.stopped, fact.brownout)]
    return fact.started is not None, fact.verdict, fact.last, fact.first, known


def lives_of(facts: NodeFacts) -> dict[Key, Life]:
    """All runs anything is known of, in order of their starts."""
    told = {(fact.boot, fact.run): fact for fact in sorted(facts.lives, key=_knows)}
    contacts: dict[Key, list[ContactFact]] = {}
    for contact in contacts_of(facts):
        contacts.setdefault((contact.boot, contact.run), []).append(contact)
    alive: dict[Key, int] = {}
    for span in facts.alive:
        key = span.boot, span.run
        alive[key] = max(alive.get(key, 0), span.end.lo_ms)
    found = [_life(key, told.get(key), tuple(contacts.get(key, ())), alive.get(key, 0)) for key in {*told, *contacts}]
    found.sort(key=lambda life: (life.start.hi_ms, life.start.lo_ms, life.key))
    placed = {life.key: life for life in found}
    for life in found:
        before = None if life.fact is None else placed.get((life.fact.previous_boot, life.fact.previous_run))
        if before is not None and before.start.hi_ms - before.start.lo_ms > APART_MS:
            placed[before.key] = _placed(before, life, found)
    return placed


def _placed(before: Life, life: Life, ordered: list[Life]) -> Life:
    """A run whose clock nobody knows, directly before `life`: all other runs of the box were over before it began."""
    lo_ms = min(max(before.start.lo_ms, others_ms(ordered, life, before.key)), before.start.hi_ms)
    return replace(before, start=When(lo_ms, before.start.hi_ms), proof_ms=max(before.proof_ms, lo_ms))


def others_ms(ordered: list[Life], life: Life, but: Key) -> int:
    """The latest sign of any other run that was over when `life` began."""
    return max(
        (
            other.proof_ms
            for other in ordered
            if other.key not in (life.key, but)
            and max(other.start.hi_ms, other.proof_ms) <= life.start.lo_ms + APART_MS
        ),
        default=0,
    )


def _life(key: Key, fact: LifeFact | None, contacts: tuple[ContactFact, ...], alive_ms: int) -> Life:
    born_ms = contacts[0].born_ms if contacts else None
    proofs = [contact.heard_ms for contact in contacts]
    if fact is None:
        start = When(0, born_ms or 0)
    else:
        # Without a start notice the run may have been offline for long before its first record that arrived.
        start = When(0, fact.first.hi_ms) if fact.started is None else fact.started
        if born_ms is not None and start.hi_ms > born_ms:
            start = meet(start, When(min(start.lo_ms, born_ms), born_ms))
        proofs += [fact.last.lo_ms, alive_ms]
    return Life(key, start, max(*proofs, start.lo_ms), fact, contacts)
