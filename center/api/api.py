"""The API itself. Session sign-in; without it 401 as JSON. Its description is at /api/v1/openapi.json, for the same.

No documentation page is served: the usual one loads its script from elsewhere.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.security import SessionAuth

from center.api.complaints import router as complaints_router
from center.api.integrity import router as integrity_router
from center.api.nodes import router as nodes_router
from center.api.public_sites import router as public_sites_router
from center.api.session import router as session_router
from center.api.valid_json import ValidJson


class SignedIn(SessionAuth):
    """Whoever is signed in; the single operations ask for more. Writing operations would need the CSRF token."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        user = request.user
        return user if user.is_authenticated and user.is_active else None


def for_the_signed_in(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The description is no operation: nobody asks for its sign-in unless this does."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not (request.user.is_authenticated and request.user.is_active):
            return JsonResponse({"detail": "Unauthorized"}, status=401)
        return view(request, *args, **kwargs)

    return asked


api = NinjaAPI(
    title="Sandi",
    version="1",
    description="State of the network nodes of the city, and counts of complaints. Read only.",
    auth=SignedIn(),
    renderer=ValidJson(),
    docs_url=None,
    docs_decorator=for_the_signed_in,
    urls_namespace="api",
)
api.add_router("/session", session_router)
api.add_router("/nodes", nodes_router)
api.add_router("/integrity", integrity_router)
api.add_router("/complaints", complaints_router)
api.add_router("/public-sites", public_sites_router)
