"""When a node's certificate is renewed, and which authorities a node may be taught.

A certificate is renewed when less than a third of its life is left, and not less than 60 days where its life is long
enough for that. Every node adds a part of its own, always the same one, so that a city enrolled on one day does not
come back on one day. Certificates begin in 2020 (center), so a life is counted from when the box got it.
"""

import hashlib
from typing import Final, Literal

from wire.shape import Struct

DAY_MS: Final = 86_400_000
USUAL_LIFE_MS: Final = 731 * DAY_MS
"""Of a certificate whose beginning nobody wrote down: it came by hand."""
LEAST_LEFT_MS: Final = 60 * DAY_MS
MOST_SPREAD_MS: Final = 30 * DAY_MS
EARLIEST_MS: Final = 1_577_836_800_000
"""2020: a clock before it is surely wrong."""

Reason = Literal["", "asked", "authority", "age", "expired", "refused"]


class Certificate(Struct, frozen=True):
    """What is known of the node's certificate. `got_at_ms` 0: unknown."""

    node: str
    expires_at_ms: int
    got_at_ms: int = 0

    @property
    def life_ms(self) -> int:
        """How long it is good in all."""
        life_ms = self.expires_at_ms - self.got_at_ms
        known = self.got_at_ms >= EARLIEST_MS and DAY_MS // 24 <= life_ms <= 10 * USUAL_LIFE_MS
        return life_ms if known else USUAL_LIFE_MS

    def renew_at_ms(self) -> int:
        """From when on it is renewed."""
        third = self.life_ms // 3
        left = max(third, min(LEAST_LEFT_MS, self.life_ms // 2))
        return self.expires_at_ms - left - round(share(self.node) * min(MOST_SPREAD_MS, third // 4))


def share(node: str) -> float:
    """This node's own number in [0, 1), the same on every day and every box."""
    return int.from_bytes(hashlib.sha256(node.encode()).digest()[:6], "big") / (1 << 48)


def reason(certificate: Certificate, now_ms: int, *, asked: bool, of_newest: bool) -> Reason:
    """Why a new certificate is asked for, or "" for not at all. `of_newest`: the newest authority made it.

    A clock before 2020 has no opinion on ages.
    """
    if asked:
        return "asked"
    if now_ms >= EARLIEST_MS and now_ms >= certificate.expires_at_ms:
        return "expired"
    if not of_newest:
        return "authority"
    return "age" if now_ms >= max(EARLIEST_MS, certificate.renew_at_ms()) else ""


def days_left(expires_at_ms: int, now_ms: int) -> int | None:
    """Whole days, negative behind the end; None where clock or date say nothing."""
    if now_ms < EARLIEST_MS or expires_at_ms <= 0:
        return None
    return (expires_at_ms - now_ms) // DAY_MS


MOST_AUTHORITIES: Final = 8


def may_trust(now: frozenset[str], offered: tuple[str, ...]) -> bool:
    """Whether a bundle may take the place of the present one; both by fingerprint of the certificates.

    It came over a connection that an authority of the present bundle vouches for. What names none of them is no
    rotation but another city.
    """
    return 0 < len(offered) <= MOST_AUTHORITIES and not now.isdisjoint(offered)
