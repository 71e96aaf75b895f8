"""What the enrolment pages show: keys that wait, cards made, who was turned away, and every node's certificate."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

from django.conf import settings
from django.db.models import Max, Sum
from django.utils import timezone
from django.utils.translation import gettext_noop

from center.authorities import Register, register_of
from center.broker_log import read_seen
from center.core.broker_watch import CERTIFICATE
from center.core.rotation import newest
from center.enrolment.models import EnrolmentRefusal, EnrolmentRequest, State, Token
from center.errors import PkiError
from center.rotation.standing import certificates
from center.sites.models import Node
from wire.enrolment import fingerprint_text

DAY_MS: Final = 86_400_000
SOON_MS: Final = 60 * DAY_MS
URGENT_MS: Final = 14 * DAY_MS
"""Boxes renew by themselves long before: who is that late does not reach the centre, or cannot renew."""
SHOWN: Final = 100
REFUSED_DAYS: Final = 7

TOKEN_STATES: Final = {
    "open": gettext_noop("not used yet"),
    "waiting": gettext_noop("a key waits"),
    "used": gettext_noop("used"),
    "expired": gettext_noop("expired unused"),
    "revoked": gettext_noop("revoked"),
}
REFUSALS: Final = {
    "request": gettext_noop("cannot be read"),
    "token_unknown": gettext_noop("the card's token is not known for this node"),
    "token_expired": gettext_noop("the card is too old"),
    "token_revoked": gettext_noop("a newer card was made, or this one was taken back"),
    "token_used": gettext_noop("the card was used by another box: copied or stolen"),
    "csr": gettext_noop("the request is not signed by its own key"),
    "name": gettext_noop("asks for another node's name"),
    "declined": gettext_noop("an operator declined this key"),
    "node_unknown": gettext_noop("no such node"),
    "key_unknown": gettext_noop("signed by a key that is not the node's"),
    "revoked": gettext_noop("its certificate was taken back: a replaced or stolen box"),
    "rate": gettext_noop("too many attempts"),
    "unavailable": gettext_noop("the signer did not answer"),
}
BROKER_REFUSED: Final = gettext_noop("the broker refused its certificate: revoked, expired, or another city's")
CertificateState = Literal["expired", "urgent", "soon", "good", "revoked", "retired"]
CERTIFICATE_STATES: Final[dict[str, str]] = {
    "expired": gettext_noop("expired"),
    "urgent": gettext_noop("less than 14 days"),
    "soon": gettext_noop("less than 60 days"),
    "good": gettext_noop("good"),
    "revoked": gettext_noop("revoked"),
    "retired": gettext_noop("retired"),
}
"""In order of urgency; revoked and retired boxes wait for nobody."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A key an operator has to compare. `others`: more keys that asked with the same card: somebody copied it."""

    request: EnrolmentRequest
    groups: tuple[str, ...]
    since_ms: int
    last_ms: int
    others: int


def waiting_rows(requests: list[EnrolmentRequest]) -> list[Waiting]:
    """Requests that wait, as the page shows them."""
    tokens = [request.token_id for request in requests]
    first: dict[int, datetime] = {}
    for one in requests:  # keys of one card stand together
        first[one.token_id] = min(one.first_at, first.get(one.token_id, one.first_at))
    asked = list(EnrolmentRequest.objects.filter(token__in=tokens).values_list("token_id", flat=True))
    return [
        Waiting(
            one,
            tuple(fingerprint_text(one.fingerprint).split()),
            _ms(one.first_at),
            _ms(one.last_at),
            asked.count(one.token_id) - 1,
        )
        for one in sorted(requests, key=lambda one: (first[one.token_id], one.token_id, one.first_at))
    ]


@dataclass(frozen=True, slots=True)
class Card:
    """A token as a row. `state` is one of TOKEN_STATES."""

    token: Token
    state: str
    word: str
    made_ms: int
    expires_ms: int


def card_rows() -> list[Card]:
    """The cards made last."""
    now = timezone.now()
    rows = list(Token.objects.select_related("site")[:SHOWN])
    waits = set(EnrolmentRequest.objects.filter(token__in=rows, state=State.WAITING).values_list("token_id", flat=True))
    found = []
    for one in rows:
        state = _token_state(one, one.pk in waits, now)
        found.append(Card(one, state, TOKEN_STATES[state], _ms(one.made_at), _ms(one.expires_at)))
    return found


def _token_state(token: Token, waits: bool, now: datetime) -> str:
    if token.used_at is not None:
        return "used"
    if token.revoked_at is not None:
        return "revoked"
    if token.expires_at <= now:
        return "expired"
    return "waiting" if waits else "open"


def refusal_rows() -> list[dict[str, Any]]:
    """Who was turned away in the last days: one row per reason, claimed node and address, the newest first."""
    since = timezone.now() - timedelta(days=REFUSED_DAYS)
    rows = (
        EnrolmentRefusal.objects.filter(last_at__gte=since)
        .values("code", "node", "address")
        .annotate(times=Sum("count"), last=Max("last_at"))
        .order_by("-last", "code", "node", "address")[:SHOWN]
    )
    found = [{**row, "last_ms": _ms(row["last"]), "word": REFUSALS.get(row["code"], row["code"])} for row in rows]
    return sorted([*found, *_at_the_broker(_ms(since))], key=lambda row: -row["last_ms"])[:SHOWN]


def _at_the_broker(since_ms: int) -> Iterator[dict[str, Any]]:
    """Whose certificate the broker refused, by address: it names no certificate. `node`: the revoked nodes that came in
    from there before; "" where none did. Nothing where its count cannot be read here."""
    try:
        seen = read_seen(Path(settings.DATA_DIR))
    except (OSError, ValueError):
        return
    register = _register()
    held = {} if register is None else certificates(register)
    for row in seen.rows:
        if row.reason == CERTIFICATE and row.last_ms >= since_ms:
            before = [node for node in sorted(seen.nodes.get(row.who, {})) if held.get(node) and not newest(held[node])]
            yield {
                "code": "broker", "node": ", ".join(before), "address": row.who or "–", "times": row.count,
                "last_ms": row.last_ms, "word": BROKER_REFUSED,
            }  # fmt: skip


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """One node's newest certificate. `authority`: "new" or "old" while one takes the other's place, else ""."""

    node: Node
    state: CertificateState
    word: str
    expires_ms: int
    enrolled_ms: int
    serial: str
    authority: str


def certificate_rows(now_ms: int) -> list[CertificateRow]:
    """Every node, the one that expires first first; revoked and retired ones at the end."""
    register = _register()
    book = {} if register is None else certificates(register)
    changing = register is not None and bool(register.rotation.following)
    found = []
    for node in Node.objects.select_related("site"):
        last = newest(book.get(node.pk, ()))
        revoked = bool(book.get(node.pk)) and last is None
        expires_ms = last.expires_ms if last else _ms(node.certificate_expires_at)
        state = _certificate_state(node, revoked, expires_ms - now_ms)
        authority = ""
        if changing and register is not None and last is not None:
            authority = "new" if last.authority == register.rotation.signs else "old"
        serial = last.serial if last else node.certificate_serial
        word, enrolled_ms = CERTIFICATE_STATES[state], _ms(node.enrolled_at)
        found.append(CertificateRow(node, state, word, expires_ms, enrolled_ms, serial, authority))
    return sorted(found, key=lambda row: (row.state in {"revoked", "retired"}, row.expires_ms, row.node.pk))


def _certificate_state(node: Node, revoked: bool, left_ms: int) -> CertificateState:
    if node.retired:
        return "revoked" if revoked else "retired"
    if revoked:
        return "revoked"
    if left_ms <= 0:
        return "expired"
    return "urgent" if left_ms < URGENT_MS else "soon" if left_ms < SOON_MS else "good"


def _register() -> Register | None:
    """The authority's book; None where this process may not read it. Then the database's expiries stand alone."""
    try:
        return register_of(settings.PKI_DIR)
    except PkiError:
        return None


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def ending_soon() -> int:
    """Nodes whose certificate ends within 14 days, or has: by the database alone, for every page."""
    until = timezone.now() + timedelta(milliseconds=URGENT_MS)
    return Node.objects.filter(retired=False, certificate_expires_at__lt=until).count()
