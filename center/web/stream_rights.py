"""Who may follow the live stream, as what, and the rows of the database this hangs on.

`admit` answers in full, as every page would: once when a stream opens, and again when something has changed. `facts`
asks for all open streams at once, in a fixed number of questions however many they are, what could have changed:
a session that ended, a password, a role, a reach, a second factor, a token or a screen that was revoked.
"""

import io
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.models import Session
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.db import DatabaseError, close_old_connections
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from center.accounts.models import ApiToken, User
from center.accounts.reach import sites_of
from center.accounts.second_factor import owed
from center.accounts.tokens import TokenError, program_of
from center.wall.displays import COOKIE, display_of
from center.wall.models import Display

PAGES_PATH = "/events"
PROGRAMS_PATH = "/api/v1/live"
LIVE_PERMISSION = "connectivity.view_nodestate"

Facts = tuple[str, ...]
"""What the database says of one holder; compared, never read."""


@dataclass(frozen=True, slots=True)
class Holder:
    """What a stream was opened with: a "session" by its key (and the account in it), a "token" by its name, or a
    "screen" by its number."""

    kind: str
    key: str
    account: int = 0


@dataclass(frozen=True, slots=True)
class Admission:
    """The status to refuse with, or 0; the sites whose cells may be seen, None: the whole state; and with what."""

    refusal: int
    sites: frozenset[str] | None = None
    holder: Holder | None = None


def admit(scope: dict[str, Any]) -> Admission:
    """Only GET, only our host names, only who is signed in (with the second factor, where one is due)."""
    if scope["method"] != "GET":
        return Admission(405)
    request = ASGIRequest(scope, io.BytesIO())
    try:
        request.get_host()
    except DisallowedHost:
        return Admission(400)
    try:
        if request.headers.get("Authorization"):
            return _admit_program(request)
        return _admit_person(request)
    except DatabaseError:
        return Admission(503)
    finally:
        close_old_connections()


def facts(holders: Collection[Holder]) -> dict[Holder, Facts]:
    """Of each holder what its right to look hangs on; () when it is there no more. Raises DatabaseError."""
    found: dict[Holder, Facts] = dict.fromkeys(holders, ())
    try:
        for kind, ask in _ASK.items():
            if some := [holder for holder in holders if holder.kind == kind]:
                found.update(ask(some))
    finally:
        close_old_connections()
    return found


def _of_sessions(holders: list[Holder]) -> Iterable[tuple[Holder, Facts]]:
    living = dict(
        Session.objects.filter(session_key__in={one.key for one in holders}, expire_date__gt=timezone.now())
        .values_list("session_key", "session_data")
    )  # fmt: skip
    accounts: dict[int, list[str]] = {one.account: [] for one in holders}
    for model, account, fields in _OF_ACCOUNTS:
        rows = model.objects.filter(**{f"{account}__in": list(accounts)}).values_list(account, *fields)
        for owner, *values in rows:
            accounts[owner].append(f"{model.__name__} {values}")
    return [(one, (living[one.key], *sorted(accounts[one.account]))) for one in holders if one.key in living]


def _of_tokens(holders: list[Holder]) -> Iterable[tuple[Holder, Facts]]:
    now_ms = int(timezone.now().timestamp() * 1000)
    rows = ApiToken.objects.filter(name__in={one.key for one in holders}).values_list(
        "name", "revoked_ms", "expires_ms", "level", "networks"
    )
    known = {
        name: (f"{(revoked_ms, level, networks)}", "over" if expires_ms is not None and expires_ms <= now_ms else "")
        for name, revoked_ms, expires_ms, level, networks in rows
    }
    return [(one, known[one.key]) for one in holders if one.key in known]


def _of_screens(holders: list[Holder]) -> Iterable[tuple[Holder, Facts]]:
    rows = Display.objects.filter(pk__in={int(one.key) for one in holders}).values_list(
        "pk", "revoked_ms", "entered_ms", "kind", "networks"
    )
    known = {str(key): (f"{rest}",) for key, *rest in rows}
    return [(one, known[one.key]) for one in holders if one.key in known]


_ASK: dict[str, Callable[[list[Holder]], Iterable[tuple[Holder, Facts]]]] = {
    "session": _of_sessions,
    "token": _of_tokens,
    "screen": _of_screens,
}
_OF_ACCOUNTS: tuple[tuple[Any, str, tuple[str, ...]], ...] = (
    (User, "pk", ("is_active", "is_superuser", "is_staff", "password", "reach", "kecamatan")),
    (User.groups.through, "user_id", ("group_id",)),
    (User.user_permissions.through, "user_id", ("permission_id",)),
    (User.sites.through, "user_id", ("site_id",)),
    (TOTPDevice, "user_id", ("pk", "confirmed")),
    (StaticDevice, "user_id", ("pk", "confirmed")),
)
"""Table, its column of the account, and what of it decides."""


def _admit_program(request: ASGIRequest) -> Admission:
    if request.path == PAGES_PATH:  # a program has its own address; a session's page never sends this header
        return Admission(401)
    try:
        program = program_of(request)
    except TokenError as error:
        return Admission(error.status)
    return Admission(0 if program.sees(LIVE_PERMISSION) else 403, holder=Holder("token", program.name))


def _admit_person(request: ASGIRequest) -> Admission:
    store = import_module(settings.SESSION_ENGINE).SessionStore
    request.session = store(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    user = get_user(request)
    if not user.is_authenticated:
        return _admit_screen(request)
    if not user.has_perm(LIVE_PERMISSION) or owed(user, request.session):
        return Admission(403)
    sites = sites_of(user)
    holder = Holder("session", request.session.session_key or "", user.pk)
    return Admission(0, None if sites is None else frozenset(sites), holder)


def _admit_screen(request: ASGIRequest) -> Admission:
    """A screen of the wall may look; a public one has a route of its own."""
    display = display_of(request.COOKIES.get(COOKIE, ""), request.META.get("REMOTE_ADDR", ""))
    if display is None or display.kind != "wall":
        return Admission(401)
    return Admission(0, holder=Holder("screen", str(display.pk)))
