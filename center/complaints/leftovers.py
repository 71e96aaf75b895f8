"""Sealed photographs' files that no row names: of repeats that were not stored, and of deliveries that were cut off.

The same picture offered again in a new epoch comes as another file, and its row is refused as a repeat. A file is taken
away only when nothing can still make a row of it: it is older than a day, no row names it, and no raw record that was
not projected yet can.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from center.complaints.models import Attachment
from center.ingest import blobs
from center.ingest.database import select
from center.ingest.decode import ATTACHMENT_FILES
from center.worker.projection import CURSOR

OLD_S = 86_400.0
_WAITING = (
    "SELECT COUNT(*) FROM ingest_rawrecord WHERE stream = 'attachment' "
    "AND id > (SELECT COALESCE(MAX(position), 0) FROM ingest_cursor WHERE name = %s)"
)
_PASSED_OVER = "SELECT COUNT(*) FROM connectivity_passedover WHERE stream = 'attachment'"


def leftover_files(data_dir: Path) -> Iterator[PurePosixPath]:
    """Files below `data_dir` that nothing names any more, relative to it."""
    before_s = time.time() - OLD_S
    for folder, _folders, names in os.walk(data_dir / ATTACHMENT_FILES):
        paths = [str((Path(folder) / name).relative_to(data_dir)) for name in names]
        named = set(Attachment.objects.filter(path__in=paths).values_list("path", flat=True))
        for path in paths:
            if path not in named and (data_dir / path).stat().st_mtime < before_s:
                yield PurePosixPath(path)


def remove_leftovers(data_dir: Path) -> int:
    """Take them away, unless records wait from which rows may still be made; how many.

    Raises:
        OSError: one cannot be removed.
    """
    if select(_WAITING, (CURSOR,))[0][0] or select(_PASSED_OVER)[0][0]:
        return 0
    removed = 0
    for path in leftover_files(data_dir):
        blobs.remove(data_dir, path)
        removed += 1
    return removed
