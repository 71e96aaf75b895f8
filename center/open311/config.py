"""What Open311 callers are told about this city."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Open311Config:
    """`[open311]` of center.toml."""

    jurisdiction_id: str = "serangkota.go.id"
    """The city's main address without www, as the standard suggests. Callers may leave it out; another is refused."""
    contact: str = "Diskominfo Kota Serang"
    """Whom callers turn to, in words; shown to everybody."""
    key_service: str = "sandi-center token add NAME --level exchange"
    """How one gets a key, in words; shown to everybody."""
