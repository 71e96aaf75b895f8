"""Who may open the wall: people who see the whole city, and screens that were entered with a token."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from center.accounts.reach import whole_city
from center.wall.displays import COOKIE, COOKIE_AGE_S, display_of
from center.wall.models import Display

View = Callable[..., HttpResponse]
PERMISSION = "connectivity.view_nodestate"


def for_screens(*kinds: str, permission: str = PERMISSION) -> Callable[[View], View]:
    """A page for accounts with `permission` over the whole city and for screens of `kinds`.

    The view finds the screen, or None for a person, as `screen_of(request)`. A screen that was revoked, or asks from
    outside its range, is sent to the door; one of the other kind to its own page.
    """

    def around(view: View) -> View:
        by_account = login_required(permission_required(permission, raise_exception=True)(whole_city(view)))

        @wraps(view)
        def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated or COOKIE not in request.COOKIES:
                return by_account(request, *args, **kwargs)
            display = display_of(request.COOKIES[COOKIE], request.META.get("REMOTE_ADDR", ""))
            if display is None:
                return redirect("wall-enter")
            if display.kind not in kinds:
                return redirect("videotron" if display.kind == "videotron" else "wall")
            request.display = display  # type: ignore[attr-defined]
            request.audit_name = f"display:{display.name}"  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        return asked

    return around


def screen_of(request: HttpRequest) -> Display | None:
    """The screen that asks; None: a person."""
    return getattr(request, "display", None)


def keep_cookie(response: HttpResponse, value: str) -> None:
    """Give the browser its cookie: unreadable for scripts, and never sent along from another site."""
    response.set_cookie(
        COOKIE, value, max_age=COOKIE_AGE_S, httponly=True, samesite="Strict", secure=settings.SESSION_COOKIE_SECURE
    )


def not_let_in(*, screen: bool) -> str:
    """What an open page says when it is not served any more."""
    return _("This screen may not be open any more.") if screen else _("The session has ended. Please sign in again.")
