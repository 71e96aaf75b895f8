"""Is what a resolver says true? Its addresses beside those a name is known to have."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, ip_address

MAX_EXPECTED = 32
"""A name's own servers are a handful; a content network is written as its networks."""


def expected_networks(texts: Iterable[str]) -> tuple[IPv4Network, ...]:
    """Addresses ("203.0.113.7") or networks ("203.0.113.0/24") a name may have. Raises ValueError with a sentence.

    IPv4 only, because the probe asks for A records.
    """
    found = []
    for text in texts:
        try:
            found.append(IPv4Network(text.strip(), strict=False))
        except ValueError as error:
            raise ValueError(f"expect: {text!r} is neither an IPv4 address nor a network") from error
    if len(found) > MAX_EXPECTED:
        raise ValueError(f"expect holds {len(found)} addresses; write networks, at most {MAX_EXPECTED}")
    return tuple(found)


def foreign(answers: Iterable[str], expected: tuple[IPv4Network, ...]) -> str:
    """The first IPv4 answer when none of them is expected, else empty; nothing expected or answered is no lie.

    One known address among the answers acquits them: who lies does not add the truth, but a city that got a second
    server may have forgotten this list.
    """
    addresses = [address for text in answers if isinstance(address := ip_address(text), IPv4Address)]
    if not expected or not addresses or any(address in network for address in addresses for network in expected):
        return ""
    return str(addresses[0])


def special(text: str) -> str:
    """Which kind of address no public server has: `loopback`, `unspecified`, `link_local`, `private`; else ""."""
    address = ip_address(text)
    for kind in ("loopback", "unspecified", "link_local", "private"):
        if getattr(address, f"is_{kind}"):
            return kind
    return ""
