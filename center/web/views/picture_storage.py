"""The page about what pictures take, and what of them was deleted when and why."""

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from center.accounts.reach import whole_city
from center.web.live import now_ms
from center.web.picture_storage import storage
from center.web.views.cameras import SEE_PICTURES


@require_safe
@never_cache
@login_required
@permission_required(SEE_PICTURES, raise_exception=True)
@whole_city
def picture_storage(request: HttpRequest) -> HttpResponse:
    """Held, limit, forecast; per camera and per day; the deletion log in sum."""
    return render(request, "web/picture_storage.html", storage(now_ms()))
