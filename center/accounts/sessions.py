"""Where an account is signed in: its sessions, and ending them.

Sessions are few (a city has dozens), live in a table that knows no account, and so are read through.
"""

import time
from dataclasses import dataclass

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

SINCE, FROM, WITH = "since_ms", "from", "with"
MAX_BROWSER_CHARS = 120
MOST_READ = 5000


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One session. `name` is its handle on the page: not its key, which would open it."""

    name: str
    since_ms: int | None
    address: str
    browser: str
    here: bool


# What people call them, the more special first: every browser claims to be several of the later ones.
BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox/", "Firefox"),
            ("Chrome/", "Chrome"), ("Safari/", "Safari"))  # fmt: skip
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "Mac"),
           ("Linux", "Linux"))  # fmt: skip


def browser_word(agent: str) -> str:
    """A browser's long name in two words people recognise; what nobody knows, as it is."""
    said = [next((name for mark, name in table if mark in agent), "") for table in (BROWSERS, SYSTEMS)]
    return ", ".join(filter(None, said)) or agent


def remember(request: HttpRequest) -> None:
    """At sign-in: since when, from which address, with which browser, so that people recognise their sessions."""
    request.session[SINCE] = time.time_ns() // 1_000_000
    request.session[FROM] = request.META.get("REMOTE_ADDR", "")[:64]
    request.session[WITH] = request.headers.get("User-Agent", "")[:MAX_BROWSER_CHARS]


def sessions_of(request: HttpRequest) -> list[SignedIn]:
    """The account's sessions that still live, the newest first."""
    found = [_signed_in(row, request) for row in _rows(request)]
    return sorted(found, key=lambda one: (not one.here, -(one.since_ms or 0)))


def end_others(request: HttpRequest, name: str = "") -> int:
    """End one other session by its handle, or all others; how many that were."""
    rows = [row for row in _rows(request) if row.session_key != request.session.session_key]
    doomed = [row.session_key for row in rows if not name or _name(row.session_key) == name]
    Session.objects.filter(session_key__in=doomed).delete()
    return len(doomed)


def _rows(request: HttpRequest) -> list[Session]:
    living = Session.objects.filter(expire_date__gt=timezone.now()).order_by("-expire_date")[:MOST_READ]
    return [row for row in living if row.get_decoded().get(SESSION_KEY) == str(request.user.pk)]


def _signed_in(row: Session, request: HttpRequest) -> SignedIn:
    kept = row.get_decoded()
    here = row.session_key == request.session.session_key
    return SignedIn(_name(row.session_key), kept.get(SINCE), kept.get(FROM, ""), browser_word(kept.get(WITH, "")), here)


def _name(key: str) -> str:
    return salted_hmac("center.accounts.sessions", key).hexdigest()[:20]
