"""Which hosts belong together: `www.dinas.serangkota.go.id` and `serangkota.go.id` do, another registrant's does not.

What a registrant can register lies below a public suffix. Of the thousands there are, the device knows those that
registries of Indonesia and its neighbours use with two labels; any other suffix counts as one label, which can only
make the family larger by a registrar's own customers.
"""

from ipaddress import ip_address
from typing import Final
from urllib.parse import urljoin, urlsplit

_SECOND_LEVEL: Final = frozenset(
    ("ac", "biz", "co", "com", "desa", "edu", "go", "gov", "mil", "my", "net", "or", "org", "ponpes", "sch", "web")
)
"""Registered below a country: PANDI's for .id (go.id, desa.id, ...), and com.my, co.uk, gov.sg and the like."""


def family(host: str) -> str:
    """The registrable name a host belongs to; an address is a family of its own."""
    host = host.lower().rstrip(".")
    try:
        return str(ip_address(host))
    except ValueError:
        labels = host.split(".")
    suffix = 2 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL else 1
    return ".".join(labels[-(suffix + 1) :])


def related(host: str, other: str, also: tuple[str, ...] = ()) -> bool:
    """Whether both belong to one registrant, or `other` is (below) one of the hosts in `also`."""
    other = other.lower().rstrip(".")
    return family(host) == family(other) or any(other == known or other.endswith(f".{known}") for known in also)


def joined(base: str, reference: str) -> str:
    """The absolute address a page at `base` means by `reference`, without its fragment; empty when it means none."""
    try:
        found = urljoin(base, reference.strip()[:2000])
        parts = urlsplit(found)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    return _ascii(parts._replace(fragment="").geturl())


def _ascii(text: str) -> str:
    """Characters outside ASCII, blanks and controls as percent-encoded UTF-8: what a browser sends."""
    return "".join(c if "!" <= c <= "~" else "".join(f"%{b:02X}" for b in c.encode("utf-8", "replace")) for c in text)
