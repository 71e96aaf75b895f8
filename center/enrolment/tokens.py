"""One-time tokens: made for a card, taken back with it. Only a token's SHA-256 is kept."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from center.enrolment.models import EnrolmentRequest, Purpose, State, Token
from center.sites.enrolment import site_of
from wire.enrolment import token_text


def new_token(
    node: str, *, role: str, model: str, by: str, days: int, confirm: bool,
    purpose: Purpose = Purpose.NEW, predecessor: str = "",
) -> str:  # fmt: skip
    """Make a token for a node's next card and return its text; cards made earlier and not used stop working.

    Raises:
        CenterError: not a node id, or no such site.
    """
    site = site_of(node)
    text = token_text(secrets.token_bytes(20))
    now = timezone.now()
    with transaction.atomic():
        revoke_tokens(node)
        Token.objects.create(
            sha256=digest(text),
            node=node,
            site=site,
            role=role,
            model=model,
            purpose=purpose,
            confirm=confirm,
            predecessor=predecessor,
            made_by=by,
            made_at=now,
            expires_at=now + timedelta(days=days),
        )
    return text


def revoke_tokens(node: str | None = None, *, used: bool = False) -> int:
    """Take back every token of a node (None: of all) that has brought no certificate yet; returns how many.

    With `used` the others too: who lost the answer cannot fetch that certificate any more.
    """
    found = Token.objects.filter(revoked_at=None)
    if node is not None:
        found = found.filter(node=node)
    if not used:
        found = found.exclude(pk__in=EnrolmentRequest.objects.filter(state=State.ISSUED).values("token_id"))
    return found.update(revoked_at=timezone.now())


def digest(token: str) -> str:
    """What is kept of a token. 160 random bits need no slow hash."""
    return hashlib.sha256(token.encode("ascii")).hexdigest()
