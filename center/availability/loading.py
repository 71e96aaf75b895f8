"""Rows of the database to what the arithmetic takes (`center.core.facts`): one node, from a quiet moment on.

A node is never worked out from its first day: `quiet_ms` finds a moment before which nothing concerns what comes after,
and the facts from there on lead to the same conclusions. Reads only; every list is in an order of its own values.
"""

from dataclasses import replace

from center.availability.clocks import Dating
from center.availability.told import contacts, outages, stays, thinned, verdicts
from center.connectivity.tails import tails
from center.core.facts import AliveFact, ContactFact, LifeFact, NodeFacts, Span
from center.core.node_state import Evidence, silence_window_ms
from center.ingest.database import select

MOST_STEPS = 64
"""From one outage back to the one it hangs together with. Beyond, the node is worked out from its first day."""
_KNOWN_SINCE = """
SELECT MIN(at_ms) FROM (SELECT MIN(born_ms) AS at_ms FROM ingest_contact WHERE node = %s
  UNION ALL SELECT MIN(first_seen_ms) FROM ingest_epoch WHERE node = %s) AS known
"""
_KNOWN_SINCE_ALL = """
SELECT node, MIN(at_ms) FROM (SELECT node, MIN(born_ms) AS at_ms FROM ingest_contact GROUP BY node
  UNION ALL SELECT node, MIN(first_seen_ms) FROM ingest_epoch GROUP BY node) AS known GROUP BY node
"""
_CONTACT = "SELECT born_ms FROM ingest_contact WHERE node = %s AND born_ms <= %s ORDER BY born_ms DESC LIMIT 1"
_ACROSS = """
SELECT MIN(from_ms) FROM (
  SELECT MIN(start_lo_ms) AS from_ms FROM availability_outage
    WHERE node = %s AND start_lo_ms < %s AND (end_hi_ms IS NULL OR end_hi_ms > %s)
  UNION ALL SELECT MIN(at_ms) - 60000 FROM connectivity_outage
    WHERE node = %s AND at_ms - 60000 < %s AND (end_mono_ms IS NULL OR at_ms + end_mono_ms - mono_ms + 60000 > %s)
) AS across
"""
"""Outages of the node that a moment lies in, concluded or told (those by a clock that may be off a little)."""
_LIVES = """
SELECT boot, run, first_mono_ms, last_mono_ms, started_mono_ms, previous_boot, previous_run, verdict, reset_reason,
  last_alive_mono_ms, stopped_mono_ms, brownout_mono_ms, received_ms
FROM availability_life WHERE node = %s AND (received_ms >= %s OR received_ms =
  (SELECT MAX(received_ms) FROM availability_life WHERE node = %s AND received_ms < %s))
"""
_ALIVE = "SELECT first_mono_ms, last_mono_ms FROM availability_alive WHERE node = %s AND boot = %s AND run = %s"


def known_since_ms(node: str) -> int | None:
    """When the centre first heard of the node; None while it has not."""
    found = select(_KNOWN_SINCE, (node, node))[0][0]
    return None if found is None else int(found)


def known_since_of_nodes() -> dict[str, int]:
    """The same of every node that was heard, at once."""
    return {node: int(at_ms) for node, at_ms in select(_KNOWN_SINCE_ALL)}


def quiet_ms(node: str, from_ms: int) -> int:
    """A moment at or before `from_ms` from which on the node's facts suffice; 0 = from its first day."""
    at_ms = from_ms
    for _ in range(MOST_STEPS):
        born = select(_CONTACT, (node, at_ms))
        if not born:
            return 0
        at_ms = int(born[0][0])
        across = select(_ACROSS, (node, at_ms, at_ms, node, at_ms, at_ms))[0][0]
        if across is None:
            return at_ms
        at_ms = min(at_ms - 1, int(across))
    return 0


def node_facts(node: str, from_ms: int, now_ms: int) -> NodeFacts | None:
    """The facts of a node from a quiet moment at or before `from_ms` on; None when nothing was ever heard of it."""
    known_ms = known_since_ms(node)
    if known_ms is None:
        return None
    since_ms = max(known_ms, quiet_ms(node, from_ms))
    dating = Dating(node)
    lives, alive = _lives(node, since_ms, dating)
    heard = contacts(node, since_ms)
    facts = NodeFacts(
        node,
        since_ms,
        retired_ms=_retired_ms(node, heard, known_ms),
        window_ms=_window_ms(node),
        contacts=heard,
        lives=lives,
        alive=alive,
        outages=outages(node, since_ms, dating),
        verdicts=verdicts(node, since_ms, dating),
        stays=stays(node, since_ms, now_ms),
        lost=tuple(Span(tail.heard_ms, tail.born_ms) for tail in tails(node)),
    )
    return replace(facts, thin=thinned(node, since_ms, lives, facts.window_ms))


def _lives(node: str, since_ms: int, dating: Dating) -> tuple[tuple[LifeFact, ...], tuple[AliveFact, ...]]:
    lives: list[LifeFact] = []
    alive: list[AliveFact] = []
    for row in select(_LIVES, (node, since_ms, node, since_ms)):
        boot, run, first, last, started, old_boot, old_run, verdict, reset, last_alive, stopped, brownout, received = (
            row
        )
        lives.append(
            LifeFact(
                boot,
                run,
                dating.when(boot, first, received),
                dating.when(boot, last, received),
                dating.maybe(boot, started, received),
                old_boot,
                old_run,
                verdict,
                reset,
                dating.maybe(old_boot, last_alive, received),
                dating.maybe(boot, stopped, received),
                dating.maybe(boot, brownout, received),
            )
        )
        for begun, ended in select(_ALIVE, (node, boot, run)):
            if ended > (begun := max(begun, first)):  # before its first record the run was not there
                alive.append(
                    AliveFact(boot, run, dating.when(boot, begun, received), dating.when(boot, ended, received))
                )
    return tuple(sorted(lives, key=_by_first)), tuple(sorted(alive))


def _by_first(life: LifeFact) -> tuple[int, int, str, str]:
    return life.first.lo_ms, life.first.hi_ms, life.boot, life.run


def _retired_ms(node: str, heard: tuple[ContactFact, ...], known_ms: int) -> int | None:
    """A retired node counts until it was heard last: nobody waits for it since."""
    if not select("SELECT 1 FROM sites_node WHERE id = %s AND retired", (node,)):
        return None
    return max((contact.heard_ms for contact in heard), default=known_ms)


def _window_ms(node: str) -> int:
    rows = select("SELECT report_period_s FROM connectivity_nodestate WHERE node = %s", (node,))
    return silence_window_ms(Evidence(report_period_s=rows[0][0]) if rows else Evidence())
