"""When the centre heard the fleet: stretches that reach as far as something was really delivered.

A connection that stands proves little; what arrives through it proves that everything before it has arrived too. A
worker's stretch begins when it has subscribed, and is drawn out to its newest delivery (of which there is one at least
every SILENCE_S + ECHO_S: `center.ingest.service` speaks to itself). Workers share a row where their times meet.
"""

from center.ingest.database import execute

_EXTEND = """
UPDATE ingest_hearing SET until_ms = CASE WHEN until_ms < %s THEN %s ELSE until_ms END
WHERE id = (SELECT id FROM ingest_hearing WHERE until_ms >= %s AND since_ms <= %s ORDER BY until_ms DESC, id LIMIT 1)
"""
_BEGIN = "INSERT INTO ingest_hearing (since_ms, until_ms) VALUES (%s, %s)"


def heard(since_ms: int, until_ms: int) -> None:
    """A worker that has listened without a pause since `since_ms` has heard everything up to `until_ms`. Commits."""
    if until_ms < since_ms:  # the clock was put back
        return
    if not execute(_EXTEND, (until_ms, until_ms, since_ms, until_ms)):
        execute(_BEGIN, (since_ms, until_ms))
