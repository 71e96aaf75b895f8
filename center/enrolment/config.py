"""`[enrolment]` of center.toml, and the listener's limits."""

from dataclasses import dataclass

from wire.enrolment import MAX_REQUEST_BYTES


@dataclass(frozen=True, slots=True)
class EnrolmentConfig:
    """Where boxes ask for certificates. An empty `host` is the broker's, a `port` of 0 two behind the broker's."""

    enabled: bool = True
    host: str = ""
    port: int = 0
    token_days: int = 14
    """How long the token on a card is good."""
    confirm: tuple[str, ...] = ("kelurahan-kiosk",)
    """Roles whose key an operator compares before the certificate is made: these boxes carry citizens' words."""
    certificate_days: int = 731
    per_address_per_minute: int = 30
    """Connections; a whole kelurahan may stand behind one address."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the listener allows, in its own units."""

    per_address_per_minute: int = 30
    connections: int = 64
    """Strangers in the middle of a handshake included; more are cut at once."""
    per_address: int = 8
    handshake_s: float = 5.0
    request_s: float = 10.0
    """For head and body together: who trickles is cut."""
    answer_s: float = 10.0
    signer_s: float = 15.0
    head_bytes: int = 8 * 1024
    body_bytes: int = MAX_REQUEST_BYTES
