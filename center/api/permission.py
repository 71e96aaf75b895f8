"""Asking for a permission inside an operation of the API."""

from django.http import HttpRequest
from ninja.errors import HttpError


def require(request: HttpRequest, permission: str) -> None:
    """403 as JSON unless the signed-in account has the permission."""
    if not request.user.has_perm(permission):
        raise HttpError(403, f"this account lacks the permission {permission}")
