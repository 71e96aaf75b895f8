"""Does an answer to a connectivity check come from where it was asked, or from a login page in between?

A check is a plain-HTTP address whose right answer is known. In this order:
1. Status 511 is how such a network says it itself (RFC 6585 section 6).
2. The right status, and the right text in it: genuine. An empty 200 where 204 was due is genuine too: some proxies make
   one of the other, and a login page is never empty.
3. A redirect to a foreign host, by status or by the page itself: a portal.
4. Content where none was due (204): a portal, whatever it says. A page with a login form: a portal.
5. Everything else is unclear: an error page says that something is broken, not that somebody wants a password.
"""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urljoin, urlsplit

Kind = Literal["genuine", "captive", "unclear"]
MAX_TITLE = 80
NETWORK_AUTHENTICATION_REQUIRED = 511
_REDIRECTS = (301, 302, 303, 307, 308)
# Each is a search for one tag: [^>]{0,500} keeps a page of open brackets from costing more than its length.
_TITLE = re.compile(rb"<title[^>]{0,500}>([^<]{0,500})", re.IGNORECASE)
_META = re.compile(rb"<meta[^>]{0,500}http-equiv\s{0,9}=\s{0,9}[\"']?refresh[^>]{0,500}", re.IGNORECASE)
_SCRIPT = re.compile(
    rb"\blocation(?:\.href|\.assign|\.replace)?\s{0,9}[=(]\s{0,9}[\"'](https?://[^\"'\s]{1,500})", re.IGNORECASE
)
_TARGET = re.compile(rb"url\s{0,9}=\s{0,9}[\"']?([^\"'>\s]{1,500})", re.IGNORECASE)
_FORM = re.compile(rb"<form\b", re.IGNORECASE)
_SECRET = re.compile(rb"<input\b[^>]{0,500}(?:\bpassword\b|\bvoucher\b|\busername\b|\bkode\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Check:
    """A connectivity check: where, the status that is right (0: any below 400) and a text that must be in the page."""

    url: str
    status: int = 0
    text: str = ""

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What an answer is. `why`: status_511, redirect, content, login, or empty. `leads_to`: where a redirect goes."""

    kind: Kind
    why: str = ""
    title: str = ""
    leads_to: str = ""


def parse_check(line: str) -> Check:
    """`URL [STATUS [TEXT]]`, as a configuration writes it. Raises ValueError with a sentence."""
    url, _, rest = line.strip().partition(" ")
    status, _, text = rest.strip().partition(" ")
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(f"{line!r}: a portal can only be met over plain http://, and a host must follow")
    if status and not (status.isascii() and status.isdigit() and 200 <= int(status) < 400):
        raise ValueError(f"{line!r}: behind the address comes the right status, 200 to 399, and then a text")
    return Check(url, int(status or 0), text.strip())


def judge(check: Check, status: int, location: str, body: bytes) -> Finding:
    """What this answer to `check` says. `location` is the header, empty without one; `body` as much as was read."""
    title = _title(body)
    if status == NETWORK_AUTHENTICATION_REQUIRED:
        return Finding("captive", "status_511", title, location)
    goal = _joined(check.url, location) if location and status in _REDIRECTS else _page_leads_to(check.url, body)
    leads_away = _foreign(check.host, goal)
    login = bool(_FORM.search(body) and _SECRET.search(body))
    if _as_expected(check, status, body) and not (check.status == 0 and (leads_away or login)):
        return Finding("genuine", "", title)
    if leads_away:
        return Finding("captive", "redirect", title, goal)
    if check.status == 204 and status == 200 and body.strip():
        return Finding("captive", "content", title)
    return Finding("captive", "login", title) if login else Finding("unclear", "", title)


def _as_expected(check: Check, status: int, body: bytes) -> bool:
    if check.status == 204 and status == 200:
        return not body.strip()
    right = status < 400 if check.status == 0 else status == check.status
    return right and check.text.encode() in body


def _page_leads_to(url: str, body: bytes) -> str:
    """Where the page itself leads, by <meta http-equiv=refresh> or a script's location; empty when it does not."""
    meta = _META.search(body)
    target = _TARGET.search(meta.group()) if meta is not None else _SCRIPT.search(body)
    return _joined(url, target.group(1).decode("latin-1")) if target is not None else ""


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:  # "http://[": an address nobody can go to
        return ""


def _foreign(host: str, goal: str) -> bool:
    """Does `goal` leave `host`? A host's own sub-domain, and the domain above it, are at home: www.example.id and
    example.id belong together."""
    try:
        other = urlsplit(goal).hostname or ""
    except ValueError:
        return False
    if not other or other == host:
        return False
    return not (other.endswith(f".{host}") or (host.endswith(f".{other}") and "." in other))


def _title(body: bytes) -> str:
    found = _TITLE.search(body)
    text = found.group(1).decode("utf-8", errors="replace") if found is not None else ""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())[:MAX_TITLE]
