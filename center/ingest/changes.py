"""The tail of changes: one row per thing live pages should look at again, written in the transaction that did it."""

import time
from collections.abc import Iterable

from center.ingest.database import CHANGES_LOCK, execute, execute_many, lock_until_commit, select

KEEP = 20_000
"""Rows kept. At a busy city's 20 changes a second, a page that slept for a quarter of an hour still catches up."""


def record_changes(changes: Iterable[tuple[str, str]], at_ms: int | None = None) -> None:
    """Append (kind, node) pairs, repeats once. Call last in a transaction: it may wait for other writers' commits."""
    wanted = list(dict.fromkeys(changes))
    if not wanted:
        return
    now_ms = int(time.time() * 1000) if at_ms is None else at_ms
    lock_until_commit(CHANGES_LOCK)
    execute_many(
        "INSERT INTO ingest_change (kind, node, at_ms) VALUES (%s, %s, %s)",
        [(kind, node, now_ms) for kind, node in wanted],
    )


def record_change(kind: str, node: str = "", at_ms: int | None = None) -> None:
    """Append one change."""
    record_changes([(kind, node)], at_ms)


def newest_change() -> int:
    """The id of the newest change, 0 when there is none."""
    return int(select("SELECT COALESCE(MAX(id), 0) FROM ingest_change")[0][0])


def prune_changes() -> int:
    """Forget all but the newest rows; returns how many went."""
    return execute("DELETE FROM ingest_change WHERE id <= %s", (newest_change() - KEEP,))
