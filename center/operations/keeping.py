"""Forgetting operations from afar when they have been kept for as long as they were to be."""

from center.core.rollout import OVER
from center.ingest.database import execute, select, write

_OLDEST = f"""
SELECT id FROM operations_operation WHERE made_ms < %s AND state IN ({", ".join(["%s"] * len(OVER))})
ORDER BY made_ms LIMIT 1
"""  # noqa: S608
_OF = "(SELECT id FROM operations_operationtarget WHERE operation_id = %s)"
_DELETES = (
    f"DELETE FROM operations_operationoutput WHERE target_id IN {_OF}",  # noqa: S608
    f"DELETE FROM operations_downlink WHERE id IN {_OF}",  # noqa: S608
    "DELETE FROM operations_operationtarget WHERE operation_id = %s",
    "DELETE FROM operations_operation WHERE id = %s",
)


def forget_operation(before_ms: int) -> bool:
    """Forget the oldest operation that is over and was made before then, with its nodes, messages and output; whether
    there was one. Own transaction."""
    rows = select(_OLDEST, (before_ms, *sorted(OVER)))
    if rows:
        write(lambda: [execute(sql, rows[0]) for sql in _DELETES])
    return bool(rows)
