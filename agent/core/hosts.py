"""Names of hosts as the system's own functions are given them."""

from typing import Final

_LONGEST_LABEL: Final = 63  # RFC 1035 section 2.3.4


def for_system(host: str) -> str | bytes:
    """A name or address for `getaddrinfo` or TLS: ASCII as bytes, which it is already; anything else for IDNA.

    Given a text, of whatever kind, Python loads the tables of international names: 0.2 MiB that stay. What can be no
    name stays a text as well: then it is Python that says so.
    """
    labels = host.removesuffix(".").split(".")
    plain = host.isascii() and all(0 < len(label) <= _LONGEST_LABEL for label in labels)
    return host.encode("ascii") if plain else host
