"""A node's contacts, what it told of its line, what it gave up, and when it was worked on, as facts. Reads only."""

from collections.abc import Sequence
from typing import Any

import msgspec

from center.availability.clocks import Dating
from center.core.facts import ContactFact, LifeFact, Span, ThinFact, ToldOutage, ToldStep, ToldVerdict, When
from center.core.gap_reasons import gap_class
from center.core.maintenance import Notice
from center.core.planned import Planned, cut
from center.core.spans import clip, union
from center.core.stays import stays as counted_stays
from center.ingest.database import select
from center.sites.terms import own_links_then
from center.sites.upstreams import above_of
from wire.verdicts import VERDICTS

GIVEN_UP = frozenset({"bound", "disk", "thinned_5min", "thinned_1h"})
"""Reasons for which a node gives up reports it has made: their absence is no silence of its agent."""
SLACK_MS = 6 * 3_600_000
"""A verdict's stored time and the one worked out here differ by less, once its boot has been dated again."""
_CONTACTS_OF = """
SELECT c.born_ms, CASE WHEN c.ended_ms IS NULL AND p.live_ms > c.heard_ms THEN p.live_ms ELSE c.heard_ms END,
  c.ended_ms, c.end_reason, c.boot, c.run
FROM ingest_contact c LEFT JOIN ingest_presence p ON p.node = c.node AND p.epoch = c.epoch AND p.session = c.session
WHERE c.node = %s
"""
_OUTAGES = """
SELECT outage, boot, mono_ms, end_mono_ms, how, code, confidence_pct, received_ms, json FROM connectivity_outage
WHERE node = %s AND (received_ms >= %s OR ended = 0)
"""
_VERDICTS = """
SELECT boot, since_mono_ms, code, received_ms FROM connectivity_verdictchange WHERE node = %s AND at_ms >= COALESCE(
  (SELECT MAX(at_ms) FROM connectivity_verdictchange WHERE node = %s AND at_ms < %s), %s)
"""
_GAPS = """
SELECT from_ms, to_ms, reason FROM connectivity_gapledger
WHERE node = %s AND stream = 'health' AND count > 0 AND to_ms >= %s AND from_ms <= to_ms
"""
_UPSTREAMS = """
WITH RECURSIVE hangs(code, depth) AS (
  SELECT l.upstream_id, 0 FROM sites_link l JOIN sites_node n ON n.site_id = l.site_id WHERE n.id = %s
  UNION SELECT t.upstream, 0 FROM sites_lineterm t JOIN sites_node n ON n.site_id = t.site_id
    WHERE n.id = %s AND t.upstream <> ''
  UNION SELECT u.above_id, h.depth + 1 FROM sites_upstream u JOIN hangs h ON u.code = h.code
    WHERE u.above_id IS NOT NULL AND h.depth < 16
) SELECT DISTINCT code FROM hangs
"""
"""All that the node's site hangs on or once hung on, at whatever height."""
_WORKS = """
SELECT CASE WHEN made_ms > from_ms THEN made_ms ELSE from_ms END,
  COALESCE(CASE WHEN cancelled_ms < until_ms THEN cancelled_ms END, until_ms), scope, subject
FROM operations_work
WHERE until_ms > %s AND (scope = 'city' OR (scope = 'node' AND subject = %s)
  OR (scope = 'site' AND subject = (SELECT site_id FROM sites_node WHERE id = %s))
  OR (scope = 'upstream' AND subject IN ({marks})))
"""
"""Planned is what was announced: work entered afterwards excuses nothing that had happened by then."""


class _Step(msgspec.Struct):
    mono_ms: int
    code: str
    confidence_pct: float = 0.0


class _Story(msgspec.Struct):
    """Of a notice only what it says of its verdict's changes."""

    steps: tuple[_Step, ...] = ()


_STORY = msgspec.json.Decoder(_Story)


def contacts(node: str, since_ms: int) -> tuple[ContactFact, ...]:
    """Sessions born from a moment on; of one that goes on, what was heard last so far."""
    return _contacts(select(f"{_CONTACTS_OF} AND c.born_ms >= %s", (node, since_ms)))


def _contacts(rows: Sequence[tuple[Any, ...]]) -> tuple[ContactFact, ...]:
    found = []
    for born, heard, ended, reason, boot, run in rows:
        heard_ms = max(born, heard if ended is None else min(heard, ended))
        found.append(ContactFact(born, heard_ms, ended, reason, boot, run))
    return tuple(sorted(found, key=lambda one: (one.born_ms, one.heard_ms, one.boot, one.run)))


def contacts_around(node: str, since_ms: int, until_ms: int) -> tuple[ContactFact, ...]:
    """Sessions born by `until_ms` that had not ended by `since_ms`."""
    rows = select(
        f"{_CONTACTS_OF} AND c.born_ms <= %s AND (c.ended_ms IS NULL OR c.ended_ms >= %s)", (node, until_ms, since_ms)
    )
    return _contacts(rows)


def outages(node: str, since_ms: int, dating: Dating) -> tuple[ToldOutage, ...]:
    """What the node saw of outages that may reach beyond a moment."""
    return _outages(select(_OUTAGES, (node, since_ms)), dating)


def outages_around(node: str, since_ms: int, until_ms: int, dating: Dating) -> tuple[ToldOutage, ...]:
    """The same, of outages that began by `until_ms`."""
    return _outages(select(f"{_OUTAGES} AND at_ms <= %s", (node, since_ms, until_ms)), dating)


def _outages(rows: Sequence[tuple[Any, ...]], dating: Dating) -> tuple[ToldOutage, ...]:
    found = []
    for name, boot, onset, end, how, code, confidence, received, text in rows:
        start = dating.when(boot, onset, received)
        ended = dating.maybe(boot, end, received)
        if ended is not None and ended.hi_ms < start.lo_ms:  # a clock put back in between
            ended = start
        party = VERDICTS[code].party if code in VERDICTS else "none"
        steps = tuple(
            ToldStep(dating.when(boot, step.mono_ms, received), step.code, step.confidence_pct)
            for step in sorted(_STORY.decode(text.encode()).steps, key=lambda step: step.mono_ms)
        )
        found.append(ToldOutage(name, boot, start, ended, how, code, confidence, party, steps))
    return tuple(sorted(found, key=lambda one: (one.onset.lo_ms, one.id)))


def verdicts(node: str, since_ms: int, dating: Dating) -> tuple[ToldVerdict, ...]:
    """The node's verdicts from the one on that held at a moment."""
    at_ms = since_ms - SLACK_MS
    found = []
    for boot, since, code, received in select(_VERDICTS, (node, node, at_ms, at_ms)):
        party = VERDICTS[code].party if code in VERDICTS else "none"
        found.append(ToldVerdict(dating.when(boot, since, received), code, party))
    return tuple(sorted(found))


def thinned(node: str, since_ms: int, lives: tuple[LifeFact, ...], window_ms: int) -> tuple[ThinFact, ...]:
    """Where the node gave up reports, by its own word, in each boot that word can mean.

    The ledger names the first and the last report that is missing; the first one spoke for the time before it, too:
    for no longer than silence would take to be noticed.
    """
    found = set()
    for from_ms, to_ms, reason in select(_GAPS, (node, since_ms)):
        if gap_class(reason) not in GIVEN_UP:
            continue
        for life in lives:
            if life.first.lo_ms <= to_ms and life.last.hi_ms >= from_ms:
                start_ms = from_ms - window_ms
                found.add(ThinFact(life.boot, When(start_ms, start_ms), When(to_ms, to_ms)))
    return tuple(sorted(found))


def nodes_ever_at_rest(window: Span) -> set[str] | None:
    """Nodes that told of a stay, ever; None where work was planned that touches the window: then any may have one."""
    touching = "SELECT 1 FROM operations_work WHERE until_ms > %s AND from_ms < %s"
    planned = select(touching, (window.start_ms, window.end_ms))
    return None if planned else {node for (node,) in select("SELECT DISTINCT node FROM operations_maintenance")}


def stays(node: str, since_ms: int, now_ms: int) -> tuple[Span, ...]:
    """When it was worked on: what its box told, as far as that counts, and what was planned at the centre."""
    rows = select("SELECT at_ms, active, lasts_ms FROM operations_maintenance WHERE node = %s", (node,))
    ended = [at for (at,) in select("SELECT at_ms FROM operations_stayended WHERE node = %s", (node,))]
    told = counted_stays((Notice(node, at, bool(active), lasts) for at, active, lasts in rows), ended)
    upstreams = [code for (code,) in select(_UPSTREAMS, (node, node))]
    marks = ", ".join(["%s"] * len(upstreams)) or "NULL"
    works = select(_WORKS.format(marks=marks), (since_ms, node, node, *upstreams))
    window = Span(since_ms, max(now_ms, since_ms + 1))
    planned = [Span(from_ms, until_ms) for from_ms, until_ms, scope, _subject in works if scope != "upstream"]
    on_ways = [Planned(subject, Span(start, end)) for start, end, scope, subject in works if scope == "upstream"]
    above = above_of() if on_ways else {}
    for part, links in own_links_then(node, window) if on_ways else ():
        planned += clip(cut(links, above, on_ways), part)
    return clip(union([*told, *planned]), window)
