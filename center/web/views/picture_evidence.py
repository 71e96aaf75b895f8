"""Taking the pictures of a camera along as evidence: one ZIP file with its proofs, and an entry in the audit log."""

import contextlib
import errno
import tempfile
from collections.abc import AsyncGenerator, Iterator
from datetime import datetime
from io import BufferedRandom
from pathlib import Path
from typing import Final, cast
from zoneinfo import ZoneInfo

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.decorators import login_required, permission_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from center.accounts import audit, reach
from center.cctv.pack.build import Packed, Span, check_room, no_room, write_pack
from center.errors import CenterError
from center.reports.keys import ReportKey, load_key
from center.sites.models import Node
from center.web.live import now_ms
from center.web.views.cameras import SEE_PICTURES

EXPORT = "cctv.export_snapshot"
FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class SpanError(CenterError):
    """What was typed is no span of time."""


class PackAnswer(FileResponse):
    """A file that leaves piece by piece. Of a plain FileResponse an asynchronous server reads everything into memory
    before it sends the first byte, and a pack may have hundreds of megabytes."""

    block_size = 65_536

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        pieces = cast("Iterator[bytes]", self.streaming_content)
        next_piece = sync_to_async(lambda: next(pieces, b""), thread_sensitive=False)
        while piece := await next_piece():
            yield piece


@require_POST
@never_cache
@login_required
@permission_required(SEE_PICTURES, raise_exception=True)
@permission_required(EXPORT, raise_exception=True)
def picture_evidence(request: HttpRequest) -> HttpResponseBase:
    """The pack of `node`, `camera`, `from` and `to` (local, as a browser writes them); 400 says what does not fit."""
    nodes = reach.of_nodes(Node.objects.select_related("site"), request.user, "id")
    node = get_object_or_404(nodes, pk=request.POST.get("node", "")[:64])
    camera = request.POST.get("camera", "")[:64]
    file = tempfile.TemporaryFile(dir=settings.WORK_DIR or settings.DATA_DIR)  # noqa: SIM115 - the answer closes it
    try:
        first, last = _typed(request.POST.get("from", "")), _typed(request.POST.get("to", ""))
        key = load_key(settings.DATA_DIR)
        span = Span(node.id, camera, first, last)
        check_room(Path(settings.DATA_DIR), span, settings.CENTER.retention.disk_free_pct)
        packed = _packed(file, span, key)
    except CenterError as error:
        _give_up(file)
        return _refused(request, node, camera, error)
    except BaseException:
        _give_up(file)
        raise
    audit.note(request, "picture-export", f"{node.id}/{camera}", f"{first} {last} {packed.pictures} {packed.sha256}")
    file.seek(0)
    name = f"bukti-{node.id}-{''.join(one if one.isalnum() else '-' for one in camera)}-{first // 1000}.zip"
    return PackAnswer(file, as_attachment=True, filename=name, content_type="application/zip")


def _packed(file: BufferedRandom, span: Span, key: ReportKey) -> Packed:
    try:
        return write_pack(file, Path(settings.DATA_DIR), span, key, now_ms())
    except OSError as error:  # others write too, also while this is being packed
        if error.errno not in FULL:
            raise
        raise no_room() from error


def _give_up(file: BufferedRandom) -> None:
    with contextlib.suppress(OSError):  # on a full disk what is still to be written fails once more
        file.close()


def _refused(request: HttpRequest, node: Node, camera: str, error: CenterError) -> HttpResponse:
    context = {"title": _("Nothing was exported"), "text": error.text(get_language() or "id"), "node": node}
    return render(request, "web/picture_refused.html", {**context, "camera": camera}, status=400)


def _typed(text: str) -> int:
    try:
        local = datetime.fromisoformat(text[:32])
        zone = ZoneInfo(settings.TIME_ZONE)
        return int((local if local.tzinfo else local.replace(tzinfo=zone)).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise SpanError("choose a day and an hour for both ends", "pilih hari dan jam untuk awal dan akhir") from error
