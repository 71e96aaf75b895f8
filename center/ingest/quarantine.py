"""What could not be used is kept, with its reason, within a bound."""

from center.ingest.database import execute, select
from center.ingest.decode import Filed, Parcel, Poison
from wire.codec import payload_digest

KEEP_ROWS = 10_000
KEEP_BYTES = 4096
"""Enough to see what is wrong; the node still has the whole of what was refused."""

_INSERT = (
    "INSERT INTO ingest_quarantined (node, topic, code, detail, digest, payload, received_ms) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s)"
)


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


def note_record(parcel: Parcel, record: Filed, code: str, detail: str, *, whole: bool = False) -> None:
    """File one record of a readable batch. `whole` where this row is its only copy."""
    note(
        node=parcel.node,
        topic=parcel.topic,
        code=code,
        detail=f"{parcel.epoch} {parcel.stream} {record.seq} {record.kind}: {detail}",
        payload=record.body.encode(),
        received_ms=parcel.received_ms,
        keep_bytes=None if whole else KEEP_BYTES,
    )


def known(node: str, digest: str) -> bool:
    """Whether this node's payload is among the newest cases already: a re-send need not be filed again."""
    rows = select("SELECT node, digest FROM ingest_quarantined ORDER BY id DESC LIMIT 200")
    return (node, digest) in rows


def prune() -> int:
    """Let the oldest cases go beyond the bound; never those whose only copy is here (`unstorable`)."""
    newest = select("SELECT COALESCE(MAX(id), 0) FROM ingest_quarantined")[0][0]
    return execute("DELETE FROM ingest_quarantined WHERE id <= %s AND code <> 'unstorable'", (int(newest) - KEEP_ROWS,))


def _storable(text: str) -> str:
    """PostgreSQL refuses NUL in a text; what an attacker put into a topic or an error message may hold one."""
    return text.replace("\x00", "\\0")
