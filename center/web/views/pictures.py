"""Pictures of cameras, for whoever may see them. The path comes from our own row, never from the address."""

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from center.accounts import audit, reach
from center.cctv.models import Snapshot
from center.cctv.serving import picture_answer
from center.web.templatetags.sandi import iso

NEWEST = 3
"""Of each camera the newest, and those that were it a moment ago, are a look at what is: one entry in ten minutes."""


@require_safe
@login_required
@permission_required("cctv.view_snapshot", raise_exception=True)
def picture(request: HttpRequest, picture_id: int) -> HttpResponse:
    """One JPEG, not kept by any cache; 404 also when its file has gone or lies outside the data directory.

    The look is noted. A page that renews the newest picture is one entry each ten minutes; whoever looks at what was
    leaves one for every picture, with the moment it was taken.
    """
    row = get_object_or_404(reach.of_nodes(Snapshot.objects.all(), request.user), pk=picture_id)
    answer = picture_answer(row)
    later = Snapshot.objects.filter(node=row.node, camera=row.camera, at_ms__gt=row.at_ms)
    is_past = later[:NEWEST].count() >= NEWEST
    taken = f" {iso(row.at_ms - row.age_ms)} #{row.seq}" if is_past else ""
    audit.look(request, "picture", f"{row.node}/{row.camera}{taken}")
    return answer
