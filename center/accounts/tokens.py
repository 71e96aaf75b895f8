"""Programs that read the centre: tokens, what each level may see, where from, and until when.

A token is "sandi_" and 43 characters, shown once; the database keeps its SHA-256. It only ever reads, but for the level
of other systems, which hand over what citizens told them (`center.open311`) and see nothing else.
"""

import hashlib
import secrets
import time
from dataclasses import dataclass
from ipaddress import ip_network

from django.http import HttpRequest

from center.accounts.models import ApiToken
from center.core.address_ranges import lies_within
from center.errors import CenterError

PREFIX = "sandi_"
MAX_TOKEN_CHARS = 100
USED_EVERY_MS = 60_000
DAY_MS = 86_400_000

CITY, PROVINCE, NATION, EXCHANGE = "city", "province", "nation", "exchange"
EXCHANGE_REQUESTS = "open311.exchange"
"""Hand over requests, and ask what became of requests: without anything that was typed."""
# What the levels above the city may see is asked for by these words alone (`sums`): summed figures, and which nodes
# there are and how they are, without addresses, coordinates or people.
SUMS = "sums"
LEVELS: dict[str, frozenset[str]] = {
    CITY: frozenset(
        {SUMS, "connectivity.view_nodestate", "publicsites.view_look", "operations.view_incident", "sites.view_site",
         "sites.view_upstream", "availability.view_day", "availability.view_outage", "reports.view_frozenmonth"}
    ),
    PROVINCE: frozenset({SUMS}),
    NATION: frozenset({SUMS}),
    EXCHANGE: frozenset({EXCHANGE_REQUESTS}),
}  # fmt: skip
"""Level -> what it may see: permissions as accounts have them, and SUMS."""


class TokenError(Exception):
    """The token opens nothing here; `status` is the HTTP status to say so with."""

    def __init__(self, status: int, advice: str) -> None:
        super().__init__(advice)
        self.status = status


@dataclass(frozen=True, slots=True)
class Program:
    """Whoever brought a valid token."""

    name: str
    level: str

    def sees(self, permission: str) -> bool:
        """Whether its level includes this."""
        return permission in LEVELS.get(self.level, frozenset())


def add_token(
    name: str, level: str, *, made_by: str, networks: str = "", days: int | None = None, now_ms: int | None = None
) -> str:
    """Make a token and return it: the only time it is seen. `networks`: address ranges, separated by blanks."""
    now_ms = now_ms or time.time_ns() // 1_000_000
    if level not in LEVELS:
        raise CenterError(f"{level!r} is no level; levels are {', '.join(LEVELS)}",
                          f"{level!r} bukan tingkat; tingkat: {', '.join(LEVELS)}")  # fmt: skip
    for part in networks.split():
        try:
            ip_network(part)
        except ValueError as error:
            raise CenterError(f"{part!r} is no address range such as 10.0.0.0/8: {error}",
                              f"{part!r} bukan rentang alamat seperti 10.0.0.0/8: {error}") from error  # fmt: skip
    if ApiToken.objects.filter(name=name).exists():
        raise CenterError(f"there already is a token {name}; names stay taken, for the audit log's sake",
                          f"token {name} sudah ada; nama tidak dipakai ulang demi catatan audit")  # fmt: skip
    token = PREFIX + secrets.token_urlsafe(32)
    ApiToken.objects.create(
        name=name, level=level, digest=_digest(token), networks=" ".join(networks.split()), made_ms=now_ms,
        made_by=made_by, expires_ms=None if days is None else now_ms + days * DAY_MS,
    )  # fmt: skip
    return token


def revoke_token(name: str) -> None:
    """From now on it opens nothing; its row stays for the audit log's sake."""
    now_ms = time.time_ns() // 1_000_000
    if not ApiToken.objects.filter(name=name, revoked_ms__isnull=True).update(revoked_ms=now_ms):
        raise CenterError(f"there is no valid token {name}; sandi-center token list names them",
                          f"tidak ada token {name} yang berlaku; lihat: sandi-center token list")  # fmt: skip


def program_of(request: HttpRequest) -> Program:
    """Who brings this request's token.

    Raises:
        TokenError: 401 unknown, expired or revoked; 403 from an address it is not for.
    """
    scheme, _, brought = request.headers.get("Authorization", "").partition(" ")
    return program_with(brought.strip() if scheme.lower() == "bearer" else "", request.META.get("REMOTE_ADDR", ""))


def program_with(brought: str, address: str) -> Program:
    """Whose token this is, for a request from `address`. Raises TokenError as `program_of`."""
    if not brought.startswith(PREFIX) or len(brought) > MAX_TOKEN_CHARS:
        raise TokenError(401, "send the token as: Authorization: Bearer sandi_...")
    now_ms = time.time_ns() // 1_000_000
    row = ApiToken.objects.filter(digest=_digest(brought)).first()
    if row is None or row.revoked_ms is not None or (row.expires_ms is not None and row.expires_ms <= now_ms):
        raise TokenError(401, "this token is unknown, expired or revoked; ask the city for a new one")
    if not _inside(address, row.networks):
        raise TokenError(403, "this token is not for this address; ask the city to add your address range")
    if row.used_ms is None or row.used_ms < now_ms - USED_EVERY_MS:
        ApiToken.objects.filter(pk=row.pk).update(used_ms=now_ms)
    return Program(row.name, row.level)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _inside(address: str, networks: str) -> bool:
    return not networks or lies_within(address, map(ip_network, networks.split()))
