"""A stored picture as bytes, and as an answer: its file read safely, kept by no cache. Who may look is the caller's."""

from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpResponse

from center.cctv.models import Snapshot

MAX_PICTURE_BYTES = 1024 * 1024
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Content-Disposition": "inline"}


def read_file(data_dir: Path, row: Snapshot) -> bytes:
    """The file of the row. OSError when it has gone, or its path leads out of the data directory."""
    root = data_dir.resolve()
    path = (root / row.path).resolve()
    if not path.is_relative_to(root):
        raise PermissionError(f"{row.path} lies outside the data directory")
    with path.open("rb") as file:
        return file.read(MAX_PICTURE_BYTES)


def picture_answer(row: Snapshot) -> HttpResponse:
    """The JPEG of the row; 404 when its file has gone, or its path leads out of the data directory."""
    try:
        content = read_file(Path(settings.DATA_DIR), row)
    except OSError as error:
        raise Http404 from error
    return HttpResponse(content, content_type="image/jpeg", headers=_HEADERS)
