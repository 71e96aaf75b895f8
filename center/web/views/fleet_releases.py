"""Releases on a page: which there are, how many boxes run each, and which boxes change, or went back."""

from pathlib import Path
from typing import Final

from django.conf import settings
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from center.accounts.reach import whole_city
from center.fleet import shelf
from center.fleet.models import NodeRelease
from center.web import operation_nodes
from center.web.operation_asking import may_order

SEE: Final = "fleet.view_release"
ORDER: Final = {"fetching": 0, "built": 0, "trying": 0, "rolled_back": 1, "refused": 1}

TELLING: Final = frozenset({"crashes", "cameras", "room", "build", "storage", "floor", "downgrade", "python", "arch"})
"""Codes whose detail says more than their words."""


@require_safe
@never_cache
@login_required
@permission_required(SEE, raise_exception=True)
@whole_city
def release_list(request: HttpRequest) -> HttpResponse:
    """The shelf, and the boxes that are not done with an update; those that change first."""
    said = sorted(NodeRelease.objects.filter(state__in=ORDER), key=lambda one: (ORDER[one.state], -one.at_ms))
    names = operation_nodes.names_of([one.node for one in said])
    context = {
        "releases": shelf.rows(Path(settings.DATA_DIR)),
        "boxes": [(one, names[one.node] or one.node) for one in said],
        "trusted": shelf.public_key_file(Path(settings.DATA_DIR)).exists(),
        "telling": TELLING,
        "may": may_order(request.user, "update"),
    }
    return render(request, "web/fleet_releases.html", context)
