"""The API itself. Session sign-in; without it 401 as JSON. Its description is at /api/v1/openapi.json.

No documentation page is served: the usual one loads its script from elsewhere.
"""

from typing import Any

from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.security import SessionAuth

from center.api.complaints import router as complaints_router
from center.api.integrity import router as integrity_router
from center.api.nodes import router as nodes_router
from center.api.session import router as session_router


class SignedIn(SessionAuth):
    """Whoever is signed in; the single operations ask for more. Writing operations would need the CSRF token."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        user = request.user
        return user if user.is_authenticated and user.is_active else None


api = NinjaAPI(
    title="Sandi",
    version="1",
    description="State of the network nodes of the city, and counts of complaints. Read only.",
    auth=SignedIn(),
    docs_url=None,
    urls_namespace="api",
)
api.add_router("/session", session_router)
api.add_router("/nodes", nodes_router)
api.add_router("/integrity", integrity_router)
api.add_router("/complaints", complaints_router)
