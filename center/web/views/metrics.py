"""GET /metrics: closed unless the account may see the nodes of the whole city, or a local program brings the token.

The token is what DATA/metrics_token holds; without that file no token opens it. Being on this machine is not enough:
a proxy in front makes every request come from here.
"""

import hmac
from ipaddress import ip_address
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from center.accounts.reach import nodes_of
from center.web.views.nodes import SEE_NODES

TOKEN_FILE = "metrics_token"  # noqa: S105 - the name of a file
LEAST_TOKEN = 16
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """The centre's numbers; 404 to whoever may not see them."""
    sees_all = request.user.has_perm(SEE_NODES) and nodes_of(request.user) is None
    if not (sees_all or _has_token(request)):
        return HttpResponse("not found\n", content_type="text/plain; charset=utf-8", status=404)
    from center.web.metrics import exposition  # most centres never ask: not loaded with every web process

    return HttpResponse(exposition(), content_type=CONTENT_TYPE)


def _has_token(request: HttpRequest) -> bool:
    scheme, _, brought = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not _is_local(request.META.get("REMOTE_ADDR", "")):
        return False
    try:
        token = (Path(settings.DATA_DIR) / TOKEN_FILE).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return False
    return len(token) >= LEAST_TOKEN and hmac.compare_digest(token.encode(), brought.strip().encode())


def _is_local(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
