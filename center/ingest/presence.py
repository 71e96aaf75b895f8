"""Births, stops, wills and signs of life, by the centre's clock. Every statement is idempotent.

Several ingest workers hear every state. A state is news only if its session counter is newer within its epoch, or if it
is the end of the session already known; so a slow worker's late birth cannot revive a node that another one has
seen die, and an old will cannot kill a node that has come back. The birth of the session already known, said again, is
a sign of life, and news only where its warnings differ.
"""

import json

from center.ingest import contacts
from center.ingest.database import execute, select
from center.ingest.decode import StateNews
from wire.messages import State

_STATE = """
INSERT INTO ingest_presence
  (node, epoch, session, nonce, boot, run, version, hint, hint_reason, hint_ms, live_ms, born_ms, warnings)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (node, epoch) DO UPDATE SET
  born_ms = CASE WHEN excluded.session > ingest_presence.session THEN excluded.hint_ms ELSE ingest_presence.born_ms END,
  session = excluded.session, nonce = excluded.nonce, boot = excluded.boot, run = excluded.run,
  version = excluded.version, hint = excluded.hint, hint_reason = excluded.hint_reason, hint_ms = excluded.hint_ms,
  live_ms = COALESCE(excluded.live_ms, ingest_presence.live_ms), warnings = excluded.warnings
WHERE excluded.session > ingest_presence.session
   OR (excluded.session = ingest_presence.session AND excluded.hint = 'offline' AND ingest_presence.hint <> 'offline')
"""

_AGAIN = """
UPDATE ingest_presence SET warnings = %s
WHERE node = %s AND epoch = %s AND session = %s AND hint = 'online' AND warnings <> %s
"""

_ALIVE = """
UPDATE ingest_presence SET live_ms = %s
WHERE node = %s AND epoch = %s AND session = %s AND hint = 'online' AND COALESCE(live_ms, 0) < %s
"""

_LIVE = """
INSERT INTO ingest_presence
  (node, epoch, session, nonce, boot, run, version, hint, hint_reason, live_ms, born_ms, warnings)
VALUES (%s, %s, 0, '', '', '', '', '', '', %s, 0, '[]')
ON CONFLICT (node, epoch) DO UPDATE SET live_ms = excluded.live_ms
WHERE excluded.live_ms > COALESCE(ingest_presence.live_ms, 0)
"""


def note_state(news: StateNews) -> bool:
    """Take over a state; returns whether it was news. Only a state that was not retained, and no will, is life."""
    state = news.state
    live_ms = None if news.retained or state.reason == "will" else news.received_ms
    warnings = json.dumps(state.warnings)
    values = (
        state.node,
        state.epoch,
        state.session,
        state.nonce,
        state.boot,
        state.run,
        state.version,
        state.status,
        state.reason,
        news.received_ms,
        live_ms,
        news.received_ms,
        warnings,
    )
    known = select("SELECT session FROM ingest_presence WHERE node = %s AND epoch = %s", (state.node, state.epoch))
    if not known or state.session > known[0][0]:
        contacts.replace(state.node, state.epoch, state.session, news.received_ms)
    changed = execute(_STATE, values) > 0
    if state.status != "online":
        if changed:
            contacts.end(state.node, state.epoch, state.session, state.reason, news.received_ms)
        return changed
    if live_ms is not None:
        if not changed:
            execute(_ALIVE, (live_ms, state.node, state.epoch, state.session, live_ms))
        _heard_in(state, live_ms)
    return changed or execute(_AGAIN, (warnings, state.node, state.epoch, state.session, warnings)) > 0


def note_life(node: str, epoch: str, received_ms: int) -> None:
    """A delivery that was not retained has arrived from this node."""
    execute(_LIVE, (node, epoch, received_ms))
    contacts.heard(node, epoch, received_ms)


def _heard_in(state: State, received_ms: int) -> None:
    """A live birth makes a contact of its own session only: a slow worker's late one says nothing of the next."""
    same = (state.node, state.epoch, state.session)
    if select("SELECT 1 FROM ingest_presence WHERE node = %s AND epoch = %s AND session = %s", same):
        contacts.heard(state.node, state.epoch, received_ms)
