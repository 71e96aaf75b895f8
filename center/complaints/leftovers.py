"""Sealed photographs' files that no row names: of repeats that were not stored, and of deliveries that were cut off.

The same picture offered again in a new epoch comes as another file, and its row is refused as a repeat. A file is taken
away only when nothing can still make a row of it: it is older than a day, no row names it, and it is not that of a
record which waits to be projected or which this version could not read.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from center.complaints.models import Attachment
from center.ingest import blobs
from center.ingest.database import select
from center.ingest.decode import ATTACHMENT_FILES, blob_path
from center.worker.projection import CURSOR

OLD_S = 86_400.0
_WAITING = """
SELECT r.node, r.hash FROM ingest_rawrecord r WHERE r.stream = 'attachment' AND (
  r.id > (SELECT COALESCE(MAX(position), 0) FROM ingest_cursor WHERE name = %s)
  OR EXISTS (SELECT 1 FROM connectivity_passedover p WHERE p.record_id = r.id))
"""


def remove_leftovers(data_dir: Path) -> int:
    """Take such files below `data_dir` away; how many.

    Raises:
        OSError: one cannot be removed.
    """
    found = list(_leftover_files(data_dir))
    wanted = {blob_path("attachment", node, digest) for node, digest in select(_WAITING, (CURSOR,))} if found else set()
    gone = [path for path in found if path not in wanted]
    for path in gone:
        blobs.remove(data_dir, path)
    return len(gone)


def _leftover_files(data_dir: Path) -> Iterator[PurePosixPath]:
    before_s = time.time() - OLD_S
    for folder, _folders, names in os.walk(data_dir / ATTACHMENT_FILES):
        paths = [str((Path(folder) / name).relative_to(data_dir)) for name in names]
        named = set(Attachment.objects.filter(path__in=paths).values_list("path", flat=True))
        for path in paths:
            if path not in named and (data_dir / path).stat().st_mtime < before_s:
                yield PurePosixPath(path)
