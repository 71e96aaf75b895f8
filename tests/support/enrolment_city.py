"""A city in the middle of enrolling: cards, keys that wait, strangers turned away, certificates near their end."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from wire.enrolment import fingerprint_text


def add_token(node: str, site: str = "", days: int = 14, age_h: float = 2, **fields: Any) -> Any:
    """A card made `age_h` hours ago."""
    from center.enrolment.models import Token

    made = datetime.now(UTC) - timedelta(hours=age_h)
    values = {"role": "kelurahan-kiosk", "model": "pi-4b", "confirm": True, "made_by": "teknisi", **fields}
    digest = hashlib.sha256(f"{node} {made.isoformat()}".encode()).hexdigest()
    return Token.objects.create(
        sha256=digest, node=node, site_id=site or node, made_at=made, expires_at=made + timedelta(days=days), **values
    )


def add_request(token: Any, state: str = "waiting", age_min: float = 12, seed: str = "", **fields: Any) -> Any:
    """A key that asked with it `age_min` minutes ago."""
    from center.enrolment.models import EnrolmentRequest

    now = datetime.now(UTC)
    fingerprint = hashlib.sha256(f"key {token.node} {seed}".encode()).hexdigest()
    values = {
        "board": "Raspberry Pi 4 Model B Rev 1.5",
        "address": "10.20.30.41",
        "csr": "-",
        "sign_key": "-",
        **fields,
    }
    return EnrolmentRequest.objects.create(
        token=token, node=token.node, fingerprint=fingerprint, state=state,
        first_at=now - timedelta(minutes=age_min), last_at=now - timedelta(seconds=20), **values,
    )  # fmt: skip


def add_refusal(code: str, node: str, address: str = "10.20.30.99", count: int = 1, age_h: float = 5) -> Any:
    """Somebody who was turned away."""
    from center.enrolment.models import EnrolmentRefusal

    at = datetime.now(UTC) - timedelta(hours=age_h)
    hour_ms = int(at.timestamp()) // 3600 * 3_600_000
    return EnrolmentRefusal.objects.create(
        hour_ms=hour_ms, code=code, node=node, address=address, count=count, last_at=at
    )


def first_group(request: Any) -> str:
    """What an operator types."""
    return fingerprint_text(request.fingerprint).split()[0]


def fill(nodes: list[str]) -> None:
    """Some of everything, of these nodes (five at least)."""
    from center.sites.models import Node

    waiting = add_token(nodes[0], age_h=3)
    add_request(waiting)
    copied = add_token(nodes[1], purpose="replace", age_h=26, model="pi-3b")
    add_request(copied, age_min=75)
    add_request(copied, age_min=4, seed="copy", address="182.253.14.7")
    used = add_token(nodes[2], age_h=50, used_at=datetime.now(UTC) - timedelta(hours=40))
    add_request(used, state="issued", age_min=2400)
    add_token(nodes[3], age_h=500)
    add_token(nodes[4], age_h=30, revoked_at=datetime.now(UTC), role="cctv", model="zero-2w", confirm=False)
    add_refusal("token_used", nodes[2], "182.253.14.7", 14, 3)
    add_refusal("revoked", nodes[1], "10.20.31.7", 96, 1)
    add_refusal("request", "", "103.4.5.6", 3, 60)
    for at, days in enumerate((-3, 9, 44)):
        expires = datetime.now(UTC) + timedelta(days=days)
        Node.objects.filter(pk=nodes[at]).update(certificate_expires_at=expires)
    Node.objects.filter(pk=nodes[3]).update(retired=True)
