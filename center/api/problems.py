"""Every error of the interface as application/problem+json (RFC 9457): status, title, what to do, and where.

The interface's own errors are written here; whatever else answers below /api/ (an address nobody knows, a method, a
missing token of a form, a fault of ours) is turned into the same on its way out. No value somebody sent is repeated.
"""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, set_response_etag

BELOW = "/api/"
CONTENT_TYPE = "application/problem+json"
ERRORS_SHOWN = 20
ADVICE = {
    400: "The request was not understood.",
    401: "Sign in, or send a token as: Authorization: Bearer sandi_...",
    403: "This account or token may not see that.",
    404: "There is nothing at this address, or nothing you may see.",
    405: "Nothing is written at this address: use GET.",
    422: "A parameter has a value that is not possible; see errors.",
    429: "Too many requests; wait as many seconds as Retry-After says.",
    500: "The fault is ours and has been written to the log. Try again in a minute.",
    501: "This address is served by the ASGI server only.",
    503: "The database cannot be read just now. Try again in a minute.",
}


def problem(
    request: HttpRequest, status: int, detail: str = "", headers: Mapping[str, str] | None = None, **more: Any
) -> HttpResponse:
    """An answer that says what is wrong and what to do."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or ADVICE.get(status, ""),
        "instance": request.path,
        **more,
    }
    answer = HttpResponse(json.dumps(body), content_type=CONTENT_TYPE, status=status)
    answer.headers["Cache-Control"] = "no-store"
    if status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="sandi"'
    for name, value in (headers or {}).items():
        answer.headers[name] = value
    return answer


def of_the_interface(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: below /api/ errors are problems, and what has not changed since the reader's last visit is 304."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not request.path.startswith(BELOW):
            return response
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            if response.headers.get("Content-Type") == CONTENT_TYPE:
                return response
            kept = {name: response.headers[name] for name in ("Allow", "Retry-After") if name in response.headers}
            return problem(request, response.status_code, headers=kept)
        if request.method in {"GET", "HEAD"} and not response.streaming:
            response.headers.setdefault("Cache-Control", "private, no-cache")
            response.headers.setdefault("Vary", "Authorization, Cookie")
            set_response_etag(response)
            return get_conditional_response(request, etag=response.headers["ETag"], response=response) or response
        return response

    return middleware


def wrong_values(errors: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Which parameters were wrong and how, without the values."""
    return [
        {"where": ".".join(str(part) for part in error.get("loc", ())), "what": str(error.get("msg", ""))}
        for error in errors[:ERRORS_SHOWN]
    ]
