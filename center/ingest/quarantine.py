"""What could not be used is kept, with its reason, within bounds per node: a noisy one pushes out no other's cases.

Per node the newest KEEP_OF_NODE cases of at most KEEP_BYTES; in all KEEP_ROWS of them (40 MiB). Beside them the records
of which the only copy is here (`unstorable`): they are never let go, so their room is bounded by not taking more.
"""

from center.ingest import only_copy
from center.ingest.database import execute, select
from center.ingest.decode import Filed, Parcel, Poison
from wire.codec import payload_digest

ONLY_COPY = "unstorable"
"""The code of a record the raw table would not take: acknowledged, because it is whole in here."""
KEEP_ROWS = 10_000
KEEP_OF_NODE = 50
WHOLE_ROWS_OF_NODE = 200
WHOLE_BYTES_OF_NODE = 8 * 1024 * 1024
KEEP_BYTES = 4096
"""Enough to see what is wrong; the node still has the whole of what was refused."""

_INSERT = (
    "INSERT INTO ingest_quarantined (node, topic, code, detail, digest, size_bytes, payload, received_ms) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
)

_NEWEST = "SELECT id FROM ingest_quarantined WHERE code <> 'unstorable' "
_DELETE = "DELETE FROM ingest_quarantined WHERE code <> 'unstorable' "


def note(
    *,
    node: str,
    topic: str,
    code: str,
    detail: str,
    payload: bytes,
    received_ms: int,
    keep_bytes: int | None = KEEP_BYTES,
) -> None:
    """File one case inside the caller's transaction. `keep_bytes` None keeps the whole payload."""
    values = (
        node,
        _storable(topic)[:256],
        code[:32],
        _storable(detail)[:500],
        payload_digest(payload),
        len(payload),
        payload if keep_bytes is None else payload[:keep_bytes],
        received_ms,
    )
    execute(_INSERT, values)


def note_poison(poison: Poison) -> None:
    """File a payload that could not be decoded."""
    note(
        node=poison.node,
        topic=poison.topic,
        code=poison.code,
        detail=poison.detail,
        payload=poison.payload,
        received_ms=poison.received_ms,
    )


def note_record(parcel: Parcel, record: Filed, code: str, detail: str) -> None:
    """File one record of a readable batch that is kept elsewhere too: by us in the raw table, or by the node."""
    note(
        node=parcel.node,
        topic=parcel.topic,
        code=code,
        detail=f"{parcel.epoch} {parcel.stream} {record.seq} {record.kind}: {detail}",
        payload=record.body.encode(),
        received_ms=parcel.received_ms,
    )


def note_only_copy(parcel: Parcel, record: Filed, detail: str) -> bool:
    """File one record of which this row will be the only copy, whole (`only_copy`); False when there is no room."""
    payload = only_copy.pack(parcel, record)
    if not _room_for_whole(parcel.node, len(payload)):
        return False
    note(
        node=parcel.node,
        topic=parcel.topic,
        code=ONLY_COPY,
        detail=f"{parcel.epoch} {parcel.stream} {record.seq} {record.kind}: {detail}",
        payload=payload,
        received_ms=parcel.received_ms,
        keep_bytes=None,
    )
    return True


def known(node: str, digest: str) -> bool:
    """Whether this node's payload is among its cases already: a re-send need not be filed again."""
    return bool(select("SELECT 1 FROM ingest_quarantined WHERE node = %s AND digest = %s LIMIT 1", (node, digest)))


def _room_for_whole(node: str, size_bytes: int) -> bool:
    """Whether one more `unstorable` record of this node may be kept whole."""
    sql = (
        "SELECT COUNT(*), COALESCE(SUM(size_bytes), 0) FROM ingest_quarantined WHERE node = %s AND code = 'unstorable'"
    )
    rows, taken_bytes = select(sql, (node,))[0]
    return bool(rows < WHOLE_ROWS_OF_NODE and taken_bytes + size_bytes <= WHOLE_BYTES_OF_NODE)


def prune() -> int:
    """Let the oldest cases go beyond the bounds; never those whose only copy is here (`unstorable`)."""
    gone = 0
    crowded = "SELECT node FROM ingest_quarantined WHERE code <> 'unstorable' GROUP BY node HAVING COUNT(*) > %s"
    for (node,) in select(crowded, (KEEP_OF_NODE,)):
        newest = select(_NEWEST + "AND node = %s ORDER BY id DESC LIMIT 1 OFFSET %s", (node, KEEP_OF_NODE))
        gone += execute(_DELETE + "AND node = %s AND id <= %s", (node, newest[0][0]))
    surplus = select(_NEWEST + "ORDER BY id DESC LIMIT 1 OFFSET %s", (KEEP_ROWS,))
    return gone + (execute(_DELETE + "AND id <= %s", (surplus[0][0],)) if surplus else 0)


def _storable(text: str) -> str:
    """PostgreSQL refuses NUL in a text; what an attacker put into a topic or an error message may hold one."""
    return text.replace("\x00", "\\0")
