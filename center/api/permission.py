"""Who asks, an account or a program with a token, and what of the city it may see."""

from collections.abc import Collection
from typing import Any

from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.security import HttpBearer, SessionAuth

from center.accounts.reach import nodes_of, sites_of
from center.accounts.tokens import SUMS, Program, TokenError, program_of
from center.api.rate import Limiter

limiter = Limiter()


class TooManyRequestsError(Exception):
    """A token asks too often; `wait_s` seconds from now it may again."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"too many requests; wait {wait_s} s")
        self.wait_s = wait_s


class SignedIn(SessionAuth):
    """Whoever is signed in; the single operations ask for more. Writing operations would need the CSRF token."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        user = request.user
        return user if user.is_authenticated and user.is_active else None


class Token(HttpBearer):
    """A program with its token. It goes before the session: a bad token is never made good by a cookie."""

    def authenticate(self, request: HttpRequest, token: str) -> Program:
        try:
            program = program_of(request)
        except TokenError as error:
            raise HttpError(error.status, str(error)) from error
        request.audit_name = f"token:{program.name}"  # type: ignore[attr-defined]
        if wait_s := limiter.take(program.name):
            raise TooManyRequestsError(wait_s)
        return program


def program(request: HttpRequest) -> Program | None:
    """The program that asks; None: an account does."""
    found = getattr(request, "auth", None)
    return found if isinstance(found, Program) else None


def require(request: HttpRequest, permission: str, *, sums: bool = False) -> None:
    """403 unless the account has the permission, or the token's level includes it.

    `sums`: what is asked for is summed up, or names no address: the levels above the city may see it too.
    """
    asking = program(request)
    if asking is not None:
        if not (asking.sees(permission) or (sums and asking.sees(SUMS))):
            raise HttpError(403, f"tokens of the level {asking.level} do not include {permission}")
    elif not request.user.has_perm(permission):
        raise HttpError(403, f"this account lacks the permission {permission}")


def whole_city(request: HttpRequest) -> None:
    """403 for accounts that see the rows of their own sites alone."""
    if own_sites(request) is not None:
        raise HttpError(403, "this is about the whole city; your account sees its own sites alone")


def own_nodes(request: HttpRequest) -> Collection[str] | None:
    """Ids of the nodes in question for whoever asks; None: all."""
    return None if program(request) else nodes_of(request.user)


def own_sites(request: HttpRequest) -> Collection[str] | None:
    """Codes of the sites in question for whoever asks; None: all."""
    return None if program(request) else sites_of(request.user)


def coarse(request: HttpRequest) -> bool:
    """Whether addresses, coordinates and the like are left out for this reader."""
    asking = program(request)
    return asking is not None and not asking.sees("sites.view_site")
