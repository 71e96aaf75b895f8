"""The API itself: signed-in accounts and programs with a token. Its description is at /api/v1/openapi.json, for both.

No documentation page is served: the usual one loads its script from elsewhere.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from center.api.availability import router as availability_router
from center.api.complaints import router as complaints_router
from center.api.incidents import router as incidents_router
from center.api.integrity import router as integrity_router
from center.api.nodes import router as nodes_router
from center.api.operations import router as operations_router
from center.api.outages import router as outages_router
from center.api.permission import SignedIn, Token, TooManyRequestsError
from center.api.problems import problem, wrong_values
from center.api.public_sites import router as public_sites_router
from center.api.reports import router as reports_router
from center.api.session import router as session_router
from center.api.sites import router as sites_router
from center.api.state import router as state_router
from center.api.upstreams import router as upstreams_router
from center.api.valid_json import ValidJson

DESCRIPTION: Final = """State, outages, availability and incidents of the city's network nodes, its sites, and counts of
complaints. Read only, but for ordering commands that look at a box; times are milliseconds since 1970 unless said
otherwise.

Lists come in pages: `items`, and `next`, to be sent as `cursor` for what follows (null: that was all). They carry an
ETag; If-None-Match answers 304 while nothing has changed. Errors are application/problem+json (RFC 9457).

The live state is a stream of server-sent events at /api/v1/live: `state` once, `change` with what differs, `beat` every
5 s; Last-Event-ID goes on where it broke off. Changes of incidents can also be sent to you: a webhook, signed with
HMAC-SHA256 (docs/api.md)."""


def for_the_admitted(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The description is no operation: nobody asks for its sign-in, nor how it is asked for, unless this does."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return problem(request, 405, headers={"Allow": "GET, HEAD"})
        try:
            admitted = any(way(request) for way in WAYS_IN)
        except HttpError as error:
            return problem(request, error.status_code, str(error))
        except TooManyRequestsError as error:
            return _too_many(request, error)
        return view(request, *args, **kwargs) if admitted else problem(request, 401)

    return asked


WAYS_IN: Final = (Token(), SignedIn())
api = NinjaAPI(
    title="Sandi",
    version="1",
    description=DESCRIPTION,
    auth=list(WAYS_IN),
    renderer=ValidJson(),
    docs_url=None,
    docs_decorator=for_the_admitted,
    urls_namespace="api",
)
ROUTERS: Final = {
    "/session": session_router,
    "/state": state_router,
    "/nodes": nodes_router,
    "/outages": outages_router,
    "/availability": availability_router,
    "/incidents": incidents_router,
    "/operations": operations_router,
    "/sites": sites_router,
    "/upstreams": upstreams_router,
    "/reports": reports_router,
    "/integrity": integrity_router,
    "/complaints": complaints_router,
    "/public-sites": public_sites_router,
}
for _prefix, _router in ROUTERS.items():
    api.add_router(_prefix, _router)


@api.exception_handler(HttpError)
def _said(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(request, error.status_code, str(error))


@api.exception_handler(AuthenticationError)
def _not_signed_in(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    return problem(request, 401)


@api.exception_handler(Http404)
def _not_there(request: HttpRequest, _error: Http404) -> HttpResponse:
    return problem(request, 404)


@api.exception_handler(ValidationError)
def _wrong_values(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problem(request, 422, errors=wrong_values(error.errors))


@api.exception_handler(TooManyRequestsError)
def _too_many(request: HttpRequest, error: TooManyRequestsError) -> HttpResponse:
    return problem(request, 429, headers={"Retry-After": str(error.wait_s)})
