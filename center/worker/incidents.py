"""Correlation as it runs: the states of all nodes out of the database, `center.core.correlation.step`, and back.

After every judgement of states. Read outside of a transaction: the worker alone opens and settles incidents, and what
people do meanwhile (`center.operations.desk`) changes nothing the decisions rest on. Nothing is remembered here.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from center.core import correlation
from center.core.incident_facts import DEFAULT, Decision, NodeView, Policy, View
from center.core.listening import Listening
from center.core.office import is_open
from center.core.swings import Reach, after
from center.ingest.database import execute_many, select, write
from center.operations.hanging import dependence
from center.operations.incidents import carry_out, known
from center.sites.models import Node
from center.worker.states import listening_at

IMPORTANT_KINDS = frozenset({"opd", "kec"})
_NODES = """
SELECT n.id, s.kind, s.office_hours, t.state, t.cause, t.since_ms, t.last_seen_ms
FROM sites_node n JOIN sites_site s ON s.code = n.site_id JOIN connectivity_nodestate t ON t.node = n.id ORDER BY n.id
"""
_REACH = "SELECT node, heard, since_ms, noticed_ms, swings FROM operations_nodereach"
_WRITE_REACH = """
INSERT INTO operations_nodereach (node, heard, since_ms, noticed_ms, swings) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (node) DO UPDATE SET heard = excluded.heard, since_ms = excluded.since_ms,
  noticed_ms = excluded.noticed_ms, swings = excluded.swings
"""
# A worker that stopped in order says so, and one that keeps failing to start says it anew each time: what was last
# heard of any node is the word that stands.
_LISTENED = """
SELECT (SELECT COALESCE(MAX(alive_ms), 0) FROM ingest_listener WHERE connected = %s),
       (SELECT COALESCE(MAX(live_ms), 0) FROM ingest_presence)
"""
# A cloned identity is found until an incident about it was closed: that is people's to say.
_CLONES = """
SELECT e.node, MIN(e.first_seen_ms) FROM ingest_epoch e WHERE e.conflict = %s AND NOT EXISTS
  (SELECT 1 FROM operations_incident i WHERE i.kind = 'clone' AND i.subject = e.node
   AND i.opened_ms >= e.first_seen_ms AND i.resolved_ms IS NOT NULL) GROUP BY e.node
"""
# So it is with missing records: closed is closed, until others are missing.
_INTEGRITY = """
SELECT t.node, MIN(t.since_ms) FROM connectivity_integrity t WHERE t.kind = 'fault' AND t.count > 0 AND NOT EXISTS
  (SELECT 1 FROM operations_incident i WHERE i.kind = 'integrity' AND i.subject = t.node
   AND i.resolved_ms >= t.changed_ms) GROUP BY t.node
"""
CERTIFICATE_MS = 14 * 86_400_000
"""A box renews by itself months before; one that has not by now will not, and soon cannot report any more."""


def correlate(now_ms: int, policy: Policy = DEFAULT) -> int:
    """Look at the nodes once and carry out what follows; returns how many incidents changed. Own transaction, only
    when there is something to write."""
    before = {node: Reach(bool(heard), since, noticed, tuple(json.loads(swings)))
              for node, heard, since, noticed, swings in select(_REACH)}  # fmt: skip
    rows = select(_NODES)
    reach = {node: after(before.get(node), state, since, now_ms)
             for node, _kind, _hours, state, _cause, since, _seen in rows}  # fmt: skip
    moved = [(node, one) for node, one in reach.items() if one is not None and one != before.get(node)]
    listening = listening_at(now_ms)
    nodes = {row[0]: _view(row, reach[row[0]], now_ms, policy, listening) for row in rows}
    hanging = dependence()
    listened_ms = max(map(int, select(_LISTENED, (True,))[0]))
    since_ms = None if listening is None else listening.judging_since_ms
    view = View(nodes, hanging, since_ms, listened_ms, _conditions(nodes, now_ms))
    decisions = correlation.step(view, known(now_ms - policy.reopen_ms, now_ms), now_ms, policy)
    if not moved and not decisions:
        return 0
    return write(lambda: _write(moved, decisions, now_ms))


def _write(moved: list[tuple[str, Reach]], decisions: tuple[Decision, ...], now_ms: int) -> int:
    if moved:
        execute_many(
            _WRITE_REACH,
            [(node, one.heard, one.since_ms, one.noticed_ms, json.dumps(one.swings)) for node, one in moved],
        )
    return carry_out(decisions, now_ms)


def _view(
    row: tuple[str, str, str, str, str, int, int | None],
    reach: Reach | None,
    now_ms: int,
    policy: Policy,
    listening: Listening | None,
) -> NodeView:
    node, kind, hours, state, cause, since_ms, seen_ms = row
    known_reach = reach or Reach(False, since_ms, since_ms)
    return NodeView(
        node=node,
        state=state,
        cause=cause,
        since_ms=since_ms if since_ms <= now_ms else min(known_reach.noticed_ms, now_ms),
        seen_ms=seen_ms,
        noticed_ms=known_reach.noticed_ms,
        heard_since_ms=known_reach.noticed_ms if known_reach.heard else now_ms,
        swings=tuple(at for at in known_reach.swings if now_ms - policy.flap_window_ms < at <= now_ms),
        important=kind in IMPORTANT_KINDS and is_open(hours, now_ms),
        asked_since_ms=None if listening is None else listening.since(seen_ms),
    )


def _conditions(nodes: dict[str, NodeView], now_ms: int) -> dict[tuple[str, str], int]:
    found = {("clone", node): since for node, since in select(_CLONES, (True,)) if node in nodes}
    found |= {("integrity", node): since for node, since in select(_INTEGRITY) if node in nodes}
    found |= {("certificate", node): since for node, since in _ending(now_ms) if node in nodes}
    found |= {("degraded", one.node): one.since_ms for one in nodes.values() if one.state == "DEGRADED"}
    return {key: since for key, since in found.items() if nodes[key[1]].state != "RETIRED"}


def _ending(now_ms: int) -> Iterator[tuple[str, int]]:
    """Nodes in use whose certificate ends soon, or has, and since when that is so."""
    until = datetime.fromtimestamp((now_ms + CERTIFICATE_MS) / 1000, UTC)
    rows = Node.objects.filter(retired=False, certificate_expires_at__lte=until)
    for node, ends in rows.values_list("pk", "certificate_expires_at"):
        yield node, int(ends.timestamp() * 1000) - CERTIFICATE_MS
