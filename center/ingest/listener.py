"""What an ingest worker says of itself in the database, so that nobody calls a node dead while the centre is deaf."""

import os
import time

from center.ingest.database import execute, select

ALIVE_FOR_MS = 15_000
"""A worker whose last sign is older does not listen. Three missed beats."""
BEAT_S = 5.0

_BEAT = """
INSERT INTO ingest_listener (worker, pid, connected, since_ms, alive_ms, detail) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (worker) DO UPDATE SET
  since_ms = CASE WHEN ingest_listener.connected = excluded.connected AND ingest_listener.pid = excluded.pid
                   AND ingest_listener.alive_ms > excluded.alive_ms - %s
                   AND ingest_listener.since_ms <= excluded.alive_ms
             THEN ingest_listener.since_ms ELSE excluded.since_ms END,
  pid = excluded.pid, connected = excluded.connected, alive_ms = excluded.alive_ms, detail = excluded.detail
"""


def beat(worker: int, *, connected: bool, detail: str = "") -> None:
    """Say how this worker stands; `since_ms` stays as long as it stands so without a pause. Commits."""
    now_ms = int(time.time() * 1000)
    execute(_BEAT, (worker, os.getpid(), connected, now_ms, now_ms, detail[:200], ALIVE_FOR_MS))


def listening_since_ms(now_ms: int) -> int | None:
    """Since when at least one worker hears the fleet; None when none does now."""
    rows = select(
        "SELECT MIN(since_ms) FROM ingest_listener WHERE connected = %s AND alive_ms > %s",
        (True, now_ms - ALIVE_FOR_MS),
    )
    return None if rows[0][0] is None else int(rows[0][0])
