"""The audit log: who did what to which subject, or looked at personal data or a picture. Never content."""

import time

from django.http import HttpRequest

from center.accounts.models import Act

MAX_DETAIL_CHARS = 500
NOBODY = "nobody"
MOST_OF_NOBODY = (20, 1000)
"""Entries in LOOK_MS that nobody known may cause: from one address at one door, and in all. Signing in to guess, or
posting to nowhere, shows in the log and cannot fill the disk with it."""
LOOK_MS = 600_000
"""A look that goes on (a page that reloads itself, a wall of pictures) is one entry each ten minutes, not thousands."""


def note(who: HttpRequest | str, what: str, subject: str, detail: str = "") -> Act:
    """Append one entry. `who`: the request at work, or a name with its kind ("cli:root", "display:lobby").

    It belongs to the caller's transaction: what is rolled back was not done.
    """
    name, address = (who, "") if isinstance(who, str) else (name_of(who), who.META.get("REMOTE_ADDR", ""))
    return Act.objects.create(
        at_ms=time.time_ns() // 1_000_000, who=name[:150], address=address[:64], what=what[:40], subject=subject[:140],
        detail=detail[:MAX_DETAIL_CHARS],
    )  # fmt: skip


def look(request: HttpRequest, what: str, subject: str) -> None:
    """Note that personal data or a picture is being looked at; what the last ten minutes have noted is not repeated."""
    since_ms = time.time_ns() // 1_000_000 - LOOK_MS
    same = {"who": name_of(request)[:150], "what": what[:40], "address": request.META.get("REMOTE_ADDR", "")[:64]}
    if not Act.objects.filter(subject=subject[:140], at_ms__gt=since_ms, **same).exists():
        note(request, what, subject)


def nobody_is_heard(request: HttpRequest, what: str) -> bool:
    """Whether a request without an account, a screen or a token still gets an entry."""
    since_ms = time.time_ns() // 1_000_000 - LOOK_MS
    of_one, in_all = MOST_OF_NOBODY
    heard = list(Act.objects.filter(who=NOBODY, at_ms__gt=since_ms).values_list("address", "what")[:in_all])
    here = (request.META.get("REMOTE_ADDR", "")[:64], what[:40])
    return len(heard) < in_all and heard.count(here) < of_one


def name_of(request: HttpRequest) -> str:
    """The account; or the display or token that another way of signing in has left on the request."""
    named = getattr(request, "audit_name", "")
    return str(named or (getattr(request, "user", None) and request.user.get_username()) or NOBODY)
