"""Which epochs a node may have: each is a handful of rows that stay, so a node cannot make them up without end.

A real box begins an epoch with a card or a damaged file: a few in its life. Beyond the limits an epoch is not refused
for good: nothing of it is stored or acknowledged, the box keeps it, and it is taken once there is room again.
"""

from center.ingest.database import execute, select

NEW_A_DAY = 24
"""New epochs of a node within 24 hours. A box whose card loses everything at each hourly restart still passes."""
OF_A_NODE = 500
"""From so many epochs on a node gets one new one a day: it goes on living, its rows do not go on growing."""
DAY_MS = 86_400_000

_INSERT = (
    "INSERT INTO ingest_epoch (node, epoch, predecessor, board, reason, predecessor_heads, first_seen_ms, conflict) "
    "VALUES (%s, %s, '', '', '', '{}', %s, %s) ON CONFLICT (node, epoch) DO NOTHING"
)
_COUNT = "SELECT COUNT(*), SUM(CASE WHEN first_seen_ms > %s THEN 1 ELSE 0 END) FROM ingest_epoch WHERE node = %s"


def admit(node: str, epoch: str, received_ms: int) -> bool:
    """Note an epoch on its first appearance, in the caller's transaction; False when the node has too many new ones.

    A known epoch costs one statement and is always admitted.
    """
    if not execute(_INSERT, (node, epoch, received_ms, False)):
        return True
    of_node, of_the_day = select(_COUNT, (received_ms - DAY_MS, node))[0]
    if of_the_day <= (NEW_A_DAY if of_node <= OF_A_NODE else 1):
        return True
    execute("DELETE FROM ingest_epoch WHERE node = %s AND epoch = %s", (node, epoch))
    return False
