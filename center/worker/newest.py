"""One row per node with the newest of what it says about one thing."""

from collections.abc import Mapping

from center.ingest.database import execute
from center.worker.records import StoredRecord


def keep_newest(
    table: str,
    record: StoredRecord,
    at_ms: int,
    values: Mapping[str, object],
    fresh: Mapping[str, object] | None = None,
) -> bool:
    """Write the row of the record's node unless it says something newer already; whether it was written.

    Within an epoch the node's own numbers decide, between epochs what arrived last. `fresh`: columns that the node says
    nothing of, for a row that is not there yet.
    """
    named = {**values, "epoch": record.epoch, "seq": record.seq, "record_id": record.id, "at_ms": at_ms}
    row = {"node": record.node, **named, **(fresh or {})}
    plain = [value.replace("\x00", " ") if isinstance(value, str) else value for value in row.values()]
    sql = f"""
        INSERT INTO {table} ({", ".join(row)}) VALUES ({", ".join(["%s"] * len(row))})
        ON CONFLICT (node) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in named)}
        WHERE ({table}.epoch = excluded.epoch AND {table}.seq < excluded.seq)
           OR ({table}.epoch <> excluded.epoch AND {table}.record_id < excluded.record_id)
    """  # noqa: S608 - names of our own
    return execute(sql, plain) == 1
