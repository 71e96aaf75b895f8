"""What an earlier version of the centre could not make use of is read once more after an update.

The projection lists what it passed over. A fingerprint of everything this version can read stands in `ingest_cursor`;
when it is another than the one noted there, the list is gone through once, in small steps beside new records. What can
be projected now is, and leaves the list; the rest waits for the next version. A stop begins it anew: nothing is done
twice by that, because what was projected is no longer in the list.
"""

import hashlib
import json
from pathlib import Path

import msgspec

from center.ingest.changes import record_changes
from center.ingest.database import execute, select, writing
from center.worker.audit import Auditor
from center.worker.projection import COLUMNS, project_record
from center.worker.projectors import PROJECTORS
from center.worker.records import Page, StoredRecord
from center.worker.trouble import in_halves
from wire.attachment import AttachmentRecord
from wire.bodies import BODIES
from wire.errors import WireError
from wire.snapshot import SnapshotRecord

FINGERPRINT = "kinds"
"""Name of the row whose position is the fingerprint of the version that went through the list last."""
STEP_RECORDS = 50
_CARRIED = (SnapshotRecord, AttachmentRecord)


def fingerprint() -> int:
    """A number below 2^56 that changes with any kind, projector or schema."""
    structs = [*_CARRIED, *(struct for table in BODIES.values() for struct in table.values())]
    readable = [sorted((*key, place) for key, place in PROJECTORS.items()), msgspec.json.schema_components(structs)]
    text = json.dumps(readable, sort_keys=True)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest())


class SecondReading:
    """One worker's way through the list; `step` is called until it returns False."""

    def __init__(self, data_dir: Path, auditor: Auditor | None = None) -> None:
        self._data_dir = data_dir
        self._auditor = auditor
        self._after = 0
        self._version = 0
        self._done = False

    def step(self) -> bool:
        """Read some more of the list; False when there is nothing left to do.

        Raises:
            TROUBLE: nothing was written; call again.
        """
        if self._done:
            return False
        if not self._version:
            self._version = fingerprint()
            noted = select("SELECT position FROM ingest_cursor WHERE name = %s", (FINGERPRINT,))
            self._done = bool(noted) and noted[0][0] == self._version
        elif not in_halves(STEP_RECORDS, self._read, lambda _error: self._read(1, give_up=True)):
            execute(
                "INSERT INTO ingest_cursor (name, position) VALUES (%s, %s) "
                "ON CONFLICT (name) DO UPDATE SET position = excluded.position",
                (FINGERPRINT, self._version),
            )
            self._done = True
        return not self._done

    def _read(self, size: int, *, give_up: bool = False) -> int:
        """Go through the next of the list in one transaction; how many they were. `give_up`: go past them unread."""
        with writing():
            columns = ", ".join(f"r.{name}" for name in COLUMNS.split(", "))
            rows = select(
                f"SELECT {columns} FROM connectivity_passedover p JOIN ingest_rawrecord r ON r.id = p.record_id "  # noqa: S608
                "WHERE p.record_id > %s ORDER BY p.record_id LIMIT %s",
                (self._after, size),
            )
            page = Page(self._data_dir)
            for values in rows if not give_up else ():
                record = StoredRecord(*values)
                if _readable(record, page):
                    execute("DELETE FROM connectivity_passedover WHERE record_id = %s", (record.id,))
            page.finish()
            record_changes(page.changes)
        if rows:
            self._after = rows[-1][0]
        if self._auditor is not None:
            self._auditor.mark(page.to_audit)
        return len(rows)


def _readable(record: StoredRecord, page: Page) -> bool:
    """Project the record if this version can; a body that still does not fit has touched nothing."""
    try:
        return project_record(record, page)
    except (WireError, msgspec.ValidationError):
        return False
