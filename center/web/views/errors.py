"""Error pages that say what happened, what it means and what to do; nothing in them needs the database."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _


def _page(request: HttpRequest, status: int, title: str, advice: str) -> HttpResponse:
    context = {"status": status, "title": title, "advice": advice, "path": request.path}
    return HttpResponse(render_to_string("web/error.html", context), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return _page(request, 400, _("The request was not understood"), _("Go back and try again."))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    advice = _("Your account may not see this page. Ask an administrator for the role you need.")
    return _page(request, 403, _("Not allowed"), advice)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    advice = _("Check the address, or choose from the list of nodes.")
    return _page(request, 404, _("There is no such page"), advice)


def server_error(request: HttpRequest) -> HttpResponse:
    """500."""
    advice = _("The fault is ours and has been written to the log. Try again in a minute; if it stays, call the team.")
    return _page(request, 500, _("The centre made a mistake"), advice)


def expired_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 of a form whose token has expired."""
    advice = _("The form was open for too long or in another window. Go back, load the page again and repeat.")
    return _page(request, 403, _("This form has expired"), advice)


def not_served_here(request: HttpRequest) -> HttpResponse:
    """The live stream needs the ASGI server; a plain WSGI server cannot hold it open."""
    return HttpResponse(status=501)
