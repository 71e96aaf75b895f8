"""The account of what pictures take: per camera and day of receipt, what came and what of it is still held.

It is kept with the rows, in their transactions, so that a page about a million pictures reads a few hundred numbers.
"""

from collections.abc import Sequence

from center.core.days import day_of
from center.ingest.database import execute, execute_many, select

_RECEIVED = """
INSERT INTO cctv_stored (node, camera, day, pictures, size_bytes, held, held_bytes) VALUES (%s, %s, %s, 1, %s, 1, %s)
ON CONFLICT (node, camera, day) DO UPDATE SET
  pictures = cctv_stored.pictures + 1, size_bytes = cctv_stored.size_bytes + excluded.size_bytes,
  held = cctv_stored.held + 1, held_bytes = cctv_stored.held_bytes + excluded.held_bytes
"""
_DELETED = (
    "UPDATE cctv_stored SET held = held - 1, held_bytes = held_bytes - %s WHERE node = %s AND camera = %s AND day = %s"
)


def note_received(node: str, camera: str, received_ms: int, size_bytes: int) -> None:
    """One picture more, in the transaction that makes its row."""
    execute(_RECEIVED, (node, camera, day_of(received_ms), size_bytes, size_bytes))


def note_deleted(rows: Sequence[tuple[str, str, int, int]]) -> None:
    """(node, camera, received_ms, size_bytes) of pictures that go, in the transaction that deletes their rows."""
    execute_many(_DELETED, [(size, node, camera, day_of(received_ms)) for node, camera, received_ms, size in rows])


def held_bytes() -> int:
    """What all pictures take together, bytes."""
    return int(select("SELECT COALESCE(SUM(held_bytes), 0) FROM cctv_stored")[0][0])


def forget_before(day: int) -> None:
    """Days of which nothing is held any more and that no forecast looks at."""
    execute("DELETE FROM cctv_stored WHERE day < %s AND held <= 0", (day,))
