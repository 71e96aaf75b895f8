"""Pictures of cameras, for whoever may see them. The path comes from our own row, never from the address."""

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from center.accounts import audit, reach
from center.cctv.models import Snapshot
from center.cctv.serving import picture_answer


@require_safe
@login_required
@permission_required("cctv.view_snapshot", raise_exception=True)
def picture(request: HttpRequest, picture_id: int) -> HttpResponse:
    """One JPEG, not kept by any cache, and the look is noted; 404 also when its file has gone or lies outside the data
    directory."""
    row = get_object_or_404(reach.of_nodes(Snapshot.objects.all(), request.user), pk=picture_id)
    answer = picture_answer(row)
    audit.look(request, "picture", f"{row.node}/{row.camera}")
    return answer
