"""What the restore of an older database explains: numbers it acknowledged in the life that was lost.

At the restore, each lane's floor is noted: what the node held by the last settled statement of this database.
Everything below was judged already; the declarations of an open one may have reached the lost database alone. When
the node has spoken again, everything between and up to what it has given out by then may have been acknowledged by the
lost database: what of it is not offered again is gone with that database, and nobody's fault.
"""

import json

from center.ingest.database import execute, execute_many, select
from wire.ranges import Ranges
from wire.topics import STREAMS

SETTLE_MS = 600_000
"""How long after a lane's first word its heads still raise the bound: reports on their way may be older than the last
acknowledgement of the lost database. A true fault of these first minutes is told as part of the restore."""
UNKNOWN_EPOCHS_MS = 90 * 86_400_000
"""An epoch heard of for the first time so long after the restore did not live in the lost database."""

_KNOWN = "SELECT node, epoch, stream, MAX(last) FROM ingest_span GROUP BY node, epoch, stream"
_INSERT = (
    "INSERT INTO ingest_restoredlane (generation, node, epoch, stream, floor, known_last, bound, said_ms) "
    "VALUES (%s, %s, %s, %s, %s, %s, 0, NULL) ON CONFLICT (generation, node, epoch, stream) DO NOTHING"
)
_RAISE = """
UPDATE ingest_restoredlane SET said_ms = COALESCE(said_ms, %s), bound = CASE WHEN bound < %s THEN %s ELSE bound END
WHERE generation = %s AND node = %s AND epoch = %s AND stream = %s
  AND (said_ms IS NULL OR (bound < %s AND %s <= said_ms + %s))
"""


def note_restore(generation: str, at_ms: int) -> None:
    """Write down what this database knows of every lane, in the caller's transaction."""
    known_until = select("SELECT MAX(received_ms) FROM ingest_rawrecord")[0][0]
    execute(
        "INSERT INTO ingest_restore (generation, at_ms, known_until_ms) VALUES (%s, %s, %s)",
        (generation, at_ms, known_until),
    )
    sql = "SELECT node, epoch, newest, settled FROM connectivity_heldstatement"
    held = {(node, epoch): (json.loads(newest), json.loads(settled)) for node, epoch, newest, settled in select(sql)}
    known = {(node, epoch, stream): last for node, epoch, stream, last in select(_KNOWN)}
    rows = []
    for node, epoch in select("SELECT node, epoch FROM ingest_epoch"):
        said = held.get((node, epoch), ({}, {}))
        for stream in STREAMS:
            floor = min(statement.get(stream, (1, 0))[0] for statement in said)
            rows.append((generation, node, epoch, stream, floor, known.get((node, epoch, stream), 0)))
    if rows:
        execute_many(_INSERT, rows)


def note_heads(node: str, epoch: str, heads: dict[str, int], said_ms: int) -> None:
    """The node named these heads: raise the bounds of every restore it has not yet spoken after."""
    for generation, at_ms in select("SELECT generation, at_ms FROM ingest_restore WHERE at_ms < %s", (said_ms,)):
        if _lived_before(node, epoch, at_ms):
            execute_many(_INSERT, [(generation, node, epoch, stream, 1, 0) for stream in heads])
        for stream, head in heads.items():
            execute(_RAISE, (said_ms, head, head, generation, node, epoch, stream, head, said_ms, SETTLE_MS))


def explained(node: str, epoch: str) -> dict[str, Ranges]:
    """Per stream the numbers a restore can explain."""
    found: dict[str, Ranges] = {}
    sql = "SELECT stream, floor, bound FROM ingest_restoredlane WHERE node = %s AND epoch = %s"
    for stream, floor, bound in select(sql, (node, epoch)):
        found[stream] = found.get(stream, Ranges()).add(floor, bound)
    return found


def _lived_before(node: str, epoch: str, restored_ms: int) -> bool:
    """Whether an epoch may have spoken to the lost database. One whose own first event is younger did not."""
    seen = select("SELECT first_seen_ms FROM ingest_epoch WHERE node = %s AND epoch = %s", (node, epoch))
    if not seen or not restored_ms <= seen[0][0] <= restored_ms + UNKNOWN_EPOCHS_MS:
        return False  # known to the backup: its lanes are noted
    born = select(
        "SELECT MIN(at_ms) FROM connectivity_nodeevent WHERE node = %s AND epoch = %s AND kind = 'epoch'", (node, epoch)
    )
    return born[0][0] is None or born[0][0] < restored_ms
