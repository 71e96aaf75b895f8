"""Pictures of cameras, for whoever may see them. The path comes from our own row, never from the address."""

from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from center.cctv.models import Snapshot

MAX_PICTURE_BYTES = 1024 * 1024


@require_safe
@login_required
@permission_required("cctv.view_snapshot", raise_exception=True)
def picture(request: HttpRequest, picture_id: int) -> HttpResponse:
    """One JPEG, not kept by any cache; 404 also when its file has gone or lies outside the data directory."""
    row = get_object_or_404(Snapshot, pk=picture_id)
    root = Path(settings.DATA_DIR).resolve()
    path = (root / row.path).resolve()
    if not path.is_relative_to(root):
        raise Http404
    try:
        with path.open("rb") as file:
            content = file.read(MAX_PICTURE_BYTES)
    except OSError as error:
        raise Http404 from error
    return HttpResponse(
        content,
        content_type="image/jpeg",
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Content-Disposition": "inline"},
    )
