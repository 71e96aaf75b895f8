"""Sessions of nodes as the centre heard them, a row each: what proves contact, and between them silence.

A session counts from the first that arrives live in it: a retained birth alone is what somebody once said. It ends with
its will or stop, and at the latest when a later session of the node is heard of (`replaced`). What was heard last in
one that goes on stands in `ingest_presence`; at its end it is taken over. Every statement is idempotent; all of them
run in the transaction of the state or delivery they follow from.
"""

from center.availability import due
from center.ingest.database import execute

_BEGIN = """
INSERT INTO ingest_contact (node, epoch, session, boot, run, born_ms, heard_ms, ended_ms, end_reason)
SELECT node, epoch, session, boot, run, %s, %s, NULL, '' FROM ingest_presence
WHERE node = %s AND epoch = %s AND session > 0 AND hint = 'online'
ON CONFLICT (node, epoch, session) DO NOTHING
"""
_HEARD = """
heard_ms = COALESCE((SELECT p.live_ms FROM ingest_presence p WHERE p.node = ingest_contact.node
  AND p.epoch = ingest_contact.epoch AND p.session = ingest_contact.session
  AND p.live_ms > ingest_contact.heard_ms), heard_ms)
"""
_REPLACED = f"""
UPDATE ingest_contact SET ended_ms = %s, end_reason = 'replaced', {_HEARD}
WHERE node = %s AND ended_ms IS NULL AND NOT (epoch = %s AND session = %s)
"""  # noqa: S608 - our own words
_END = f"""
UPDATE ingest_contact SET ended_ms = %s, end_reason = %s, {_HEARD}
WHERE node = %s AND epoch = %s AND session = %s AND ended_ms IS NULL
"""  # noqa: S608 - our own words


def heard(node: str, epoch: str, received_ms: int) -> None:
    """Something arrived live in the session that presence knows of: it is a contact from now on, if it was none."""
    if execute(_BEGIN, (received_ms, received_ms, node, epoch)):
        due.mark({node: received_ms - 1}, received_ms)


def replace(node: str, epoch: str, session: int, received_ms: int) -> None:
    """Another session of the node was heard of: those before it are over. Before presence takes the new one over."""
    if execute(_REPLACED, (received_ms, node, epoch, session)):
        due.mark({node: received_ms - 1}, received_ms)


def end(node: str, epoch: str, session: int, reason: str, received_ms: int) -> None:
    """The session's own end ("will" | "stop"), after presence has taken it over."""
    if execute(_END, (received_ms, reason, node, epoch, session)):
        due.mark({node: received_ms - 1}, received_ms)
