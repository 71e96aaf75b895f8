"""Which operations changed of late, for pages that follow one: a section of the live state, read from the changes."""

from typing import Any, Final

from center.web.change_reader import ChangeReader

KIND: Final = "operation"
KEPT: Final = 50
"""Operations that changed last. A page whose operation is not among them has nothing new to show."""
NEWEST = "SELECT max(id) FROM ingest_change"
SINCE = "SELECT id, kind, node FROM ingest_change WHERE id > ? ORDER BY id"


def changed_operations(reader: ChangeReader, kept: dict[str, Any]) -> dict[str, int]:
    """Operation id -> number of its newest change since this process began to read; the newest last."""
    found: dict[str, int] = dict(kept.get("operations", {}))
    if "operations_at" not in kept:
        kept["operations_at"] = int(reader.query(NEWEST)[0][0] or 0)
        return found
    for number, kind, subject in reader.query(SINCE, (kept["operations_at"],)):
        kept["operations_at"] = number
        if kind == KIND:
            found.pop(subject, None)
            found[subject] = number
    kept["operations"] = dict(list(found.items())[-KEPT:])
    return dict(kept["operations"])
