"""What every request passes: the second factor where one is owed, and the audit log for everything that writes."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from center.accounts import audit
from center.accounts.second_factor import device_of, owed

Answer = Callable[[HttpRequest], HttpResponse]
READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# Where somebody who still owes the second factor may go: to the pages that bring it, and out.
WAYS = frozenset({"/login/second/", "/account/second/", "/logout/", "/healthz"})
API = "/api/"


def second_factor(get_response: Answer) -> Answer:
    """Middleware: nobody who owes the second factor gets past the page that asks for it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        path = request.path
        open_to_all = path in WAYS or path.startswith(settings.STATIC_URL)
        if open_to_all or not request.user.is_authenticated or not owed(request.user, request.session):
            return get_response(request)
        if path.startswith(API):
            return JsonResponse({"detail": "the second factor has not been given; sign in again"}, status=401)
        has_one = device_of(request.user) is not None
        return redirect("second-factor" if has_one else "second-factor-setup")

    return middleware


def audited(get_response: Answer) -> Answer:
    """Middleware: each request that may write leaves one entry: who, which address of ours, for what, how it ended.

    Never a field of the form. Somebody who signs in has a name only afterwards, who signs out only before. What nobody
    known sends gets as many entries as show it, and no more; of a public page (`audit_quietly`) none, because who asks
    there is a citizen.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method in READING:
            return get_response(request)
        before = request.user.get_username()
        response = get_response(request)
        who = request.user.get_username() or before
        if not who and getattr(request, "audit_quietly", False):
            return response
        if who and not getattr(request, "audit_name", ""):
            request.audit_name = who  # type: ignore[attr-defined]
        match = request.resolver_match
        what = (match.view_name or match.route) if match else "nowhere"
        if audit.name_of(request) != audit.NOBODY or audit.nobody_is_heard(request, what):
            audit.note(request, what, _subject(match), f"{request.method} {response.status_code}")
        return response

    return middleware


def _subject(match: Any) -> str:
    return "" if match is None else " ".join(str(value) for value in match.kwargs.values())
