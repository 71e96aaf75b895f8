"""What no text of ours holds is no question either: a NUL in an address, which one of the two databases dies of."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from center.web.views.errors import bad_request


def no_nul(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: 400 for an address with a NUL in its path or query, whatever stands there."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return bad_request(request, ValueError("NUL"))
        return get_response(request)

    return middleware
