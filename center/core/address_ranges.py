"""Ranges of IP addresses as people write them ("10.20.0.0/16 fd00::/8"), and whether an address lies in one. Pure."""

import ipaddress
from collections.abc import Iterable

MAX_RANGES = 20
MAX_TEXT = 500

_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class RangeError(ValueError):
    """A text that names no ranges; `word` is the one at fault ("" = there is none, or there are too many)."""

    def __init__(self, message: str, word: str = "") -> None:
        super().__init__(message)
        self.word = word


def parse_ranges(text: str) -> tuple[Network, ...]:
    """Ranges or single addresses, separated by blanks, commas or line breaks; each once, in their order.

    Raises RangeError: none at all, too many, or a word that is no range. Bits beside the mask are a mistake
    ("10.20.3.7/16"), not rounded away: somebody meant either the one address or the whole range.
    """
    if len(text) > MAX_TEXT:
        raise RangeError(f"more than {MAX_TEXT} characters")
    words = text.replace(",", " ").split()
    if not words:
        raise RangeError("no address range")
    if len(words) > MAX_RANGES:
        raise RangeError(f"more than {MAX_RANGES} ranges")
    return tuple(dict.fromkeys(_range(word) for word in words))


def ranges_text(ranges: Iterable[Network]) -> str:
    """The ranges as they are stored: `parse_ranges` reads them back."""
    return " ".join(str(one) for one in ranges)


def lies_within(address: str, ranges: Iterable[Network]) -> bool:
    """Whether `address` is in one of the ranges. IPv4 that arrives inside IPv6 (::ffff:10.0.0.1) counts as IPv4."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in one for one in ranges if one.version == found.version)


def _range(word: str) -> Network:
    if not word.isascii() or "%" in word:
        raise RangeError("no IP address range", word)
    try:
        found = ipaddress.ip_network(word)
    except ValueError as error:
        raise RangeError("no IP address range", word) from error
    if found.prefixlen == 0:
        raise RangeError("every address there is", word)
    if isinstance(found, ipaddress.IPv6Network) and found.subnet_of(_MAPPED):
        raise RangeError("IPv4 inside IPv6: write the IPv4 range", word)
    return found
