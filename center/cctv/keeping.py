"""How long pictures are kept, and what goes when room is short; each that goes leaves a line in the deletion log.

1. A picture goes when the days of its camera, else of its purpose, else of all are over. They are counted from when it
   was taken, as far as that is known; from when it arrived, where the clock was not.
2. When all pictures together are over their limit, or the disk is short, the oldest arrivals go before their time. The
   newest of each camera stays: a wall without pictures would help nobody.
3. The file goes first, then its row, its share of the account and its line in the log in one transaction: a stop in
   between leaves a row without its file for the next pass, and never a file for ever.

Whether to keep one for a court is decided by exporting it (`center.cctv.pack`): a copy with its proofs, which is
kept under the recipient's rules. Nothing here is kept longer because somebody may need it.
"""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from center.cctv.account import forget_before, held_bytes, note_deleted
from center.config import RetentionConfig
from center.core.days import day_of
from center.ingest import blobs
from center.ingest.changes import record_changes
from center.ingest.database import execute, execute_many, select, writing
from center.ingest.decode import PICTURE_FILES, day_folder

LOOKED_AT: Final = 1000
"""Rows read in one step of a pass: some 3 ms."""
STEP_PICTURES: Final = 100
"""Pictures deleted in one step, each a file and three rows."""
DAY_MS: Final = 86_400_000
ACCOUNT_DAYS: Final = 60
"""Days the account remembers at least, for its forecast."""
_COLUMNS = "id, node, camera, purpose, path, received_ms, at_ms, at_quality, size_bytes"
_LOG = (
    "INSERT INTO cctv_deletion (node, epoch, seq, camera, purpose, at_ms, at_quality, size_bytes, sha256, "
    "previous_sha256, evicted, evicted_more, deleted_ms, why) "
    "SELECT node, epoch, seq, camera, purpose, at_ms, at_quality, size_bytes, sha256, previous_sha256, evicted, "
    "evicted_more, %s, %s FROM cctv_snapshot WHERE id = %s ON CONFLICT (node, epoch, seq) DO NOTHING"
)
_OLDEST = f"""
SELECT {_COLUMNS} FROM cctv_snapshot s WHERE EXISTS
  (SELECT 1 FROM cctv_snapshot n WHERE n.node = s.node AND n.camera = s.camera
    AND (n.at_ms > s.at_ms OR (n.at_ms = s.at_ms AND n.id > s.id)))
ORDER BY id LIMIT %s
"""  # noqa: S608 - our own words


class _Row(NamedTuple):
    id: int
    node: str
    camera: str
    purpose: str
    path: str
    received_ms: int
    at_ms: int
    at_quality: str
    size_bytes: int

    @property
    def taken_ms(self) -> int:
        """When it was taken, as far as that is known; never later than it arrived."""
        return self.received_ms if self.at_quality == "bounded" else min(self.at_ms, self.received_ms)


class Pictures:
    """Deletes pictures by the rules of the configuration; every way is in small steps between other work."""

    def __init__(self, data_dir: Path, keep: RetentionConfig) -> None:
        self._data_dir = data_dir
        self._keep = keep
        self._rules = {name: int(days) for name, _, days in (rule.rpartition("=") for rule in keep.picture_rules)}

    def days_of(self, node: str, camera: str, purpose: str) -> int:
        """For how many days the pictures of a camera are kept; 0: for good."""
        return self._rules.get(f"{node}/{camera}", self._rules.get(purpose, self._keep.picture_days))

    def pass_(self, now_ms: int) -> Iterator[None]:
        """Go through all pictures once and delete those whose time is over.

        Raises:
            django.db.Error, OSError: what is left is seen to in the next pass.
        """
        after = 0
        while rows := self._read(f"WHERE id > {after} ORDER BY id LIMIT %s", (LOOKED_AT,)):
            over = [row for row in rows if self._is_over(row, now_ms)]
            for start in range(0, len(over), STEP_PICTURES):
                self.delete(over[start : start + STEP_PICTURES], "age", now_ms)
                yield
            after = rows[-1].id
            yield
        with writing():
            forget_before(day_of(now_ms - ACCOUNT_DAYS * DAY_MS))

    def make_room(self, now_ms: int) -> bool:
        """Delete some of the oldest when there is too little room; whether more may have to go.

        Raises:
            django.db.Error, OSError: nothing is lost; call again.
        """
        why = self._short()
        if not why:
            return False
        rows = [_Row(*row) for row in select(_OLDEST, (STEP_PICTURES,))]
        self.delete(rows, why, now_ms)
        return bool(rows)

    def delete(self, rows: Sequence[_Row], why: str, now_ms: int) -> None:
        """Delete these pictures and write down that they were."""
        if not rows:
            return
        for row in rows:
            blobs.remove(self._data_dir, PurePosixPath(row.path))
        with writing():
            execute_many(_LOG, [(now_ms, why, row.id) for row in rows])
            gone = [row for row in rows if execute("DELETE FROM cctv_snapshot WHERE id = %s", (row.id,)) == 1]
            note_deleted([(row.node, row.camera, row.received_ms, row.size_bytes) for row in gone])
            record_changes([("snapshot", node) for node in sorted({row.node for row in gone})])
        self._tidy_folders({PurePosixPath(row.path).parent for row in rows}, now_ms)

    def _is_over(self, row: _Row, now_ms: int) -> bool:
        days = self.days_of(row.node, row.camera, row.purpose)
        return days > 0 and row.taken_ms < now_ms - days * DAY_MS

    def _short(self) -> str:
        """Which room is short: "limit", "disk" or "" for none."""
        limit = self._keep.pictures_gb * 1_000_000_000
        if limit and held_bytes() > limit:
            return "limit"
        usage = shutil.disk_usage(self._data_dir)
        return "disk" if usage.free * 100 < usage.total * self._keep.disk_free_pct else ""

    def _read(self, where: str, values: tuple[object, ...]) -> list[_Row]:
        return [_Row(*row) for row in select(f"SELECT {_COLUMNS} FROM cctv_snapshot {where}", values)]  # noqa: S608

    def _tidy_folders(self, folders: set[PurePosixPath], now_ms: int) -> None:
        """Take away folders of days that are empty now; of yesterday and today ingest may be using them."""
        fresh = {f"{PICTURE_FILES}/{day_folder(now_ms - ago_ms)}" for ago_ms in (-DAY_MS, 0, DAY_MS)}
        for folder in folders:
            for place in (folder, *folder.parents):
                if len(place.parts) < 2 or place.parts[0] != PICTURE_FILES or "undated" in place.parts:
                    break
                if any(f"{one}/".startswith(f"{place}/") or f"{place}/".startswith(f"{one}/") for one in fresh):
                    break
                try:
                    (self._data_dir / place).rmdir()
                except OSError:
                    break
